import { Set as AsnSet, fromBER, ObjectIdentifier, Sequence } from 'asn1js'

export interface CertificateSubject {
  readonly commonName: string
  readonly organizations: readonly string[]
}

const commonNameId = '2.5.4.3'
const organizationId = '2.5.4.10'

/** Who a PKCS#10 request (PEM in base64) is for; undefined when it is none. */
export function readCertificateSubject(request: string): CertificateSubject | undefined {
  let pem: string
  try {
    pem = atob(request)
  } catch {
    return undefined
  }
  const block = /-----BEGIN CERTIFICATE REQUEST-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE REQUEST-----/.exec(pem)
  if (block === null) return undefined
  const bytes = Uint8Array.from(atob((block[1] ?? '').replace(/\s+/g, '')), (character) => character.charCodeAt(0))
  const parsed = fromBER(bytes)
  if (parsed.offset === -1 || !(parsed.result instanceof Sequence)) return undefined
  const [info] = parsed.result.valueBlock.value
  const name = info instanceof Sequence ? info.valueBlock.value[1] : undefined
  if (!(name instanceof Sequence)) return undefined
  const pairs = name.valueBlock.value.flatMap((set) => (set instanceof AsnSet ? set.valueBlock.value : [])).flatMap(attribute)
  return {
    commonName: pairs.filter(([id]) => id === commonNameId).at(-1)?.[1] ?? '',
    organizations: pairs.filter(([id]) => id === organizationId).map(([, value]) => value),
  }
}

/** An AttributeTypeAndValue, whatever type of string it holds. */
function attribute(pair: unknown): [string, string][] {
  if (!(pair instanceof Sequence)) return []
  const [id, value] = pair.valueBlock.value
  if (!(id instanceof ObjectIdentifier) || value === undefined) return []
  const { value: text } = value.valueBlock as { value?: unknown }
  return [[id.valueBlock.toString(), typeof text === 'string' ? text : '']]
}

import { createPublicKey, verify } from 'node:crypto'
import { Set as AsnSet, BitString, Constructed, fromBER, ObjectIdentifier, OctetString, Primitive, Sequence } from 'asn1js'

/** A PKCS#10 request, as far as signers look at it. */
export interface CertificateRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** Whether whoever made the request has the key. */
  readonly isSigned: boolean
}

const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAltName: '2.5.29.17',
} as const

/** Signatures that are checked, by algorithm; null: the key says it all. */
const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.3.101.112': null,
}

/** Reads the PEM of a request; undefined when it is none. */
export function readCertificateRequest(pem: string): CertificateRequest | undefined {
  const block = /-----BEGIN CERTIFICATE REQUEST-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE REQUEST-----/.exec(pem)
  if (block === null) return undefined
  try {
    return read(new Uint8Array(Buffer.from(block[1] ?? '', 'base64')))
  } catch {
    return undefined
  }
}

function read(der: Uint8Array): CertificateRequest | undefined {
  const { offset, result } = fromBER(der.buffer as ArrayBuffer)
  if (offset === -1 || !(result instanceof Sequence)) return undefined
  const [info, algorithm, signature] = result.valueBlock.value
  if (!(info instanceof Sequence) || !(algorithm instanceof Sequence) || !(signature instanceof BitString)) return undefined
  const [, subject, key, attributes] = info.valueBlock.value
  if (!(subject instanceof Sequence) || !(key instanceof Sequence)) return undefined
  const publicKey = new Uint8Array(key.valueBeforeDecodeView)
  const attributesOf = subject.valueBlock.value.flatMap((set) => (set instanceof AsnSet ? set.valueBlock.value : [])).map(pairOf)
  const [signedBy] = algorithm.valueBlock.value
  const digest = signedBy instanceof ObjectIdentifier ? digests[signedBy.valueBlock.toString()] : undefined
  return {
    commonName: attributesOf.filter(([id]) => id === oid.commonName).at(-1)?.[1] ?? '',
    organizations: attributesOf.filter(([id]) => id === oid.organization).map(([, text]) => text),
    ...namesOf(attributes),
    publicKey,
    isSigned: digest !== undefined && isSigned(info.valueBeforeDecodeView, digest, publicKey, signature.valueBlock.valueHexView),
  }
}

function isSigned(info: Uint8Array, digest: string | null, publicKey: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    return verify(digest, info, key, signature)
  } catch {
    return false
  }
}

function pairOf(pair: unknown): [string, string] {
  if (!(pair instanceof Sequence)) return ['', '']
  const [id, value] = pair.valueBlock.value
  if (!(id instanceof ObjectIdentifier) || value === undefined) return ['', '']
  const { value: text } = value.valueBlock as { value?: unknown }
  return [id.valueBlock.toString(), typeof text === 'string' ? text : '']
}

type Names = Pick<CertificateRequest, 'dnsNames' | 'ipAddresses' | 'emailAddresses' | 'uris'>

/** The subjectAltName among the extensions that the request asks for. */
function namesOf(attributes: unknown): Names {
  const names = { dnsNames: [] as string[], ipAddresses: [] as string[], emailAddresses: [] as string[], uris: [] as string[] }
  for (const attribute of attributes instanceof Constructed ? attributes.valueBlock.value : []) {
    if (!(attribute instanceof Sequence)) continue
    const [id, values] = attribute.valueBlock.value
    if (!(id instanceof ObjectIdentifier) || id.valueBlock.toString() !== oid.extensionRequest) continue
    const lists = values instanceof AsnSet ? values.valueBlock.value : []
    for (const extension of lists.flatMap((list) => (list instanceof Sequence ? list.valueBlock.value : []))) {
      if (!(extension instanceof Sequence)) continue
      const parts = extension.valueBlock.value
      const [which] = parts
      const value = parts.at(-1)
      if (!(which instanceof ObjectIdentifier) || which.valueBlock.toString() !== oid.subjectAltName) continue
      if (value instanceof OctetString) addNames(names, value.valueBlock.valueHexView)
    }
  }
  return names
}

function addNames(names: { [kind in keyof Names]: string[] }, der: Uint8Array): void {
  const { offset, result } = fromBER(new Uint8Array(der).buffer as ArrayBuffer)
  if (offset === -1 || !(result instanceof Sequence)) return
  for (const name of result.valueBlock.value) {
    if (!(name instanceof Primitive) || name.idBlock.tagClass !== 3) continue
    const bytes = name.valueBlock.valueHexView
    const text = Buffer.from(bytes).toString('latin1')
    if (name.idBlock.tagNumber === 1) names.emailAddresses.push(text)
    else if (name.idBlock.tagNumber === 2) names.dnsNames.push(text)
    else if (name.idBlock.tagNumber === 6) names.uris.push(text)
    else if (name.idBlock.tagNumber === 7) names.ipAddresses.push(addressOf(bytes))
  }
}

function addressOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join('.')
  const groups: string[] = []
  for (let at = 0; at + 1 < bytes.length; at += 2)
    groups.push((((bytes[at] as number) << 8) | (bytes[at + 1] as number)).toString(16))
  return groups.join(':')
}

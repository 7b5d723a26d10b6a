import { BitString, fromBER, type GeneralizedTime, Integer, ObjectIdentifier, OctetString, Sequence, type UTCTime } from 'asn1js'

/** What checks want to know of a certificate. */
export interface CertificateFacts {
  /** Subject and issuer as DER in hex: equal names are equal texts. */
  readonly subject: string
  readonly issuer: string
  /** In hex; '' where the extension is missing. */
  readonly subjectKeyId: string
  readonly authorityKeyId: string
  /** Epoch ms. */
  readonly notBefore: number
  readonly notAfter: number
  readonly isAuthority: boolean
  /** Undefined: there is no restriction. */
  readonly signsCertificates: boolean | undefined
  /** The whole of it in hex. */
  readonly der: string
}

const oids = { subjectKeyId: '2.5.29.14', keyUsage: '2.5.29.15', basicConstraints: '2.5.29.19', authorityKeyId: '2.5.29.35' }
const mostCertificates = 50

/** The certificates of a PEM text, at most 50; undefined where one of them is none (a placeholder, a cut). */
export function readCertificates(pem: string): readonly CertificateFacts[] | undefined {
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)]
  if (blocks.length === 0) return undefined
  const found: CertificateFacts[] = []
  for (const [, body] of blocks.slice(0, mostCertificates)) {
    const bytes = decodeBase64((body ?? '').replace(/\s/g, ''))
    const facts = bytes === undefined ? undefined : readOne(bytes)
    if (facts === undefined) return undefined
    found.push(facts)
  }
  return found
}

/** Text of base64, as `data` of Secrets has it; undefined where it is none. */
export function decodeBase64Text(text: string): string | undefined {
  const bytes = decodeBase64(text.replace(/\s/g, ''))
  if (bytes === undefined) return undefined
  let out = ''
  for (const byte of bytes) out += String.fromCharCode(byte)
  return out
}

function readOne(bytes: Uint8Array): CertificateFacts | undefined {
  const { offset, result } = fromBER(exact(bytes))
  if (offset === -1 || !(result instanceof Sequence)) return undefined
  const [tbs] = result.valueBlock.value
  if (!(tbs instanceof Sequence)) return undefined
  const parts = [...tbs.valueBlock.value]
  if (!(parts[0] instanceof Integer)) parts.shift()
  // serial, signature, issuer, validity, subject, key
  const [, , issuer, validity, subject] = parts
  if (!(issuer instanceof Sequence) || !(validity instanceof Sequence) || !(subject instanceof Sequence)) return undefined
  const [from, to] = validity.valueBlock.value as (UTCTime | GeneralizedTime)[]
  if (typeof from?.toDate !== 'function' || typeof to?.toDate !== 'function') return undefined
  const extensions = new Map<string, Uint8Array>()
  const last = parts.at(-1) as { idBlock?: { tagClass: number; tagNumber: number }; valueBlock?: { value?: unknown } }
  if (last.idBlock?.tagClass === 3 && last.idBlock.tagNumber === 3) {
    const [list] = Array.isArray(last.valueBlock?.value) ? (last.valueBlock.value as unknown[]) : []
    if (list instanceof Sequence)
      for (const each of list.valueBlock.value) {
        if (!(each instanceof Sequence)) continue
        const [id] = each.valueBlock.value
        const value = each.valueBlock.value.at(-1)
        if (id instanceof ObjectIdentifier && value instanceof OctetString)
          extensions.set(id.valueBlock.toString(), new Uint8Array(value.valueBlock.valueHexView))
      }
  }
  return {
    subject: hex(new Uint8Array(subject.toBER())),
    issuer: hex(new Uint8Array(issuer.toBER())),
    subjectKeyId: keyId(extensions.get(oids.subjectKeyId)),
    authorityKeyId: authorityKeyId(extensions.get(oids.authorityKeyId)),
    notBefore: from.toDate().getTime(),
    notAfter: to.toDate().getTime(),
    isAuthority: isAuthority(extensions.get(oids.basicConstraints)),
    signsCertificates: signs(extensions.get(oids.keyUsage)),
    der: hex(bytes),
  }
}

function keyId(value: Uint8Array | undefined): string {
  const parsed = value === undefined ? undefined : fromBER(exact(value)).result
  return parsed instanceof OctetString ? hex(parsed.valueBlock.valueHexView) : ''
}

function authorityKeyId(value: Uint8Array | undefined): string {
  const parsed = value === undefined ? undefined : fromBER(exact(value)).result
  if (!(parsed instanceof Sequence)) return ''
  const found = parsed.valueBlock.value.find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 0)
  const { valueHexView } = (found?.valueBlock ?? {}) as { valueHexView?: Uint8Array }
  return valueHexView === undefined ? '' : hex(valueHexView)
}

function isAuthority(value: Uint8Array | undefined): boolean {
  const parsed = value === undefined ? undefined : fromBER(exact(value)).result
  if (!(parsed instanceof Sequence)) return false
  const [first] = parsed.valueBlock.value
  return (first?.valueBlock as { value?: unknown } | undefined)?.value === true
}

/** keyCertSign is bit 5 of KeyUsage (RFC 5280, 4.2.1.3). */
function signs(value: Uint8Array | undefined): boolean | undefined {
  const parsed = value === undefined ? undefined : fromBER(exact(value)).result
  if (!(parsed instanceof BitString)) return undefined
  return ((parsed.valueBlock.valueHexView[0] ?? 0) & 0x04) !== 0
}

function exact(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength)
  new Uint8Array(copy).set(bytes)
  return copy
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function decodeBase64(text: string): Uint8Array | undefined {
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const values = new Map([...alphabet].map((letter, index) => [letter, index]))
  const clean = text.replace(/=+$/, '')
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4))
  let held = 0
  let bits = 0
  let at = 0
  for (const letter of clean) {
    held = ((held << 6) | values.get(letter)!) & 0xffffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (held >> bits) & 0xff
  }
  return bytes
}

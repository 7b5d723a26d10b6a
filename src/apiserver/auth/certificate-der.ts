import { createHash } from 'node:crypto'
import { isIPv4 } from 'node:net'
import {
  contextTag,
  derBitString,
  derChildren,
  derContent,
  derInteger,
  derObjectIdentifier,
  derSequence,
  derText,
  derTime,
  derTrue,
  derValue,
  tags,
} from './der-encoder.js'

/** What stands in a certificate. */
export interface CertificateFields {
  readonly serial: Uint8Array
  readonly subject: {
    readonly commonName: string
    readonly organizations: readonly string[]
    readonly organizationalUnits?: readonly string[]
  }
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** The issuer's certificate, DER; undefined for one that signs itself. */
  readonly issuer: Uint8Array | undefined
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** Usages as certificate requests name them, or one of the fleet's own. */
  readonly use: 'authority' | 'client' | 'server' | { readonly key: number; readonly extended: readonly string[] }
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly emailAddresses?: readonly string[]
  readonly uris?: readonly string[]
}

const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const

/** The part of an X.509 v3 certificate that is signed (RFC 5280, 4.1), DER. */
export function encodeTbsCertificate(fields: CertificateFields): Uint8Array {
  const subject = nameOf(fields.subject)
  const issuer = fields.issuer === undefined ? undefined : partsOf(fields.issuer)
  return derSequence(
    // Version 3 is told by a 2.
    derValue(contextTag(0, true), derInteger(Uint8Array.of(2))),
    derInteger(fields.serial),
    signatureAlgorithm(),
    issuer?.subject ?? subject,
    derSequence(derTime(fields.notBefore), derTime(fields.notAfter)),
    subject,
    fields.publicKey,
    derValue(contextTag(3, true), derSequence(...extensionsOf(fields, issuer?.publicKey ?? fields.publicKey))),
  )
}

/** The whole certificate: what was signed, how, and the ECDSA signature. */
export function encodeSigned(tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  return derSequence(tbs, signatureAlgorithm(), derBitString(signature))
}

function extensionsOf(fields: CertificateFields, issuerKey: Uint8Array): Uint8Array[] {
  const { use } = fields
  const authority = use === 'authority'
  const extensions = [
    extension(oid.basicConstraints, true, derSequence(...(authority ? [derTrue()] : []))),
    // authority: digitalSignature, keyCertSign, cRLSign; others: digitalSignature.
    ...keyUsage(typeof use === 'object' ? use.key : authority ? 0x61 : 0x01),
    extension(oid.subjectKeyIdentifier, false, derValue(tags.octetString, keyIdentifier(fields.publicKey))),
    extension(oid.authorityKeyIdentifier, false, derSequence(derValue(contextTag(0), keyIdentifier(issuerKey)))),
  ]
  if (!authority) {
    const purposes = typeof use === 'object' ? use.extended : [use === 'server' ? oid.serverAuth : oid.clientAuth]
    if (purposes.length > 0)
      extensions.push(extension(oid.extendedKeyUsage, false, derSequence(...purposes.map(derObjectIdentifier))))
  }
  const names = [
    ...fields.dnsNames.map((name) => derValue(contextTag(2), Buffer.from(name, 'latin1'))),
    // One that is none would name nobody.
    ...fields.ipAddresses.flatMap((address) => addressBytes(address) ?? []).map((bytes) => derValue(contextTag(7), bytes)),
    ...(fields.emailAddresses ?? []).map((address) => derValue(contextTag(1), Buffer.from(address, 'latin1'))),
    ...(fields.uris ?? []).map((uri) => derValue(contextTag(6), Buffer.from(uri, 'latin1'))),
  ]
  if (names.length > 0) extensions.push(extension(oid.subjectAltName, false, derSequence(...names)))
  return extensions
}

/** Bit n of RFC 5280's KeyUsage is `1 << n`; none at all is no extension. */
function keyUsage(bits: number): Uint8Array[] {
  if (bits === 0) return []
  const bytes = [0, 0]
  for (let bit = 0; bit < 9; bit++) {
    if ((bits & (1 << bit)) !== 0) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7))
  }
  const last = 31 - Math.clz32(bits)
  const used = Uint8Array.from(bytes.slice(0, (last >> 3) + 1))
  return [extension(oid.keyUsage, true, derBitString(used, 7 - (last & 7)))]
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return derSequence(derObjectIdentifier(id), ...(critical ? [derTrue()] : []), derValue(tags.octetString, value))
}

function nameOf(subject: CertificateFields['subject']): Uint8Array {
  const attribute = (type: string, value: string) =>
    derValue(tags.set, derSequence(derObjectIdentifier(type), derText(tags.utf8String, value)))
  return derSequence(
    ...subject.organizations.map((organization) => attribute(oid.organization, organization)),
    ...(subject.organizationalUnits ?? []).map((unit) => attribute(oid.organizationalUnit, unit)),
    attribute(oid.commonName, subject.commonName),
  )
}

function signatureAlgorithm(): Uint8Array {
  return derSequence(derObjectIdentifier(oid.ecdsaWithSha256))
}

/** RFC 7093, method 1, over the bits of the key: what is behind the algorithm, and the count of unused bits (none). */
function keyIdentifier(publicKey: Uint8Array): Uint8Array {
  const [, bits] = derChildren(publicKey)
  return createHash('sha256').update(derContent(bits!).subarray(1)).digest().subarray(0, 20)
}

interface IssuerParts {
  readonly subject: Uint8Array
  readonly publicKey: Uint8Array
}

/** Of authorities: the same one issues many. */
const issuers = new WeakMap<Uint8Array, IssuerParts>()

/** Of a certificate of version 3. */
function partsOf(certificate: Uint8Array): IssuerParts {
  let parts = issuers.get(certificate)
  if (parts === undefined) {
    const [tbs] = derChildren(certificate)
    const fields = derChildren(tbs!)
    issuers.set(certificate, (parts = { subject: fields[5]!, publicKey: fields[6]! }))
  }
  return parts
}

/**
 * The bytes of an IP address; undefined for other names. (Node's isIPv6 says as much by an expression that takes it eight
 * milliseconds to compile.)
 */
export function addressBytes(name: string): Uint8Array | undefined {
  if (isIPv4(name)) return Uint8Array.from(name.split('.').map(Number))
  const tail = name.slice(name.lastIndexOf(':') + 1)
  const [a = 0, b = 0, c = 0, d = 0] = isIPv4(tail) ? tail.split('.').map(Number) : []
  const last = [(a << 8) | b, (c << 8) | d].map((word) => word.toString(16)).join(':')
  const halves = (isIPv4(tail) ? name.slice(0, -tail.length) + last : name).split('::')
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const absent = 8 - left.length - right.length
  if (halves.length > 2 || (halves.length === 2 ? absent < 1 : absent !== 0)) return undefined
  const words = [...left, ...new Array<string>(absent).fill('0'), ...right]
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined
  return Uint8Array.from(words.map((word) => Number.parseInt(word, 16)).flatMap((word) => [word >> 8, word & 0xff]))
}

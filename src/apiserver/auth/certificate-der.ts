import { createHash } from 'node:crypto'
import { isIPv4 } from 'node:net'
import {
  Boolean as Asn1Boolean,
  Set as Asn1Set,
  BitString,
  Constructed,
  fromBER,
  GeneralizedTime,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  UTCTime,
  Utf8String,
} from 'asn1js'
import { BugError } from '../../base/errors.js'

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
  const publicKey = parse(fields.publicKey)
  const issuer = fields.issuer === undefined ? undefined : partsOf(fields.issuer)
  const tbs = new Sequence({
    value: [
      new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [new Integer({ value: 2 })] }),
      new Integer({ valueHex: exact(fields.serial) }),
      signatureAlgorithm(),
      issuer?.subject ?? subject,
      new Sequence({ value: [timeOf(fields.notBefore), timeOf(fields.notAfter)] }),
      subject,
      publicKey,
      new Constructed({
        idBlock: { tagClass: 3, tagNumber: 3 },
        value: [new Sequence({ value: extensionsOf(fields, issuer?.publicKey ?? publicKey) })],
      }),
    ],
  })
  return new Uint8Array(tbs.toBER())
}

/** The whole certificate: what was signed, how, and the ECDSA signature. */
export function encodeSigned(tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  const certificate = new Sequence({
    value: [parse(tbs), signatureAlgorithm(), new BitString({ valueHex: exact(signature) })],
  })
  return new Uint8Array(certificate.toBER())
}

function extensionsOf(fields: CertificateFields, issuerKey: Asn1): Sequence[] {
  const { use } = fields
  const authority = use === 'authority'
  const extensions = [
    extension(oid.basicConstraints, true, new Sequence({ value: authority ? [new Asn1Boolean({ value: true })] : [] })),
    // authority: digitalSignature, keyCertSign, cRLSign; others: digitalSignature.
    ...keyUsage(typeof use === 'object' ? use.key : authority ? 0x61 : 0x01),
    extension(oid.subjectKeyIdentifier, false, new OctetString({ valueHex: keyIdentifier(parse(fields.publicKey)) })),
    extension(
      oid.authorityKeyIdentifier,
      false,
      new Sequence({ value: [contextPrimitive(0, new Uint8Array(keyIdentifier(issuerKey)))] }),
    ),
  ]
  if (!authority) {
    const purposes = typeof use === 'object' ? use.extended : [use === 'server' ? oid.serverAuth : oid.clientAuth]
    const identifiers = purposes.map((value) => new ObjectIdentifier({ value }))
    if (identifiers.length > 0) extensions.push(extension(oid.extendedKeyUsage, false, new Sequence({ value: identifiers })))
  }
  const names = [
    ...fields.dnsNames.map((name) => contextPrimitive(2, Buffer.from(name, 'latin1'))),
    ...fields.ipAddresses.map((address) => contextPrimitive(7, ipBytes(address))),
    ...(fields.emailAddresses ?? []).map((address) => contextPrimitive(1, Buffer.from(address, 'latin1'))),
    ...(fields.uris ?? []).map((uri) => contextPrimitive(6, Buffer.from(uri, 'latin1'))),
  ]
  if (names.length > 0) extensions.push(extension(oid.subjectAltName, false, new Sequence({ value: names })))
  return extensions
}

/** Bit n of RFC 5280's KeyUsage is `1 << n`; none at all is no extension. */
function keyUsage(bits: number): Sequence[] {
  if (bits === 0) return []
  const bytes = [0, 0]
  for (let bit = 0; bit < 9; bit++) {
    if ((bits & (1 << bit)) !== 0) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7))
  }
  const last = 31 - Math.clz32(bits)
  const used = Uint8Array.from(bytes.slice(0, (last >> 3) + 1))
  return [extension(oid.keyUsage, true, new BitString({ valueHex: exact(used), unusedBits: 7 - (last & 7) }))]
}

type Asn1 = ReturnType<typeof fromBER>['result']

function extension(id: string, critical: boolean, value: Asn1): Sequence {
  return new Sequence({
    value: [
      new ObjectIdentifier({ value: id }),
      ...(critical ? [new Asn1Boolean({ value: true })] : []),
      new OctetString({ valueHex: value.toBER() }),
    ],
  })
}

function nameOf(subject: CertificateFields['subject']): Sequence {
  const attribute = (type: string, value: string) =>
    new Asn1Set({ value: [new Sequence({ value: [new ObjectIdentifier({ value: type }), new Utf8String({ value })] })] })
  return new Sequence({
    value: [
      ...subject.organizations.map((organization) => attribute(oid.organization, organization)),
      ...(subject.organizationalUnits ?? []).map((unit) => attribute(oid.organizationalUnit, unit)),
      attribute(oid.commonName, subject.commonName),
    ],
  })
}

function signatureAlgorithm(): Sequence {
  return new Sequence({ value: [new ObjectIdentifier({ value: oid.ecdsaWithSha256 })] })
}

/** RFC 5280, 4.1.2.5: UTCTime up to 2049, GeneralizedTime after. Whole seconds. */
function timeOf(epochMs: number): Asn1 {
  const valueDate = new globalThis.Date(Math.floor(epochMs / 1000) * 1000)
  return valueDate.getUTCFullYear() < 2050 ? new UTCTime({ valueDate }) : new GeneralizedTime({ valueDate })
}

function contextPrimitive(tagNumber: number, bytes: Uint8Array): Primitive {
  return new Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: exact(bytes) })
}

/** RFC 7093, method 1, over the bits of the key. */
function keyIdentifier(publicKey: Asn1): ArrayBuffer {
  const bits = (publicKey as Sequence).valueBlock.value[1] as BitString
  return exact(createHash('sha256').update(bits.valueBlock.valueHexView).digest().subarray(0, 20))
}

function partsOf(certificate: Uint8Array): { subject: Asn1; publicKey: Asn1 } {
  const tbs = (parse(certificate) as Sequence).valueBlock.value[0] as Sequence
  const parts = tbs.valueBlock.value
  return { subject: parts[5]!, publicKey: parts[6]! }
}

function parse(der: Uint8Array): Asn1 {
  const { result, offset } = fromBER(exact(der))
  if (offset < 0) throw new BugError({ code: 'der-unreadable', message: `cannot read DER: ${result.error}` })
  return result
}

function ipBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::') as [string, string | undefined]
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const words = tail === undefined ? left : [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right]
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}

/** An ArrayBuffer of these bytes alone: Node's Buffers share larger ones. */
function exact(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer as ArrayBuffer
}

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import type { Clock } from '../../base/clock.js'
import { UsageError } from '../../base/errors.js'
import type { CertificateFields } from './certificate-der.js'

/** A certificate with its private key, both as PEM. */
export interface KeyedCertificate {
  readonly certPem: string
  readonly keyPem: string
}

/** What is certified. A key comes as it was imported, or as SubjectPublicKeyInfo (DER). */
export type CertifiedFields = Omit<CertificateFields, 'serial' | 'issuer' | 'publicKey'> & { publicKey: Uint8Array | KeyObject }

/** The authority of one fleet: servers show certificates of its making, and clients whom it certifies are believed. */
export interface FleetCa extends KeyedCertificate {
  /** A client: `commonName` becomes the user's name, `organizations` its groups. */
  issueClient(subject: { commonName: string; organizations?: readonly string[]; days?: number }): Promise<KeyedCertificate>
  /** A server for these DNS names and IP addresses. */
  issueServer(options: { names: readonly string[]; days?: number }): Promise<KeyedCertificate>
  /** Both ends of mutual TLS, by one DNS name. */
  issuePeer(options: { name: string; days?: number }): Promise<KeyedCertificate>
  /** Certifies a key that somebody else holds; it ends with the authority at the latest. PEM. */
  certify(fields: CertifiedFields): Promise<string>
}

const dayMs = 86_400_000
const caDays = 3650
const leafDays = 365

/** digitalSignature; serverAuth and clientAuth. */
const peer: CertificateFields['use'] = { key: 0x01, extended: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] }

/** Clocks of other machines may be behind. */
const backdateMs = 5 * 60_000

/** Makes a new authority, or opens the one whose certificate and key are given. All keys are EC P-256. */
export async function createFleetCa(options: { clock: Clock; name?: string; existing?: KeyedCertificate }): Promise<FleetCa> {
  const { clock } = options
  const own = options.existing ?? (await issue(clock, { commonName: options.name ?? 'flotilla', days: caDays, use: 'authority' }))
  const issuer = openIssuer(own)
  return {
    ...own,
    issueClient: ({ commonName, organizations = [], days = leafDays }) =>
      issue(clock, { commonName, organizations, days, use: 'client' }, issuer),
    issueServer: ({ names, days = leafDays }) =>
      issue(clock, { commonName: names[0] ?? 'flotilla', days, use: 'server', names }, issuer),
    issuePeer: ({ name, days = leafDays }) => issue(clock, { commonName: name, days, use: peer, names: [name] }, issuer),
    async certify(fields) {
      const { encodeTbsCertificate, encodeSigned } = await import('./certificate-der.js')
      const { certificate: authority, key } = issuer
      const notAfter = Math.min(fields.notAfter, Date.parse(authority.validTo))
      // It comes from outside: what goes into the certificate is a key, written as DER wants it.
      const theirs =
        fields.publicKey instanceof KeyObject
          ? fields.publicKey
          : createPublicKey({ key: Buffer.from(fields.publicKey), format: 'der', type: 'spki' })
      const publicKey = theirs.export({ type: 'spki', format: 'der' })
      const tbs = encodeTbsCertificate({ ...fields, publicKey, notAfter, serial: newSerial(), issuer: authority.raw })
      return pemOf('CERTIFICATE', encodeSigned(tbs, sign('sha256', tbs, key)))
    },
  }
}

interface Issuer {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

function openIssuer(pair: KeyedCertificate): Issuer {
  const certificate = new X509Certificate(pair.certPem)
  const key = createPrivateKey(pair.keyPem)
  if (!certificate.ca || !certificate.checkPrivateKey(key)) {
    throw new UsageError({
      code: 'invalid-fleet-ca',
      message: `the certificate of the fleet's authority (${certificate.subject}) is not a CA certificate that belongs to its key`,
      fix: "Restore the fleet's CA files from a backup, or delete the fleet's directory to make a new fleet.",
    })
  }
  return { certificate, key }
}

interface Wanted {
  readonly commonName: string
  readonly organizations?: readonly string[]
  readonly days: number
  readonly use: CertificateFields['use']
  readonly names?: readonly string[]
}

async function issue(clock: Clock, wanted: Wanted, issuer?: Issuer): Promise<KeyedCertificate> {
  // The encoder is loaded only when a certificate is made: a restart finds its certificates in files.
  const { addressBytes, encodeTbsCertificate, encodeSigned } = await import('./certificate-der.js')
  const names = wanted.names ?? []
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = clock.now()
  const tbs = encodeTbsCertificate({
    serial: newSerial(),
    subject: { commonName: wanted.commonName, organizations: wanted.organizations ?? [] },
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    issuer: issuer?.certificate.raw,
    notBefore: now - backdateMs,
    notAfter: now + wanted.days * dayMs,
    use: wanted.use,
    dnsNames: names.filter((name) => addressBytes(name) === undefined),
    ipAddresses: names.filter((name) => addressBytes(name) !== undefined),
  })
  const certificate = encodeSigned(tbs, sign('sha256', tbs, issuer?.key ?? privateKey))
  return {
    certPem: pemOf('CERTIFICATE', certificate),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function newSerial(): Uint8Array {
  const serial = randomBytes(16)
  // A serial number is positive and has no leading zero octets.
  serial[0] = (serial[0]! & 0x7f) | 0x40
  return serial
}

function pemOf(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64')
  return `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g)!.join('\n')}\n-----END ${label}-----\n`
}

/** True while the certificate is of this authority, belongs to its key and is valid for at least another `marginDays`. */
export function isUsable(pair: KeyedCertificate, caPem: string, clock: Clock, marginDays = 30): boolean {
  try {
    const certificate = new X509Certificate(pair.certPem)
    return (
      Date.parse(certificate.validTo) > clock.now() + marginDays * dayMs &&
      certificate.checkPrivateKey(createPrivateKey(pair.keyPem)) &&
      certificate.verify(createPublicKey(caPem))
    )
  } catch {
    return false
  }
}

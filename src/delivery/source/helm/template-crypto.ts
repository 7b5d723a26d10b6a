import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIP } from 'node:net'
import type { Clock } from '../../../base/clock.js'
import type { CertificateRequest, CryptoPort, KeyType } from '../../../formats/go-template/sprig/crypto.js'
import { bitString, explicit, integer, ipBytes, objectId, octets, readAll, sequence, tagged, timeOf, utf8, wrap } from './der.js'

/** The keys and certificates that charts ask for, made with Node's OpenSSL. */
export function createTemplateCrypto(clock: Pick<Clock, 'now'>): CryptoPort {
  return {
    generateKey,
    checkKey: (pem) => void openKey(pem),
    checkCertificate: (pem) => void new X509Certificate(pem),
    issueCertificate: (request) => issue(request, clock.now()),
    isIpAddress: (text) => isIP(text) !== 0,
    aesCbc(direction, key, iv, data) {
      const cipher = direction === 'encrypt' ? createCipheriv('aes-256-cbc', key, iv) : createDecipheriv('aes-256-cbc', key, iv)
      cipher.setAutoPadding(false)
      return new Uint8Array(Buffer.concat([cipher.update(data), cipher.final()]))
    },
  }
}

/** The same keys as the port's, made in a thread of Node's pool. */
export function generateTemplateKey(type: KeyType, bits: number): Promise<string> {
  if (type !== 'rsa' && type !== 'dsa') return Promise.resolve(generateKey(type, bits))
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => {
      if (error !== null) reject(error)
      else resolve(type === 'rsa' ? rsaPem(privateKey) : dsaPem(publicKey, privateKey))
    }
    if (type === 'rsa') generateKeyPair('rsa', { modulusLength: bits }, done)
    else generateKeyPair('dsa', { modulusLength: 2048, divisorLength: 256 }, done)
  })
}

function rsaPem(key: KeyObject): string {
  return key.export({ type: 'pkcs1', format: 'pem' }).toString()
}

function generateKey(type: KeyType, bits: number): string {
  switch (type) {
    case 'rsa':
      return rsaPem(generateKeyPairSync('rsa', { modulusLength: bits }).privateKey)
    case 'ecdsa':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' }).toString()
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    case 'dsa': {
      const { privateKey, publicKey } = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 })
      return dsaPem(publicKey, privateKey)
    }
  }
}

/** The form that OpenSSL used to write: version, p, q, g, y, x. */
function dsaPem(publicKey: KeyObject, privateKey: KeyObject): string {
  const [, algorithm, secret] = readAll(readAll(privateKey.export({ type: 'pkcs8', format: 'der' }))[0]!.content)
  const parameters = readAll(readAll(algorithm!.content)[1]!.content).map((part) => part.whole)
  const bits = readAll(readAll(publicKey.export({ type: 'spki', format: 'der' }))[0]!.content)[1]!.content
  return pem('DSA PRIVATE KEY', sequence(integer(Uint8Array.of(0)), ...parameters, bits.subarray(1), secret!.content))
}

function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}

function openKey(text: string): KeyObject {
  const label = /-----BEGIN ([^-]+)-----/.exec(text)?.[1]
  if (label === undefined) throw new Error('no PEM data in input')
  if (!label.endsWith('PRIVATE KEY')) throw new Error(`no private key data in PEM block of type ${label}`)
  return createPrivateKey(text)
}

function issue(request: CertificateRequest, now: number): string {
  const key = openKey(request.keyPem)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const subject = sequence(wrap(0x31, sequence(objectId('2.5.4.3'), utf8(request.commonName))))
  const signer = request.signer === undefined ? undefined : openSigner(request.signer)
  const signingKey = signer?.key ?? key
  const algorithm = algorithmOf(signingKey)
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x7f) | 0x40
  const tbs = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm.id,
    signer?.subject ?? subject,
    sequence(timeOf(now), timeOf(now + request.days * 86_400_000)),
    subject,
    spki,
    explicit(3, sequence(...extensionsOf(request, spki, signer?.keyId))),
  )
  return pem('CERTIFICATE', sequence(tbs, algorithm.id, bitString(sign(algorithm.hash, tbs, signingKey))))
}

interface Signer {
  readonly key: KeyObject
  /** Its name, DER. */
  readonly subject: Uint8Array
  readonly keyId: Uint8Array | undefined
}

function openSigner({ certPem, keyPem }: { certPem: string; keyPem: string }): Signer {
  if (!certPem.includes('-----BEGIN ')) throw new Error('unable to decode certificate')
  const der = new X509Certificate(certPem).raw
  const fields = readAll(readAll(readAll(der)[0]!.content)[0]!.content)
  // version, serial, algorithm, issuer, validity, subject
  const subject = fields[5]!.whole
  const mark = Buffer.from('0603551d0e04', 'hex')
  const at = Buffer.from(der).indexOf(mark)
  const keyId = at === -1 ? undefined : readAll(der.subarray(at + 5 + 2))[0]?.content
  return { key: openKey(keyPem), subject, keyId }
}

function algorithmOf(key: KeyObject): { id: Uint8Array; hash: string | null } {
  switch (key.asymmetricKeyType) {
    case 'ec':
      return { id: sequence(objectId('1.2.840.10045.4.3.2')), hash: 'sha256' }
    case 'ed25519':
      return { id: sequence(objectId('1.3.101.112')), hash: null }
    case 'rsa':
      return { id: sequence(objectId('1.2.840.113549.1.1.11'), Uint8Array.of(5, 0)), hash: 'sha256' }
    default:
      throw new Error('error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported')
  }
}

function extensionsOf(request: CertificateRequest, spki: Uint8Array, signerId: Uint8Array | undefined): Uint8Array[] {
  const extension = (id: string, value: Uint8Array, critical = false) =>
    sequence(objectId(id), ...(critical ? [Uint8Array.of(1, 1, 0xff)] : []), octets(value))
  // keyEncipherment and digitalSignature, for authorities keyCertSign too.
  const usage = request.isAuthority ? Uint8Array.of(3, 2, 2, 0xa4) : Uint8Array.of(3, 2, 5, 0xa0)
  const all = [
    extension('2.5.29.15', usage, true),
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'), objectId('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', request.isAuthority ? sequence(Uint8Array.of(1, 1, 0xff)) : sequence(), true),
  ]
  if (request.isAuthority) all.push(extension('2.5.29.14', octets(keyIdentifier(spki))))
  if (signerId !== undefined) all.push(extension('2.5.29.35', sequence(tagged(0x80, signerId))))
  const names = [
    ...request.dnsNames.map((name) => tagged(0x82, Buffer.from(name, 'latin1'))),
    ...request.ipAddresses.map((address) => tagged(0x87, ipBytes(address))),
  ]
  if (names.length > 0) all.push(extension('2.5.29.17', sequence(...names)))
  return all
}

/** RFC 7093, method 1: the first 160 bits of the key bits' SHA-256. */
function keyIdentifier(spki: Uint8Array): Uint8Array {
  const bits = readAll(readAll(spki)[0]!.content)[1]!.content
  return createHash('sha256').update(bits.subarray(1)).digest().subarray(0, 20)
}

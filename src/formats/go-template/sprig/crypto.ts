import { messageOf } from '../../../base/errors.js'
import type { Random } from '../../../base/random.js'
import { type CallContext, type GoFunction, goFunction } from '../functions.js'
import { printValue } from '../print.js'
import { fromByteString, GoStruct, toByteString, typeName } from '../values.js'
import { bcrypt } from './bcrypt.js'
import { derivePassword } from './derive-password.js'

export type KeyType = 'rsa' | 'dsa' | 'ecdsa' | 'ed25519'

export interface CertificateRequest {
  readonly commonName: string
  readonly ipAddresses: readonly string[]
  readonly dnsNames: readonly string[]
  readonly days: number
  readonly isAuthority: boolean
  /** The certificate's own private key, PEM. */
  readonly keyPem: string
  /** Who signs; absent: the certificate signs itself. */
  readonly signer?: { readonly certPem: string; readonly keyPem: string }
}

/** Keys, certificates and ciphers, which JavaScript itself has not. Everything is answered at once. */
export interface CryptoPort {
  /** A private key, PEM in the form that Go's tools write for the type. */
  generateKey(type: KeyType, bits: number): string
  /** Throws an Error that says why when the text is no private key. */
  checkKey(pem: string): void
  checkCertificate(pem: string): void
  issueCertificate(request: CertificateRequest): string
  isIpAddress(text: string): boolean
  /** AES-256 in CBC mode without padding. */
  aesCbc(direction: 'encrypt' | 'decrypt', key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array
}

/** What making a key or a hash costs of a template's budget. */
const keyCost = 50_000

/** Functions that make keys, certificates and password hashes. */
export function cryptoFunctions(random: Random, port: CryptoPort | undefined): [string, GoFunction][] {
  const crypto = (): CryptoPort => {
    if (port === undefined) throw new Error('keys and certificates cannot be made here')
    return port
  }
  const newKey = (context: CallContext): string => {
    context.charge(keyCost)
    return crypto().generateKey('rsa', 2048)
  }
  const issue = (request: CertificateRequest): GoStruct => pair(crypto().issueCertificate(request), request.keyPem)
  const authority = (commonName: string, days: number, keyPem: string) =>
    issue({ commonName, ipAddresses: [], dnsNames: [], days, isAuthority: true, keyPem })
  const leaf = (names: [string, unknown[], unknown[]], days: number, keyPem: string, ca?: unknown) => {
    const [commonName, ips, alternates] = names
    const ipAddresses = ips.map((ip) => {
      if (typeof ip !== 'string') throw new Error(`error parsing ip: ${printValue(ip)} is not a string`)
      if (!crypto().isIpAddress(ip)) throw new Error(`error parsing ip: ${ip}`)
      return ip
    })
    const dnsNames = alternates.map((name) => {
      if (typeof name === 'string') return name
      throw new Error(`error processing alternate dns name: ${printValue(name)} is not a string`)
    })
    const signer = ca === undefined ? {} : { signer: certificateOf(ca) }
    return issue({ commonName, ipAddresses, dnsNames, days, isAuthority: false, keyPem, ...signer })
  }
  const given = (pem: string): string => {
    try {
      crypto().checkKey(pem)
    } catch (error) {
      throw new Error(`parsing private key: ${messageOf(error)}`, { cause: error })
    }
    return pem
  }
  const hash = (context: CallContext, password: string): string => {
    context.charge(keyCost)
    try {
      return bcrypt(password, random)
    } catch (error) {
      return `failed to encrypt string with bcrypt: ${messageOf(error)}`
    }
  }
  return [
    [
      'bcrypt',
      goFunction(['string'], function (password) {
        return hash(this, password)
      }),
    ],
    [
      'htpasswd',
      goFunction(['string', 'string'], function (user, password) {
        return user.includes(':') ? `invalid username: ${user}` : `${user}:${hash(this, password)}`
      }),
    ],
    [
      'derivePassword',
      goFunction(['int', 'string', 'string', 'string', 'string'], function (counter, type, password, user, site) {
        this.charge(keyCost)
        return derivePassword(counter, type, password, user, site)
      }),
    ],
    [
      'genPrivateKey',
      goFunction(['string'], function (type) {
        this.charge(keyCost)
        if (type === '' || type === 'rsa') return crypto().generateKey('rsa', 4096)
        if (type === 'dsa' || type === 'ecdsa' || type === 'ed25519') return crypto().generateKey(type, 2048)
        return `Unknown type ${type}`
      }),
    ],
    [
      'genCA',
      goFunction(['string', 'int'], function (name, days) {
        return authority(name, days, newKey(this))
      }),
    ],
    ['genCAWithKey', goFunction(['string', 'int', 'string'], (name, days, key) => authority(name, days, given(key)))],
    [
      'genSelfSignedCert',
      goFunction(['string', 'list', 'list', 'int'], function (name, ips, names, days) {
        return leaf([name, ips, names], days, newKey(this))
      }),
    ],
    [
      'genSelfSignedCertWithKey',
      goFunction(['string', 'list', 'list', 'int', 'string'], (name, ips, names, days, key) =>
        leaf([name, ips, names], days, given(key)),
      ),
    ],
    [
      'genSignedCert',
      goFunction(['string', 'list', 'list', 'int', 'any'], function (name, ips, names, days, ca) {
        return leaf([name, ips, names], days, newKey(this), ca)
      }),
    ],
    [
      'genSignedCertWithKey',
      goFunction(['string', 'list', 'list', 'int', 'any', 'string'], (name, ips, names, days, ca, key) =>
        leaf([name, ips, names], days, given(key), ca),
      ),
    ],
    ['buildCustomCert', goFunction(['string', 'string'], (cert, key) => customCertificate(crypto(), cert, key))],
    [
      'encryptAES',
      goFunction(['string', 'string'], (password, text) => {
        if (text === '') return ''
        const data = bytesOf(text)
        const padding = 16 - (data.length % 16)
        const padded = new Uint8Array(data.length + padding).fill(padding)
        padded.set(data)
        const iv = random.bytes(16)
        return btoa(binary(iv) + binary(crypto().aesCbc('encrypt', aesKey(password), iv, padded)))
      }),
    ],
    [
      'decryptAES',
      goFunction(['string', 'string'], (password, text) => {
        if (text === '') return ''
        const data = fromBase64(text)
        if (data === undefined) throw new Error('illegal base64 data at input byte 0')
        if (data.length < 32 || data.length % 16 !== 0) throw new Error('crypto/cipher: input not full blocks')
        const plain = crypto().aesCbc('decrypt', aesKey(password), data.subarray(0, 16), data.subarray(16))
        const padding = plain.at(-1)!
        if (padding > plain.length) throw new Error(`runtime error: slice bounds out of range [:${plain.length - padding}]`)
        return fromByteString(binary(plain.subarray(0, plain.length - padding)))
      }),
    ],
  ]
}

function pair(cert: string, key: string): GoStruct {
  return new GoStruct({ type: 'sprig.certificate', fields: { Cert: cert, Key: key } })
}

function certificateOf(value: unknown): { certPem: string; keyPem: string } {
  if (value instanceof GoStruct && value.type === 'sprig.certificate')
    return { certPem: value.fields['Cert'] as string, keyPem: value.fields['Key'] as string }
  throw new Error(`wrong type for value; expected sprig.certificate; got ${typeName(value)}`)
}

function customCertificate(crypto: CryptoPort, cert: string, key: string): GoStruct {
  const certBytes = fromBase64(cert)
  if (certBytes === undefined) throw new Error('unable to decode base64 certificate')
  const keyBytes = fromBase64(key)
  if (keyBytes === undefined) throw new Error('unable to decode base64 private key')
  const certPem = fromByteString(binary(certBytes))
  const keyPem = fromByteString(binary(keyBytes))
  if (!certPem.includes('-----BEGIN ')) throw new Error('unable to decode certificate')
  try {
    crypto.checkCertificate(certPem)
  } catch (error) {
    throw new Error(`error parsing certificate: decodedCert.Bytes: ${messageOf(error)}`, { cause: error })
  }
  try {
    crypto.checkKey(keyPem)
  } catch (error) {
    throw new Error(`error parsing private key: ${messageOf(error)}`, { cause: error })
  }
  return pair(certPem, keyPem)
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(toByteString(text), (character) => character.charCodeAt(0))
}

function aesKey(password: string): Uint8Array {
  const key = new Uint8Array(32)
  key.set(bytesOf(password).subarray(0, 32))
  return key
}

function binary(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function fromBase64(text: string): Uint8Array | undefined {
  const tidy = text.replace(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(tidy)) return undefined
  return Uint8Array.from(atob(tidy), (character) => character.charCodeAt(0))
}

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

/** An agent's own key: made where the agent runs, and never sent anywhere. */
export interface AgentKey {
  readonly privateKey: KeyObject
  readonly privatePem: string
  readonly publicPem: string
  /** `sha256:` and the digest of the public key (SubjectPublicKeyInfo) in hexadecimal. */
  readonly fingerprint: string
}

export function createAgentKey(): AgentKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return keyOf(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), privateKey, publicKey)
}

export function openAgentKey(privatePem: string): AgentKey {
  const privateKey = createPrivateKey(privatePem)
  return keyOf(privatePem, privateKey, createPublicKey(privateKey))
}

function keyOf(privatePem: string, privateKey: KeyObject, publicKey: KeyObject): AgentKey {
  return {
    privateKey,
    privatePem,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    fingerprint: keyFingerprint(publicKey),
  }
}

export function keyFingerprint(key: KeyObject): string {
  return `sha256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`
}

/** Shows that whoever asks has the key: without it, somebody else's public key could be joined under another name. */
export function signRequest(key: KeyObject, name: string): string {
  return sign('sha256', Buffer.from(claim(name)), key).toString('base64')
}

/** The key of a request, if it is an EC key of P-256 that signed it; undefined otherwise. */
export function readRequestKey(request: { publicKey: string; proof: string; name: string }): KeyObject | undefined {
  if (request.publicKey.length > 1024 || request.proof.length > 256) return undefined
  try {
    const key = createPublicKey({ key: request.publicKey, format: 'pem', type: 'spki' })
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return undefined
    const isSigned = verify('sha256', Buffer.from(claim(request.name)), key, Buffer.from(request.proof, 'base64'))
    return isSigned ? key : undefined
  } catch {
    return undefined
  }
}

function claim(name: string): string {
  return `flotilla agent joins as ${name}`
}

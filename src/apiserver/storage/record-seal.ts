import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { CodedError } from '../../base/errors.js'

/** Encrypts the objects of some resources before they reach a file. */
export interface RecordSeal {
  seals(resource: string): boolean
  /** `place` is bound to the text: it cannot be opened elsewhere. Gives the key's id and the sealed text in base64. */
  seal(text: string, place: string): { readonly key: string; readonly sealed: string }
  /** Throws CodedError when there is no such key, or text or place were changed. */
  open(key: string, sealed: string, place: string): string
}

export interface SealKey {
  readonly id: string
  /** 32 bytes. */
  readonly secret: Uint8Array
}

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** AES-256-GCM with a random nonce for each object. The first key seals; the others open what was sealed before a rotation. */
export function createRecordSeal(keys: readonly [SealKey, ...SealKey[]], resources: readonly string[] = ['secrets']): RecordSeal {
  const sealed = new Set(resources)
  const [newest] = keys
  return {
    seals: (resource) => sealed.has(resource),
    seal(text, place) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, newest.secret, nonce)
      cipher.setAAD(Buffer.from(place))
      const parts = [nonce, cipher.update(text, 'utf8'), cipher.final()]
      return { key: newest.id, sealed: Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64') }
    },
    open(key, text, place) {
      const known = keys.find((each) => each.id === key)
      if (known === undefined) throw cannotOpen(place, `it was sealed with key ${key}, which is not there`)
      const data = Buffer.from(text, 'base64')
      try {
        const decipher = createDecipheriv(algorithm, known.secret, data.subarray(0, nonceBytes))
        decipher.setAAD(Buffer.from(place))
        decipher.setAuthTag(data.subarray(data.length - tagBytes))
        const body = data.subarray(nonceBytes, data.length - tagBytes)
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
      } catch {
        throw cannotOpen(place, `key ${key} does not open it: the key or the text was changed`)
      }
    },
  }
}

function cannotOpen(place: string, why: string): CodedError {
  return new CodedError({
    code: 'storage-sealed',
    message: `${place} cannot be decrypted: ${why}`,
    fix: 'Put the key file pki/storage.key back that belongs to this state directory; both come from the same backup.',
  })
}

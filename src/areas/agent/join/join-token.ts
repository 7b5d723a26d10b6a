import { createHash, timingSafeEqual } from 'node:crypto'
import { formatTime } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import type { Random } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

/**
 * Tokens by which a cluster asks to join: `fat-ID.SECRET`. The hub keeps a Secret with the digest of SECRET, never SECRET itself;
 * a token is for one cluster and for a short time.
 */
export const tokenSecretType = 'flotilla.dev/agent-token'

export interface JoinToken {
  readonly id: string
  readonly digest: string
  /** Epoch ms. */
  readonly expires: number
  /** The only cluster that may use it; '' until it is used. */
  readonly cluster: string
  /** Fingerprint of the key that has used it; '' until it is used. */
  readonly key: string
  /** Whoever comes with it needs no approval by a person. */
  readonly approves: boolean
}

/** A new token: the text is shown once, the Secret is stored. */
export function createJoinToken(options: {
  random: Random
  nowMs: number
  ttlMs: number
  namespace: string
  cluster?: string
  approves?: boolean
}): { text: string; secret: KubeObject; expires: number } {
  const { random, nowMs, ttlMs, namespace, cluster = '', approves = false } = options
  const id = Buffer.from(random.bytes(5)).toString('hex')
  const secret = Buffer.from(random.bytes(32)).toString('base64url')
  const expires = nowMs + ttlMs
  return {
    text: `fat-${id}.${secret}`,
    expires,
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: tokenSecretName(id), namespace, labels: { 'flotilla.dev/agent-token': 'true' } },
      type: tokenSecretType,
      stringData: {
        digest: digestOf(secret),
        expires: formatTime(expires),
        ...(cluster === '' ? {} : { cluster }),
        ...(approves ? { approves: 'true' } : {}),
      },
    },
  }
}

export function tokenSecretName(id: string): string {
  return `flotilla-agent-token-${id}`
}

/** The halves of a token's text; undefined for what is none. */
export function parseTokenText(text: string): { id: string; secret: string } | undefined {
  const match = /^fat-([0-9a-f]{10})\.([A-Za-z0-9_-]{43})$/.exec(text.trim())
  return match === null ? undefined : { id: match[1] as string, secret: match[2] as string }
}

/** A token as it is stored; undefined for a Secret that is none. */
export function readTokenSecret(secret: KubeObject): JoinToken | undefined {
  const data = isObject(secret['data']) ? secret['data'] : {}
  const field = (name: string) => {
    const value = data[name]
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : ''
  }
  const expires = Date.parse(field('expires'))
  if (secret['type'] !== tokenSecretType || field('digest') === '' || Number.isNaN(expires)) return undefined
  return {
    id: secret.metadata.name.slice(tokenSecretName('').length),
    digest: field('digest'),
    expires,
    cluster: field('cluster'),
    key: field('key'),
    approves: field('approves') === 'true',
  }
}

export function isSecretOf(token: JoinToken, secret: string): boolean {
  const given = Buffer.from(digestOf(secret))
  const kept = Buffer.from(token.digest)
  return given.length === kept.length && timingSafeEqual(given, kept)
}

// The secret has 256 bits of chance: a plain digest cannot be searched.
function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Authenticator, UserInfo } from '../contract.js'

export interface StaticToken {
  readonly token: string
  readonly user: UserInfo
  /** The only cluster where the token counts; absent: all of them. */
  readonly cluster?: string
}

/**
 * Knows a fixed set of bearer tokens. Digests are compared, every one of them and in constant time: how long a refusal takes
 * says nothing about how nearly a guess was right.
 */
export function createStaticTokenAuthenticator(tokens: readonly StaticToken[]): Authenticator {
  const known = tokens.map(({ token, ...rest }) => ({ ...rest, digest: digestOf(token) }))
  return {
    authenticate(cluster, { bearerToken }) {
      if (bearerToken === undefined) return Promise.resolve(undefined)
      const digest = digestOf(bearerToken)
      let user: UserInfo | undefined
      for (const entry of known) {
        const same = timingSafeEqual(entry.digest, digest)
        if (same && (entry.cluster === undefined || entry.cluster === cluster.name)) user = entry.user
      }
      return Promise.resolve(user)
    },
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

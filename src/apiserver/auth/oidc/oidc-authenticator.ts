import { createHash } from 'node:crypto'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { Authenticator, UserInfo } from '../../contract.js'
import type { AuthenticationConfiguration, JwtIssuer } from './authentication-configuration.js'
import type { ClaimExpressions } from './claim-expressions.js'
import { type FetchJson, IssuerKeys } from './issuer-keys.js'
import { createClaimMapping, type MapClaims } from './map-claims.js'

interface Trusted {
  readonly config: JwtIssuer
  readonly keys: IssuerKeys
  readonly map: MapClaims
}

const longestToken = 64 * 1024
const rememberedTokens = 4096
/** How long a verified token is believed without another look, as in kube-apiserver's token cache. */
const rememberedMs = 10_000

/**
 * Believes JSON Web Tokens of the issuers that the configuration names: signature, audience, times, rules; then claims become
 * a user. Tokens of other issuers are left to other authenticators. Throws UsageError for expressions that are wrong.
 */
export function createOidcAuthenticator(options: {
  readonly configuration: AuthenticationConfiguration
  readonly expressions: ClaimExpressions
  readonly fetchJson: FetchJson
  readonly clock: Clock
  readonly log: Log
}): Authenticator {
  const { clock, log } = options
  const trusted = new Map<string, Trusted>()
  for (const [index, config] of options.configuration.jwt.entries()) {
    const map = createClaimMapping(config, `jwt[${index}]`, options.expressions)
    trusted.set(config.issuer.url, { config, keys: new IssuerKeys(config.issuer, options), map })
  }
  const remembered = new Map<string, { readonly user: UserInfo; readonly until: number }>()
  return {
    async authenticate(_cluster, { bearerToken }) {
      if (bearerToken === undefined || bearerToken.length > longestToken) return undefined
      const issuer = issuerIn(bearerToken)
      const from = issuer === undefined ? undefined : trusted.get(issuer)
      if (from === undefined) return undefined
      const key = createHash('sha256').update(bearerToken).digest('base64')
      const known = remembered.get(key)
      if (known !== undefined && known.until > clock.now()) return known.user
      try {
        const payload = await verify(bearerToken, from, clock.now())
        const user = from.map(payload)
        if (remembered.size >= rememberedTokens) remembered.clear()
        remembered.set(key, { user, until: Math.min(clock.now() + rememberedMs, (payload.exp ?? 0) * 1000) })
        return user
      } catch (error) {
        // Why is for the operator; whoever sent the token learns nothing. The token itself is never logged.
        log.warn('a token of a trusted issuer was refused', { issuer: from.config.issuer.url, reason: messageOf(error) })
        throw statusErrors.unauthorized()
      }
    },
  }
}

async function verify(token: string, { config, keys }: Trusted, nowMs: number): Promise<JWTPayload> {
  const { jwtVerify, errors } = await import('jose')
  const options = {
    issuer: config.issuer.url,
    audience: [...config.issuer.audiences],
    algorithms: [...config.signingAlgorithms],
    currentDate: new globalThis.Date(nowMs),
    requiredClaims: ['exp'],
  }
  const verifyWith = async (known: JWTVerifyGetKey): Promise<JWTPayload> => {
    try {
      return (await jwtVerify(token, known, options)).payload
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      // The token does not say which of the issuer's keys it is signed with: any of them will do.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, options)).payload
        } catch (other) {
          if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other
        }
      }
      throw new errors.JWSSignatureVerificationFailed()
    }
  }
  try {
    return await verifyWith(await keys.current())
  } catch (error) {
    const unknownKey = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed
    const fresh = unknownKey ? await keys.fresh() : undefined
    if (fresh === undefined) throw error
    return verifyWith(fresh)
  }
}

/** The issuer that an unverified token claims to be of. */
function issuerIn(token: string): string | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    const payload: unknown = JSON.parse(Buffer.from(parts[1] as string, 'base64url').toString('utf8'))
    const issuer = (payload as { iss?: unknown } | null)?.iss
    return typeof issuer === 'string' ? issuer : undefined
  } catch {
    return undefined
  }
}

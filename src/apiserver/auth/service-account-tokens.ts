import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { JWTPayload } from 'jose'
import type { Clock } from '../../base/clock.js'
import { type Random, uuid } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { Authenticator, LogicalCluster, UserInfo } from '../contract.js'

export interface TokenRequest {
  readonly serviceAccount: { readonly namespace: string; readonly name: string; readonly uid: string }
  /** Empty: the API server itself. */
  readonly audiences?: readonly string[]
  /** One hour unless told; ten minutes at least, as upstream. */
  readonly expirationSeconds?: number
  /** The token dies with this Pod, Secret or Node. */
  readonly boundObject?: { readonly kind: string; readonly name: string; readonly uid: string }
}

export interface IssuedToken {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly audiences: readonly string[]
}

/** Issues and believes the tokens of service accounts: JWTs signed with ES256, with an issuer for each cluster. */
export interface ServiceAccountTokens extends Authenticator {
  issue(cluster: LogicalCluster, request: TokenRequest): Promise<IssuedToken>
  /** The user whom a token speaks for, for TokenReview; undefined when it is not a valid token of this cluster. */
  review(cluster: LogicalCluster, token: string, audiences: readonly string[]): Promise<ReviewedToken | undefined>
  /** What others need to verify the cluster's tokens by themselves (OIDC discovery): the two documents that its API server serves. */
  issuerDocuments(cluster: LogicalCluster): { readonly configuration: object; readonly keys: object }
}

export interface ReviewedToken {
  readonly user: UserInfo
  readonly audiences: readonly string[]
}

interface KubernetesClaims {
  readonly namespace: string
  readonly serviceaccount: { readonly name: string; readonly uid: string }
  readonly pod?: { readonly name: string; readonly uid: string }
  readonly secret?: { readonly name: string; readonly uid: string }
  readonly node?: { readonly name: string; readonly uid: string }
}

interface Verified {
  readonly claims: KubernetesClaims
  readonly id: string
  readonly audiences: readonly string[]
  readonly expiresAt: number
}

const defaultSeconds = 3600
const leastSeconds = 600
const rememberedTokens = 4096
/** For how long a token still counts once what it is bound to should be gone. */
const leewayMs = 60_000

/** A new signing key as PEM (PKCS #8, EC P-256). */
export function createTokenKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The audience and issuer of a cluster's own tokens where its API server has no address that others could ask. */
function nameOf(cluster: { readonly name: string }): string {
  return `https://kubernetes.default.svc/clusters/${cluster.name}`
}

export function createServiceAccountTokens(options: {
  readonly keyPem: string
  readonly clock: Clock
  readonly random: Random
  /** The URL of a cluster's API server, which is the issuer of its tokens. Must not change while tokens live. */
  readonly issuerOf?: (cluster: string) => string | undefined
}): ServiceAccountTokens {
  const { clock, random } = options
  const issuerOf = (cluster: LogicalCluster) => options.issuerOf?.(cluster.name) ?? nameOf(cluster)
  const privateKey = createPrivateKey(options.keyPem)
  const publicKey = createPublicKey(privateKey)
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
  // Verifying a signature costs more than a request: what was verified once is remembered until it expires.
  const verified = new Map<string, Verified>()

  async function verify(cluster: LogicalCluster, token: string): Promise<Verified | undefined> {
    const key = `${cluster.name} ${token}`
    const known = verified.get(key)
    if (known !== undefined) {
      if (known.expiresAt > clock.now()) return known
      verified.delete(key)
      return undefined
    }
    const payload = await verifySignature(token, publicKey, issuerOf(cluster), clock)
    const claims = payload === undefined ? undefined : claimsOf(payload)
    if (payload?.exp === undefined || claims === undefined) return undefined
    const result = {
      claims,
      id: payload.jti ?? '',
      audiences: payload.aud === undefined ? [] : [payload.aud].flat(),
      expiresAt: payload.exp * 1000,
    }
    if (verified.size >= rememberedTokens) verified.clear()
    verified.set(key, result)
    return result
  }

  return {
    async issue(cluster, request) {
      const { SignJWT } = await import('jose')
      const { namespace, name, uid } = request.serviceAccount
      const seconds = Math.max(leastSeconds, request.expirationSeconds ?? defaultSeconds)
      const now = Math.floor(clock.now() / 1000)
      const bound = request.boundObject
      const claims: KubernetesClaims = {
        namespace,
        ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
        ...(bound?.kind === 'Pod' ? nodeOfPod(cluster, namespace, bound.name) : {}),
        serviceaccount: { name, uid },
      }
      const audiences = request.audiences?.length ? [...request.audiences] : [issuerOf(cluster)]
      const token = await new SignJWT({ 'kubernetes.io': claims })
        .setProtectedHeader({ alg: 'ES256', kid: keyId })
        .setIssuer(issuerOf(cluster))
        .setAudience(audiences)
        .setSubject(`system:serviceaccount:${namespace}:${name}`)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + seconds)
        .setJti(uuid(random))
        .sign(privateKey)
      return { token, expiresAt: (now + seconds) * 1000, audiences }
    },
    async authenticate(cluster, { bearerToken }) {
      if (bearerToken === undefined || !looksLikeJwt(bearerToken)) return undefined
      const token = await verify(cluster, bearerToken)
      if (token === undefined || !token.audiences.includes(issuerOf(cluster))) return undefined
      const user = liveUser(cluster, token, clock.now())
      if (user === undefined) throw statusErrors.unauthorized()
      return user
    },
    async review(cluster, bearerToken, audiences) {
      if (!looksLikeJwt(bearerToken)) return undefined
      const token = await verify(cluster, bearerToken)
      if (token === undefined) return undefined
      const wanted = audiences.length === 0 ? [issuerOf(cluster)] : audiences
      const common = wanted.filter((audience) => token.audiences.includes(audience))
      const user = common.length === 0 ? undefined : liveUser(cluster, token, clock.now())
      return user === undefined ? undefined : { user, audiences: common }
    },
    issuerDocuments(cluster) {
      const issuer = issuerOf(cluster)
      const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
      return {
        configuration: {
          issuer,
          jwks_uri: `${issuer}/openid/v1/jwks`,
          response_types_supported: ['id_token'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['ES256'],
        },
        keys: { keys: [{ use: 'sig', kty, kid: keyId, crv, alg: 'ES256', x, y }] },
      }
    },
  }
}

/** Where the pod runs, when it has been scheduled; of a node that is gone, its name alone. */
function nodeOfPod(cluster: LogicalCluster, namespace: string, pod: string): Pick<KubernetesClaims, 'node'> {
  const spec = cluster.peek('pods', `${namespace}/${pod}`)?.['spec'] as { nodeName?: string } | undefined
  if (!spec?.nodeName) return {}
  return { node: { name: spec.nodeName, uid: cluster.peek('nodes', spec.nodeName)?.metadata.uid ?? '' } }
}

async function verifySignature(
  token: string,
  publicKey: KeyObject,
  issuer: string,
  clock: Clock,
): Promise<JWTPayload | undefined> {
  const { jwtVerify } = await import('jose')
  try {
    const options = { issuer, algorithms: ['ES256'], currentDate: new globalThis.Date(clock.now()) }
    return (await jwtVerify(token, publicKey, options)).payload
  } catch {
    return undefined
  }
}

function looksLikeJwt(token: string): boolean {
  return token.length < 8192 && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
}

function claimsOf(payload: JWTPayload): KubernetesClaims | undefined {
  const claims = payload['kubernetes.io'] as KubernetesClaims | undefined
  if (typeof claims?.namespace !== 'string' || typeof claims.serviceaccount?.name !== 'string') return undefined
  return payload.sub === `system:serviceaccount:${claims.namespace}:${claims.serviceaccount.name}` ? claims : undefined
}

/** The token's user while its account, and the object that it is bound to, are still the same ones. */
function liveUser(cluster: LogicalCluster, { claims, id }: Verified, nowMs: number): UserInfo | undefined {
  const { namespace, serviceaccount, pod, secret, node } = claims
  // A pod that is ending still has its grace period, and upstream adds a minute to it.
  const lives = (until: string | undefined) => until === undefined || Date.parse(until) + leewayMs > nowMs
  const is = (object: KubeObject | undefined, uid: string) =>
    object !== undefined && object.metadata.uid === uid && lives(object.metadata.deletionTimestamp)
  if (!is(cluster.peek('serviceaccounts', `${namespace}/${serviceaccount.name}`), serviceaccount.uid)) return undefined
  if (pod && !is(cluster.peek('pods', `${namespace}/${pod.name}`), pod.uid)) return undefined
  if (secret && !is(cluster.peek('secrets', `${namespace}/${secret.name}`), secret.uid)) return undefined
  // The node of a pod is told and does not count: the pod goes with it.
  if (node && !pod && !is(cluster.peek('nodes', node.name), node.uid)) return undefined
  const extra: Record<string, string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`] }
  if (pod) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid]
  }
  if (node) {
    extra['authentication.kubernetes.io/node-name'] = [node.name]
    extra['authentication.kubernetes.io/node-uid'] = [node.uid]
  }
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra,
  }
}

import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import type { Clock } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import type { JwtIssuer } from './authentication-configuration.js'

/** GET of a URL over TLS; rejects when there is no answer. Answers are cut off at 1 MiB. */
export type FetchJson = (url: string, options: { caPem?: string; timeoutMs: number }) => Promise<{ status: number; body: string }>

/** A failed look is not repeated for every request that comes. */
const patienceMs = 10_000
/** A token that names an unknown key may be of a new one: look again, but not more often than this. */
const againMs = 5_000
const timeoutMs = 10_000

/**
 * The public keys of one issuer: found by OIDC discovery when the first token comes, kept, and read again when a token is signed
 * with a key that is not among them.
 */
export class IssuerKeys {
  readonly #issuer: JwtIssuer['issuer']
  readonly #fetchJson: FetchJson
  readonly #clock: Clock
  #keys: JWTVerifyGetKey | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #failed: { readonly at: number; readonly error: Error } | undefined
  #reading: Promise<JWTVerifyGetKey> | undefined

  constructor(issuer: JwtIssuer['issuer'], ports: { fetchJson: FetchJson; clock: Clock }) {
    this.#issuer = issuer
    this.#fetchJson = ports.fetchJson
    this.#clock = ports.clock
  }

  /** Rejects with the reason why there are no keys. */
  async current(): Promise<JWTVerifyGetKey> {
    return this.#keys ?? this.#read()
  }

  /** The keys as they are now; undefined when they were read a moment ago. */
  async fresh(): Promise<JWTVerifyGetKey | undefined> {
    return this.#clock.now() - this.#readAt < againMs ? undefined : this.#read()
  }

  #read(): Promise<JWTVerifyGetKey> {
    const failed = this.#failed
    if (failed !== undefined && this.#clock.now() - failed.at < patienceMs) return Promise.reject(failed.error)
    this.#reading ??= this.#load().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #load(): Promise<JWTVerifyGetKey> {
    const { createLocalJWKSet } = await import('jose')
    this.#readAt = this.#clock.now()
    try {
      const { url, discoveryURL } = this.#issuer
      const documentUrl = discoveryURL ?? `${url.replace(/\/$/, '')}/.well-known/openid-configuration`
      const document = await this.#json(documentUrl)
      if (document['issuer'] !== url) {
        throw new Error(`${documentUrl} is of issuer ${JSON.stringify(document['issuer'])}, not ${JSON.stringify(url)}`)
      }
      const jwksUrl = document['jwks_uri']
      if (typeof jwksUrl !== 'string' || !jwksUrl.startsWith('https://')) throw new Error(`${documentUrl} has no https jwks_uri`)
      const keys = createLocalJWKSet((await this.#json(jwksUrl)) as unknown as JSONWebKeySet)
      this.#keys = keys
      this.#failed = undefined
      return keys
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error))
      this.#failed = { at: this.#clock.now(), error: reason }
      throw reason
    }
  }

  async #json(url: string): Promise<Record<string, unknown>> {
    const { certificateAuthority } = this.#issuer
    const options = { timeoutMs, ...(certificateAuthority === undefined ? {} : { caPem: certificateAuthority }) }
    const { status, body } = await this.#fetchJson(url, options)
    if (status !== 200) throw new Error(`${url} answered ${status}`)
    const value: unknown = JSON.parse(body)
    if (!isObject(value)) throw new Error(`${url} answered no JSON object`)
    return value
  }
}

import { Stalled } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { explainStatus, shownUrl } from './chart-failure.js'
import type { ChartCredentials, HttpReply } from './contract.js'
import type { ChartPorts } from './http-repository.js'
import type { OciReference } from './oci-reference.js'
import { authorizationOf, getFollowing } from './request.js'

export interface RegistryRequest {
  /** Below `/v2/NAME/`: `tags/list`, `manifests/1.2.3`, or the address of a next page. */
  readonly path: string | URL
  readonly accept: string
  readonly maxBytes: number
  readonly what: string
  readonly signal?: AbortSignal
}

/** Requests for one repository of a registry, with the token that it wants; tokens live as long as the session. */
export interface RegistrySession {
  readonly base: URL
  get(request: RegistryRequest): Promise<HttpReply & { url: URL }>
}

const maxTokenBytes = 1024 * 1024

/**
 * The registry's protocol for tokens: a 401 names where a token is had and for what; the token is asked for with the
 * registry's credentials (or without any), once.
 */
export function createRegistrySession(
  ports: ChartPorts,
  reference: OciReference,
  credentials: ChartCredentials | undefined,
  options: {
    /** Without TLS also to other machines: a person at a command line has asked for it. */
    readonly anyPlainHttp?: boolean
  } = {},
): RegistrySession {
  const base = new URL(
    `${schemeOf(reference, credentials, options.anyPlainHttp === true)}://${hostOf(reference.registry)}/v2/${reference.name}/`,
  )
  let authorization = credentials?.bearerToken ? `Bearer ${credentials.bearerToken}` : undefined

  const send = (request: RegistryRequest) =>
    getFollowing(
      ports.get,
      {
        url: typeof request.path === 'string' ? new URL(request.path, base) : request.path,
        headers: { accept: request.accept },
        authorization,
        credentials,
        maxBytes: request.maxBytes,
        timeoutMs: ports.limits.timeoutMs ?? 60_000,
        what: request.what,
        ...(request.signal ? { signal: request.signal } : {}),
      },
      ports.advice,
    )

  async function authorize(reply: HttpReply, request: RegistryRequest): Promise<string | undefined> {
    const challenge = readChallenges(reply.headers['www-authenticate'] ?? '')
    const bearer = challenge.find((each) => each.scheme === 'bearer')
    if (bearer === undefined) return challenge.some((each) => each.scheme === 'basic') ? authorizationOf(credentials) : undefined
    const realm = bearer.parameters.get('realm') ?? ''
    const refuse = (why: string) =>
      new Stalled({ code: 'chart-repository-authentication', message: `${request.what}: the registry ${why}` })
    if (!URL.canParse(realm)) throw refuse('asks for a token without saying where one is had')
    const url = new URL(realm)
    // A password goes out over TLS only, but for registries of this machine, which are spoken to without it anyway.
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && base.protocol === 'http:' && isLoopback(url.host)))
      throw refuse(`names ${shownUrl(url)} for tokens, which is not https`)
    const service = bearer.parameters.get('service')
    if (service !== undefined) url.searchParams.set('service', service)
    // Only what is read here is asked for, whatever the challenge names.
    url.searchParams.set('scope', `repository:${reference.name}:pull`)
    const answer = await getFollowing(
      ports.get,
      {
        url,
        headers: { accept: 'application/json' },
        authorization: authorizationOf(credentials === undefined ? undefined : withoutToken(credentials)),
        credentials: url.origin === base.origin ? credentials : undefined,
        maxBytes: maxTokenBytes,
        timeoutMs: ports.limits.timeoutMs ?? 60_000,
        what: request.what,
        ...(request.signal ? { signal: request.signal } : {}),
      },
      ports.advice,
    )
    if (answer.status !== 200) throw explainStatus(request.what, answer.url, answer, ports.advice)
    const token = readToken(answer.body)
    if (token === undefined) throw refuse(`gets no token from ${shownUrl(url)}`)
    return `Bearer ${token}`
  }

  return {
    base,
    async get(request) {
      const reply = await send(request)
      if (reply.status !== 401) return reply
      const next = await authorize(reply, request)
      if (next === undefined || next === authorization) return reply
      authorization = next
      return send(request)
    },
  }
}

function withoutToken(credentials: ChartCredentials): ChartCredentials {
  const { bearerToken: _, ...rest } = credentials
  return rest
}

function schemeOf(reference: OciReference, credentials: ChartCredentials | undefined, anyPlainHttp: boolean): 'http' | 'https' {
  if (!credentials?.plainHttp) return 'https'
  if (anyPlainHttp || isLoopback(reference.registry)) return 'http'
  throw new Stalled({
    code: 'chart-repository-url',
    message: `registry ${reference.registry} is set to be spoken to without TLS, which is done on this machine only`,
    fix: 'Remove insecureOCIForceHttp from its Secret',
  })
}

export function isLoopback(registry: string): boolean {
  const name = registry.replace(/:[0-9]+$/, '')
  return name === 'localhost' || name === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(name)
}

/** Docker Hub's registry has another name than its images. */
function hostOf(registry: string): string {
  return registry === 'docker.io' || registry === 'index.docker.io' ? 'registry-1.docker.io' : registry
}

function readToken(body: Uint8Array): string | undefined {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body))
    if (!isObject(answer)) return undefined
    const token = answer['token'] ?? answer['access_token']
    return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) ? token : undefined
  } catch {
    return undefined
  }
}

export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Reads WWW-Authenticate: `Bearer realm="https://auth.test/token",service="r", Basic realm="x"`. Never throws. */
export function readChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const item = /\s*,?\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?/y
  while (item.lastIndex < header.length && challenges.length < 16) {
    const found = item.exec(header)
    if (found === null) break
    const [, name = '', value] = found
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else
      challenges
        .at(-1)
        ?.parameters.set(name.toLowerCase(), value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value)
  }
  return challenges
}

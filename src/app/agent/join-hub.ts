import { X509Certificate } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { type AgentKey, createAgentKey, openAgentKey, signRequest } from '../../areas/agent/join/agent-key.js'
import type { StateStore } from '../../areas/agent/member/state-store.js'
import { type Clock, formatTime, sleep } from '../../base/clock.js'
import { CodedError, UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import type { Log } from '../../base/log.js'
import { createTunnelAgent } from '../../kube/client/proxy-tunnel.js'
import { hashOf } from './agent-authority.js'
import { version } from './agent-version.js'

export interface HubPlace {
  /** `https://HOST:PORT` of the front for agents. */
  readonly url: string
  /** By what the front's certificate is known; neither: by the authorities of the system. */
  readonly caPem?: string
  readonly caHash?: string
  /** An HTTP proxy between here and there. */
  readonly proxyUrl?: string
}

/** As whom an agent comes to the hub. */
export interface Identity {
  readonly key: AgentKey
  readonly certificatePem: string
}

/** The place with the CA that its hash stands for: fetched and kept, and believed only if the hash is right. */
export async function resolveHubCa(place: HubPlace, store: StateStore): Promise<HubPlace> {
  if (!/^https:\/\/[^/]+\/?$/.test(place.url)) {
    throw new UsageError({
      code: 'bad-hub-url',
      message: `"${place.url}" is no https://HOST:PORT`,
      fix: 'Write it as agent token create prints it.',
    })
  }
  if (place.caPem !== undefined || place.caHash === undefined) return place
  if (!/^sha256:[0-9a-f]{64}$/.test(place.caHash)) {
    throw new UsageError({
      code: 'bad-ca-hash',
      message: '--ca-hash is not sha256: and 64 hexadecimal digits',
      fix: 'Copy it whole.',
    })
  }
  const kept = await store.read('ca')
  if (kept !== undefined && hashOf(kept) === place.caHash) return { ...place, caPem: firstOf(kept) }
  const { code, body } = await ask(place, { path: '/agent/v1/ca', method: 'GET', isBlind: true })
  let found: string | undefined
  try {
    found = code === 200 ? hashOf(body) : undefined
  } catch {}
  if (found !== place.caHash) {
    throw new CodedError({
      code: 'hub-ca',
      message: `${place.url} has another authority than ${place.caHash}: ${found ?? `it answered ${code}`}`,
      fix: 'Check the URL and --ca-hash against what agent token create printed. Somebody may stand between here and the hub.',
    })
  }
  const caPem = firstOf(body)
  await store.write('ca', caPem)
  return { ...place, caPem }
}

/** The certificate that the hash was made of. Others that follow it in the text are nobody's, and must not be believed with it. */
function firstOf(pem: string): string {
  return new X509Certificate(pem).toString()
}

/** The agent's own key: made on the first start, and kept. */
export async function openKey(store: StateStore): Promise<AgentKey> {
  const kept = await store.read('key')
  if (kept !== undefined) return openAgentKey(kept)
  const key = createAgentKey()
  await store.write('key', key.privatePem)
  return key
}

/** The certificate that was given, while it holds and belongs to the key and the name. */
export async function keptCertificate(
  store: StateStore,
  key: AgentKey,
  name: string,
  nowMs: number,
): Promise<string | undefined> {
  const pem = await store.read('certificate')
  if (pem === undefined) return undefined
  try {
    const certificate = new X509Certificate(pem)
    const isOurs = certificate.publicKey.export({ type: 'spki', format: 'pem' }) === key.publicPem
    const isNamed = certificate.subject.split('\n').includes(`CN=flotilla:agent:${name}`)
    return isOurs && isNamed && Date.parse(certificate.validTo) > nowMs ? pem : undefined
  } catch {
    return undefined
  }
}

/** What is wrong with the certificate that was given; undefined when there is none. */
export async function whyNoCertificate(store: StateStore, nowMs: number): Promise<string | undefined> {
  try {
    const { validTo } = new X509Certificate((await store.read('certificate')) ?? '')
    if (Date.parse(validTo) > nowMs) return 'a certificate of another name or key'
    return `a certificate that ended at ${formatTime(Date.parse(validTo))} (it is ${formatTime(nowMs)} here)`
  } catch {
    return undefined
  }
}

/** When a certificate ends, and when two thirds of its time are over, epoch ms. */
export function timesOf(pem: string): { readonly renewAt: number; readonly endsAt: number } {
  const { validFrom, validTo } = new X509Certificate(pem)
  const [from, endsAt] = [Date.parse(validFrom), Date.parse(validTo)]
  return { renewAt: from + ((endsAt - from) * 2) / 3, endsAt }
}

const pollMs = 2000
const mostWaitMs = 15_000

/** Asks to join until somebody approves. Rejects where asking again cannot help. */
export async function joinHub(options: {
  place: HubPlace
  name: string
  token: string
  key: AgentKey
  store: StateStore
  clock: Clock
  log: Log
  signal: AbortSignal
  /** Told once when it has to wait. */
  onWait?: (message: string) => void
}): Promise<string> {
  const { place, name, token, key, store, clock, log, signal } = options
  const request = { name, publicKey: key.publicPem, proof: signRequest(key.privateKey, name), agentVersion: version }
  let waited = false
  for (let delayMs = pollMs; ; delayMs = Math.min(mostWaitMs, delayMs * 1.5)) {
    signal.throwIfAborted()
    const { code, body } = await ask(place, {
      path: '/agent/v1/join',
      method: 'POST',
      token,
      body: JSON.stringify(request),
    }).catch((error: unknown) => {
      // A hub that restarts, or has much to do, is no reason to give up.
      if (!(error instanceof CodedError) || error.code !== 'hub-unreachable') throw error
      log.warn('cannot ask the hub to join; it is asked again', { problem: error.message, fix: error.fix ?? '' })
      return { code: 503, body: '' }
    })
    const answer = parse(body)
    if (code === 200 && typeof answer['certificate'] === 'string') {
      await store.write('certificate', answer['certificate'])
      return answer['certificate']
    }
    if (code !== 202 && code !== 429 && code !== 503) throw refused(code, answer)
    if (code === 202 && !waited) {
      waited = true
      options.onWait?.(String(answer['message'] ?? ''))
    }
    await sleep(clock, delayMs, signal)
  }
}

const fixes: Readonly<Record<string, string>> = {
  TokenUnknown: 'Make a new one on the hub: flotilla agent token create.',
  TokenExpired: 'Make a new one on the hub: flotilla agent token create.',
  TokenOfAnother: 'A token is for one cluster: make another one on the hub.',
  NameTaken: 'Choose another --name.',
  Denied: 'Ask whoever runs the hub; flotilla cluster approve NAME lets it in after all.',
  BadName: 'Choose another --name.',
}

function refused(code: number, answer: Readonly<Record<string, unknown>>): CodedError {
  const reason = String(answer['reason'] ?? '')
  const fix = fixes[reason]
  return new CodedError({
    code: 'agent-join-refused',
    message: `the hub refuses to let this cluster join: ${String(answer['message'] ?? `it answered ${code}`)}`,
    ...(fix === undefined ? {} : { fix }),
  })
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

/** Options of TLS and of the way there, for requests and for the tunnel. */
export function connectionTo(place: HubPlace, identity?: Identity, isBlind = false) {
  const tls = {
    ...(place.caPem === undefined ? {} : { ca: place.caPem }),
    ...(identity === undefined ? {} : { cert: identity.certificatePem, key: identity.key.privatePem }),
    minVersion: 'TLSv1.2' as const,
    // Only to fetch what is then held against a hash.
    ...(isBlind ? { rejectUnauthorized: false } : {}),
  }
  return place.proxyUrl === undefined ? tls : { ...tls, agent: createTunnelAgent(place.proxyUrl, tls) }
}

/** What goes wrong on the way, in words. */
export function explainConnect(error: unknown, place: HubPlace): CodedError {
  const { code, message } = error as { code?: string; message: string }
  const url = new URL(place.url)
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
    return new CodedError({
      code: 'hub-ca',
      message: `the certificate of ${url.host} is not believed: ${message}`,
      fix: `Compare the clock of this machine (${formatTime(Date.now())}) with the hub's; certificates hold for those that agree within five minutes.`,
      cause: error,
    })
  }
  if (/CERT|SELF_SIGNED|ISSUER|SIGNATURE|ALTNAME|CHAIN/.test(code ?? '')) {
    return new CodedError({
      code: 'hub-ca',
      message: `the certificate of ${url.host} is not believed: ${message}`,
      fix: 'Give the authority that agent token create prints (--ca-hash or --ca-file), and the URL as it is written there.',
      cause: error,
    })
  }
  return new CodedError({
    code: 'hub-unreachable',
    message: `the hub cannot be reached at ${url.host}: ${message}`,
    fix: 'Check --hub, the way out (--proxy), and that the hub lets agents come (flotilla hub --agent-listen).',
    cause: error,
  })
}

function ask(
  place: HubPlace,
  wanted: { path: string; method: string; token?: string; body?: string; isBlind?: boolean },
): Promise<{ code: number; body: string }> {
  const url = new URL(place.url)
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      ...connectionTo(place, undefined, wanted.isBlind),
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? 443 : url.port,
      method: wanted.method,
      path: wanted.path,
      timeout: 20_000,
      headers: {
        ...(wanted.token === undefined ? {} : { authorization: `Bearer ${wanted.token}` }),
        ...(wanted.body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(wanted.body) }),
      },
    })
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > 64 * 1024) response.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.once('end', () => resolve({ code: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }))
      response.once('error', (error) => reject(explainConnect(error, place)))
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer within 20 s')))
    outgoing.once('error', (error) => reject(explainConnect(error, place)))
    outgoing.end(wanted.body)
  })
}

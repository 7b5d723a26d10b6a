import { WebSocket } from 'ws'
import type { ServerPorts } from '../../apiserver/contract.js'
import { signRequest } from '../../areas/agent/join/agent-key.js'
import { createApiProxy } from '../../areas/agent/member/api-proxy.js'
import { Keeper } from '../../areas/agent/member/keeper.js'
import type { RequestRules } from '../../areas/agent/member/request-rules.js'
import { runAgent } from '../../areas/agent/member/run-agent.js'
import type { StateStore } from '../../areas/agent/member/state-store.js'
import { mostMessageBytes } from '../../areas/agent/tunnel/frames.js'
import type { Link } from '../../areas/agent/tunnel/link.js'
import { sleep } from '../../base/clock.js'
import { CodedError, messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { createMember } from '../../delivery/federation/member/create-member.js'
import type { ClientPorts } from '../../kube/client/client-ports.js'
import type { Connection } from '../../kube/client/connection.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { version } from './agent-version.js'
import { createCutLink } from './cut-link.js'
import {
  connectionTo,
  explainConnect,
  type HubPlace,
  type Identity,
  joinHub,
  keptCertificate,
  openKey,
  resolveHubCa,
  timesOf,
  whyNoCertificate,
} from './join-hub.js'
import { createWebSocketLink } from './web-socket-link.js'

export interface StartAgentOptions {
  readonly name: string
  readonly place: HubPlace
  /** For the first start, and after a certificate has ended. */
  readonly token?: string
  readonly store: StateStore
  /** The member's API, for what is meant for it. */
  readonly client: KubeClient
  /** The same, for requests that the hub sends through. */
  readonly connection: Connection
  readonly clientPorts: ClientPorts
  readonly rules: RequestRules
  readonly ports: ServerPorts
  readonly signal: AbortSignal
  readonly onWait?: (message: string) => void
  /** Whether the way to the hub is cut on purpose (default: never). */
  readonly isCut?: () => boolean
}

const askAgainMs = 5_000

/** Joins where that is still to be done, and returns as whom the agent comes. */
export async function joinAgent(options: Omit<StartAgentOptions, 'client' | 'connection' | 'clientPorts' | 'rules'>): Promise<{
  place: HubPlace
  identity: Identity
}> {
  const { name, store, token, ports } = options
  const place = await findHub(options)
  const key = await openKey(store)
  const kept = await keptCertificate(store, key, name, ports.clock.now())
  if (kept !== undefined) return { place, identity: { key, certificatePem: kept } }
  if (token === undefined || token === '') {
    const ended = await whyNoCertificate(store, ports.clock.now())
    throw new CodedError({
      code: 'agent-token-missing',
      message: `the agent of ${name} has ${ended ?? 'no certificate that holds'}, and no token to ask for one`,
      fix: 'Give --token (or FLOTILLA_AGENT_TOKEN) from flotilla agent token create.',
    })
  }
  return { place, identity: await joinWith(token, key, { ...options, place }) }
}

async function joinWith(
  token: string,
  key: Identity['key'],
  {
    name,
    place,
    store,
    ports,
    signal,
    onWait,
  }: Pick<StartAgentOptions, 'name' | 'place' | 'store' | 'ports' | 'signal' | 'onWait'>,
): Promise<Identity> {
  const { clock, log } = ports
  const wait = onWait === undefined ? {} : { onWait }
  return { key, certificatePem: await joinHub({ place, name, token, key, store, clock, log, signal, ...wait }) }
}

/** The place with its authority. A hub that does not answer now is asked again. */
async function findHub({ place, store, ports, signal }: Pick<StartAgentOptions, 'place' | 'store' | 'ports' | 'signal'>) {
  for (;;) {
    try {
      return await resolveHubCa(place, store)
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'hub-unreachable') throw error
      ports.log.warn('cannot ask the hub who it is; it is asked again', { problem: error.message, fix: error.fix ?? '' })
      await sleep(ports.clock, askAgainMs, signal)
    }
  }
}

/**
 * Runs an agent until the signal. What was ordered before is kept from the first moment on, with the hub or without it; asking to join
 * comes after that. Rejects when it cannot join and nothing was ordered before: there is nothing to keep.
 */
export async function startAgent(options: StartAgentOptions): Promise<void> {
  const { name, store, client, connection, clientPorts, rules, ports, signal } = options
  const { clock, random, log } = ports
  const keeper = new Keeper({
    createMember: (hub, kinds) => createMember({ cluster: name, client, hub, kinds, clock, random, log, signal }),
    store,
    clock,
    log,
    signal,
  })
  await keeper.start()
  const apiProxy = createApiProxy({ connection, ports: clientPorts, rules, log })
  let joined: Awaited<ReturnType<typeof joinAgent>> | undefined
  try {
    joined = await joinAgent(options)
  } catch (error) {
    if (signal.aborted || (await store.read('hub')) === undefined) throw error
    const fix = error instanceof CodedError ? error.fix : undefined
    log.error('cannot join; what was ordered before is kept', {
      problem: messageOf(error),
      ...(fix === undefined ? {} : { fix }),
    })
  }
  let read: { readonly pem: string; readonly times: ReturnType<typeof timesOf> } | undefined
  /** They are asked for with every sign of life. */
  const heldTimes = ({ certificatePem: pem }: Identity) => {
    if (read?.pem !== pem) read = { pem, times: timesOf(pem) }
    return read.times
  }
  let isTokenTried = false
  /** A hub that has forgotten the cluster, or was made anew, takes it with a new token: nobody has to clear the agent's state. */
  const joinAgain = async (refusal: unknown, key: Identity['key'], place: HubPlace): Promise<Identity> => {
    const { token = '' } = options
    const isRefused = refusal instanceof CodedError && (refusal.code === 'agent-denied' || refusal.code === 'agent-certificate')
    if (!isRefused || token === '' || isTokenTried) throw refusal
    isTokenTried = true
    log.info('joining again with the token', { because: refusal.message })
    return joinWith(token, key, { ...options, place }).catch((error: unknown) => {
      log.warn('cannot join again', { problem: messageOf(error) })
      throw refusal
    })
  }
  try {
    await runAgent({
      connect: async () => {
        // It may have ended while the agent could not renew it; the key is still known to the hub.
        if (joined === undefined || heldTimes(joined.identity).endsAt <= clock.now()) joined = await joinAgent(options)
        const { place, identity } = joined
        const { isCut } = options
        if (isCut === undefined) {
          return connectTunnel(place, identity).catch(async (error: unknown) => {
            const again = await joinAgain(error, identity.key, place)
            joined = { place, identity: again }
            return connectTunnel(place, again)
          })
        }
        if (isCut())
          throw new CodedError({ code: 'hub-unreachable', message: 'the network between this cluster and the hub is cut' })
        return createCutLink(await connectTunnel(place, identity), isCut)
      },
      keeper,
      apiProxy,
      agentVersion: version,
      problem: () =>
        client.version().then(
          () => undefined,
          (error: unknown) => messageOf(error),
        ),
      upkeep: async (ask) => {
        if (joined === undefined || clock.now() < heldTimes(joined.identity).renewAt) return
        const { key } = joined.identity
        const { publicPem: publicKey, privateKey } = key
        const answer = await ask('/v1/certificate', { publicKey, proof: signRequest(privateKey, name) })
        const certificatePem = isObject(answer) ? answer['certificate'] : undefined
        if (typeof certificatePem !== 'string') return
        await store.write('certificate', certificatePem)
        joined = { ...joined, identity: { key, certificatePem } }
        log.info('the certificate was renewed')
      },
      clock,
      random,
      log,
      signal,
    })
  } finally {
    await keeper.flush()
    apiProxy.close()
  }
}

/** One WebSocket to the hub's front, with the agent's certificate. */
function connectTunnel(place: HubPlace, identity: Identity): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${place.url.replace(/^https:/, 'wss:').replace(/\/$/, '')}/agent/v1/tunnel`, {
      ...connectionTo(place, identity),
      handshakeTimeout: 20_000,
      maxPayload: mostMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    })
    const failed = (error: Error) => reject(explainConnect(error, place))
    socket.once('open', () => {
      socket.off('error', failed)
      resolve(createWebSocketLink(socket))
    })
    socket.once('error', failed)
    socket.once('unexpected-response', (request, response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => {
        if (chunks.length < 16) chunks.push(chunk)
      })
      const done = () => {
        const { reason, message } = readRefusal(Buffer.concat(chunks).toString('utf8'))
        request.destroy()
        reject(
          new CodedError({
            code: response.statusCode === 401 ? 'agent-certificate' : 'agent-denied',
            message: `the hub refuses the tunnel (${response.statusCode}${reason}): ${message}`,
            fix: 'Look at kubectl get agentclusters on the hub; a cluster that was removed has to join again.',
          }),
        )
      }
      response.once('end', done)
      response.once('error', done)
    })
  })
}

function readRefusal(body: string): { reason: string; message: string } {
  try {
    const value: unknown = JSON.parse(body)
    if (isObject(value)) return { reason: ` ${String(value['reason'] ?? '')}`, message: String(value['message'] ?? '') }
  } catch {}
  return { reason: '', message: 'what answers there is no hub of Flotilla' }
}

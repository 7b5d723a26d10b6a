import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Clock } from '../../../base/clock.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { Exchange } from '../exchange.js'
import { commonHeaders } from '../send.js'
import { logOptionsOf } from './log-options.js'
import { chooseContainer, nodeNameOf } from './pod-target.js'
import type { ConnectPorts } from './serve-connect.js'
import { isWebSocketRequest } from './upgrade.js'
import { acceptWebSocket, offeredProtocols } from './web-sockets.js'

const binary = 'binary.k8s.io'
const base64 = 'base64.binary.k8s.io'

interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly waiting?: { readonly reason?: string }; readonly running?: object; readonly terminated?: object }
  readonly lastState?: { readonly terminated?: object }
}

/** Serves the log of a container as text, at once or as it grows. */
export async function servePodLog(
  exchange: Exchange,
  ports: ConnectPorts,
  find: () => Promise<KubeObject>,
  asked = exchange.query.get('container') ?? '',
): Promise<void> {
  const { query, info, cluster, response } = exchange
  const options = logOptionsOf(query, info.name, ports.clock.now())
  const pod = await find()
  const container = chooseContainer(pod, asked)
  if (nodeNameOf(pod) === '') {
    response.writeHead(204, { 'Audit-Id': exchange.auditId, 'Cache-Control': 'no-cache, private' })
    response.end()
    return
  }
  requireLog(pod, container, options.previous)
  const log = await ports.pods.log(cluster.name, pod, { ...options, container })
  if (response.destroyed) {
    log.destroy()
    return
  }
  if (isWebSocketRequest(exchange)) return deliverMessages(log, exchange, ports.clock)
  response.writeHead(200, commonHeaders(exchange, 'text/plain'))
  // A client that follows wants to know that it is connected before there is a line.
  if (options.follow) response.flushHeaders()
  await deliver(log, exchange)
}

/** Sends what comes until it ends; a client that goes ends the log, a log that breaks ends the answer. */
async function deliver(log: Readable, exchange: Exchange): Promise<void> {
  const { response } = exchange
  log.on('error', () => response.destroy())
  response.once('close', () => log.destroy())
  log.pipe(response)
  await finished(response, { readable: false }).catch(() => {})
}

/** The same as messages of a WebSocket: an empty one first, so that the client knows it is connected; base64 where it asks so. */
async function deliverMessages(log: Readable, exchange: Exchange, clock: Clock): Promise<void> {
  const offered = offeredProtocols(exchange)
  const protocol = offered.find((each) => each === binary || each === base64)
  if (protocol === undefined && offered.length > 0) {
    log.destroy()
    throw statusErrors.badRequest(`none of the protocols ${offered.join(', ')} is known here: ${binary}, ${base64}`)
  }
  const webSocket = await acceptWebSocket(exchange, protocol ?? '', clock)
  if (webSocket === undefined) {
    log.destroy()
    return
  }
  const closed = new Promise((resolve) => webSocket.once('close', resolve))
  webSocket.once('close', () => log.destroy())
  const send = (data: Buffer) =>
    new Promise<void>((resolve) => webSocket.send(protocol === base64 ? data.toString('base64') : data, () => resolve()))
  try {
    await send(Buffer.alloc(0))
    for await (const chunk of log as AsyncIterable<Buffer | string>) await send(Buffer.from(chunk))
  } catch {
    // The log has broken, or the client has gone.
  }
  webSocket.close(1000)
  await closed
}

/** The kubelet's rules: a log is there when the container runs or has run. */
function requireLog(pod: KubeObject, container: string, previous: boolean): void {
  const where = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`
  const status = statusOf(pod, container)
  if (status === undefined) throw statusErrors.badRequest(`${where} is not available`)
  const { waiting, running, terminated } = status.state ?? {}
  const last = status.lastState?.terminated
  if (previous) {
    if (last === undefined) throw statusErrors.badRequest(`previous terminated ${where} not found`)
    return
  }
  if (running !== undefined || terminated !== undefined || last !== undefined) return
  if (waiting === undefined) throw statusErrors.badRequest(`${where} is waiting to start - no logs yet`)
  const { reason } = waiting
  const why =
    reason === 'ErrImagePull'
      ? "image can't be pulled"
      : reason === 'ImagePullBackOff'
        ? 'trying and failing to pull image'
        : (reason ?? '')
  throw statusErrors.badRequest(`${where} is waiting to start: ${why}`)
}

function statusOf(pod: KubeObject, container: string): ContainerStatus | undefined {
  const status = (pod.status ?? {}) as Readonly<Record<string, unknown>>
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']) {
    const found = ((status[list] ?? []) as readonly ContainerStatus[]).find((each) => each.name === container)
    if (found !== undefined) return found
  }
  return undefined
}

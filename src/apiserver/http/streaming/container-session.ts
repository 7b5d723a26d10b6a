import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { AttachOptions, ContainerSession } from '../../pod-access.js'
import type { Exchange } from '../exchange.js'
import { isTrue } from '../request-info.js'
import { bridgeSession, type SessionKind } from './container-bridge.js'
import { type ExitStatus, exitText, statusOfFailure } from './exit-status.js'
import { sendPlainFailure, upgradeRequired } from './plain-failure.js'
import { chooseContainer, requireHost, takesInputOnce } from './pod-target.js'
import type { ConnectPorts } from './serve-connect.js'
import { acceptCommandStreams } from './spdy-command.js'
import { isSpdyRequest, isWebSocketRequest } from './upgrade.js'
import { type ChannelKind, WebSocketChannels } from './web-socket-channels.js'
import { acceptWebSocket, offeredProtocols } from './web-sockets.js'

const streamClose = 'v5.channel.k8s.io'
/** The protocols without half-close; the last two of them tell failures as text. */
const olderProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io']

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const

/** Serves exec and attach, over a WebSocket or SPDY. */
export async function serveContainerSession(exchange: Exchange, ports: ConnectPorts, pod: KubeObject): Promise<void> {
  const { query, info, cluster } = exchange
  const exits = info.subresource === 'exec'
  const options = sessionOptions(query, chooseContainer(pod, query.get('container') ?? ''))
  const kind = exits ? 'command' : takesInputOnce(pod, options.container) && !options.tty ? 'once' : 'shared'
  const command = query.getAll('command')
  requireHost(pod)
  const start = (): Promise<ContainerSession> =>
    exits ? ports.pods.exec(cluster.name, pod, { ...options, command }) : ports.pods.attach(cluster.name, pod, options)
  const webSocket = isWebSocketRequest(exchange)
  if (!webSocket && !isSpdyRequest(exchange)) throw upgradeRequired()
  if (exits && command.length === 0) throw statusErrors.badRequest('you must specify at least one command for the container')
  if (!options.stdin && !options.stdout && !options.stderr) {
    return sendPlainFailure(exchange, 400, 'you must specify at least 1 of stdin, stdout, stderr')
  }
  if (!webSocket) {
    const accepted = await acceptCommandStreams(exchange, ports.clock, options, start)
    if (accepted !== undefined) await bridgeSession(accepted.session, accepted.client, kind)
    return
  }
  const offered = offeredProtocols(exchange)
  if (offered.includes(streamClose)) {
    // As upstream's translator has it: the connection comes first, a failure to start goes through its error channel.
    return serveChannels(exchange, ports, streamClose, options, kind, start)
  }
  const chosen = offered.length === 0 ? '' : offered.find((name) => olderProtocols.includes(name))
  if (chosen === undefined) {
    return sendPlainFailure(exchange, 403, `requested protocol(s) are not supported: [${offered.join(' ')}]`)
  }
  const session = await start()
  return serveChannels(exchange, ports, chosen, options, kind, async () => session, session)
}

async function serveChannels(
  exchange: Exchange,
  ports: ConnectPorts,
  protocol: string,
  options: AttachOptions,
  kind: SessionKind,
  start: () => Promise<ContainerSession>,
  started?: ContainerSession,
): Promise<void> {
  const webSocket = await acceptWebSocket(exchange, protocol, ports.clock)
  if (webSocket === undefined) {
    started?.close()
    return
  }
  const form = { binary: !protocol.includes('base64'), halfClose: protocol === streamClose }
  const only = (wanted: boolean, kind: ChannelKind): ChannelKind => (wanted ? kind : 'none')
  const all = new WebSocketChannels(webSocket, form, [
    only(options.stdin, 'read'),
    only(options.stdout, 'write'),
    only(options.stderr, 'write'),
    'write',
    only(options.tty, 'read'),
  ])
  const first = options.stdout ? channels.stdout : options.stderr ? channels.stderr : channels.error
  // An empty message tells the client that the connection stands.
  all.send(first, Buffer.alloc(0), () => {})
  const asText = protocol !== streamClose && !protocol.startsWith('v4.')
  const finish = (status: ExitStatus) =>
    new Promise<void>((resolve) => {
      const text = asText ? exitText(status) : JSON.stringify(status)
      const close = () => {
        all.close()
        resolve()
      }
      if (text === '') close()
      else all.send(channels.error, Buffer.from(text), close)
    })
  const channel = (wanted: boolean, number: number) => (wanted ? all.channel(number) : undefined)
  let session: ContainerSession
  try {
    session = await start()
  } catch (error) {
    await finish(statusOfFailure(error))
    await all.closed
    return
  }
  await bridgeSession(
    session,
    {
      stdin: channel(options.stdin, channels.stdin),
      stdout: channel(options.stdout, channels.stdout),
      stderr: channel(options.stderr, channels.stderr),
      resize: channel(options.tty, channels.resize),
      gone: all.closed,
      finish,
    },
    kind,
  )
  all.close()
  await all.closed
}

/** Streams that are asked for; a terminal has no stderr of its own. */
function sessionOptions(query: URLSearchParams, container: string): AttachOptions {
  const asked = (name: string) => isTrue(query.get(name))
  const tty = asked('tty')
  return { container, stdin: asked('stdin'), stdout: asked('stdout'), stderr: asked('stderr') && !tty, tty }
}

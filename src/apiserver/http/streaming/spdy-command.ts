import type { Clock } from '../../../base/clock.js'
import type { AttachOptions, ContainerSession } from '../../pod-access.js'
import type { Exchange } from '../exchange.js'
import type { ClientEnds } from './container-bridge.js'
import { type ExitStatus, exitText } from './exit-status.js'
import { SpdySession } from './spdy/session.js'
import type { SpdyStream } from './spdy/stream.js'
import { negotiateStreams, offeredStreamProtocols } from './spdy-handshake.js'
import { switchProtocols } from './upgrade.js'

/** Best first. The first tells how a command ended as a Status; the first two have resizes. */
const protocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

/** A client that does not open its streams within this time is not waited for. */
const streamsMs = 30_000

const streamTypes = ['error', 'stdin', 'stdout', 'stderr', 'resize'] as const
type StreamType = (typeof streamTypes)[number]

/**
 * Starts the command, turns the connection into SPDY/3.1 and waits for the streams of exec and attach. Rejects with what the
 * start failed with, for an ordinary answer. Undefined: the client could not be served and knows, or it has gone.
 */
export async function acceptCommandStreams(
  exchange: Exchange,
  clock: Clock,
  options: AttachOptions,
  start: () => Promise<ContainerSession>,
): Promise<{ session: ContainerSession; client: ClientEnds } | undefined> {
  const protocol = await negotiateStreams(exchange, offeredStreamProtocols(exchange), protocols)
  if (protocol === undefined) return undefined
  const session = await start()
  const wanted = new Set<StreamType>(['error'])
  for (const type of ['stdin', 'stdout', 'stderr'] as const) if (options[type]) wanted.add(type)
  if (options.tty && protocols.indexOf(protocol) < 2) wanted.add('resize')
  const streams = new Map<StreamType, SpdyStream>()
  let complete: (all: boolean) => void = () => {}
  const completed = new Promise<boolean>((resolve) => {
    complete = resolve
  })
  const socket = switchProtocols(exchange, {
    Connection: 'Upgrade',
    Upgrade: 'SPDY/3.1',
    'X-Stream-Protocol-Version': protocol,
  })
  const connection = new SpdySession(socket, {
    clock,
    onStream(stream) {
      const type = stream.header('streamtype').toLowerCase() as StreamType
      if (!streamTypes.includes(type) || streams.has(type)) throw new Error(`unexpected stream type: ${JSON.stringify(type)}`)
      streams.set(type, stream)
      // As a kubelet: their number counts. A client may ask for a terminal and open a stderr instead of a resize stream.
      if (streams.size === wanted.size) complete(streams.has('error'))
    },
  })
  const cancel = clock.after(streamsMs, () => complete(false))
  void connection.closed.then(() => complete(false))
  const all = await completed
  cancel()
  if (!all) {
    session.close()
    connection.close()
    await connection.closed
    return undefined
  }
  const end = (type: StreamType) => (wanted.has(type) ? streams.get(type) : undefined)
  const client: ClientEnds = {
    stdin: end('stdin'),
    stdout: end('stdout'),
    stderr: end('stderr'),
    resize: end('resize'),
    gone: connection.closed,
    finish: (status) => finish(connection, streams.get('error')!, status, protocol === protocols[0]),
  }
  return { session, client }
}

async function finish(connection: SpdySession, errors: SpdyStream, status: ExitStatus, asStatus: boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    errors.once('close', resolve)
    errors.end(asStatus ? JSON.stringify(status) : exitText(status), resolve)
  })
  connection.close()
  await connection.closed
}

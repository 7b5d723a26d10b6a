import { Buffer } from 'node:buffer'
import type { Exchange } from '../exchange.js'
import { type ForwardTarget, forwardFailure, joinDuplexes, portOf } from './forward-target.js'
import { sendPlainFailure } from './plain-failure.js'
import { WebSocketChannels } from './web-socket-channels.js'
import { acceptWebSocket, offeredProtocols } from './web-sockets.js'

const protocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']
/** A channel is one byte, and the last one has a meaning of its own. */
const maxPorts = 127

/** The WebSocket protocol of port-forward: the query names the ports, each has a data and an error channel and one connection. */
export async function servePortChannels(exchange: Exchange, target: ForwardTarget): Promise<void> {
  const given = [...exchange.query.getAll('ports'), ...exchange.query.getAll('port')]
  if (given.length === 0) return sendPlainFailure(exchange, 400, 'query parameter "port" is required')
  const ports: number[] = []
  for (const text of given.flatMap((each) => each.split(','))) {
    const port = portOf(text)
    if (port === undefined) return sendPlainFailure(exchange, 400, `unable to parse ${JSON.stringify(text)} as a port`)
    ports.push(port)
  }
  if (ports.length > maxPorts) return sendPlainFailure(exchange, 400, `more than ${maxPorts} ports in one request`)
  const offered = offeredProtocols(exchange)
  const chosen = offered.length === 0 ? '' : offered.find((name) => protocols.includes(name))
  if (chosen === undefined) {
    return sendPlainFailure(exchange, 403, `requested protocol(s) are not supported: [${offered.join(' ')}]`)
  }
  const webSocket = await acceptWebSocket(exchange, chosen, target.clock)
  if (webSocket === undefined) return
  const kinds = ports.flatMap(() => ['both', 'write'] as const)
  const channels = new WebSocketChannels(webSocket, { binary: !chosen.includes('base64'), halfClose: false }, kinds)
  const forward = async (port: number, index: number) => {
    const data = channels.channel(index * 2)
    const errors = channels.channel(index * 2 + 1)
    const announcement = Buffer.alloc(2)
    announcement.writeUInt16LE(port)
    data.write(announcement)
    errors.write(announcement)
    try {
      const connection = await target.pods.connect(target.cluster, target.pod, port)
      if (data.destroyed) {
        // The client has gone meanwhile.
        connection.on('error', () => {})
        connection.destroy()
      } else await joinDuplexes(data, connection)
    } catch (error) {
      await new Promise<void>((resolve) => {
        errors.once('close', resolve)
        errors.end(forwardFailure(target, port, error), resolve)
      })
    }
  }
  await Promise.race([Promise.all(ports.map(forward)), channels.closed])
  channels.close()
  await channels.closed
}

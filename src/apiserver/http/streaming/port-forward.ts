import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { Exchange } from '../exchange.js'
import { upgradeRequired } from './plain-failure.js'
import { requireHost } from './pod-target.js'
import { servePortChannels } from './port-channels.js'
import { PortStreams } from './port-streams.js'
import type { ConnectPorts } from './serve-connect.js'
import { SpdySession } from './spdy/session.js'
import { negotiateStreams, offeredStreamProtocols } from './spdy-handshake.js'
import { isSpdyRequest, isWebSocketRequest, switchProtocols } from './upgrade.js'
import { WebSocketTunnel } from './web-socket-tunnel.js'
import { acceptWebSocket, offeredProtocols } from './web-sockets.js'

const protocols = ['portforward.k8s.io']
const tunnelPrefix = 'SPDY/3.1+'

/** Serves port-forward: SPDY, SPDY inside a WebSocket, or the WebSocket protocol with two channels for each port. */
export async function servePortForward(exchange: Exchange, ports: ConnectPorts, pod: KubeObject): Promise<void> {
  requireHost(pod)
  const webSocket = isWebSocketRequest(exchange)
  if (!webSocket && !isSpdyRequest(exchange)) throw upgradeRequired()
  const { phase } = (pod.status ?? {}) as { phase?: string }
  if (phase !== 'Running') {
    throw statusErrors.badRequest(`unable to forward port because pod is not running. Current status=${phase ?? 'Pending'}`)
  }
  const forward = { pods: ports.pods, cluster: exchange.cluster.name, pod, clock: ports.clock }
  if (webSocket) {
    const tunnelled = offeredProtocols(exchange).filter((name) => name.startsWith(tunnelPrefix) && name.endsWith('.k8s.io'))
    if (tunnelled.length === 0) return servePortChannels(exchange, forward)
    const offered = tunnelled.map((name) => name.slice(tunnelPrefix.length))
    const chosen = await negotiateStreams(exchange, offered, protocols)
    if (chosen === undefined) return
    const accepted = await acceptWebSocket(exchange, tunnelPrefix + chosen, ports.clock)
    if (accepted === undefined) return
    const streams = new PortStreams(forward)
    const tunnel = new WebSocketTunnel(accepted)
    return streams.serve(new SpdySession(tunnel, { clock: ports.clock, onStream: (stream) => streams.add(stream) }))
  }
  const chosen = await negotiateStreams(exchange, offeredStreamProtocols(exchange), protocols)
  if (chosen === undefined) return
  const streams = new PortStreams(forward)
  const socket = switchProtocols(exchange, {
    Connection: 'Upgrade',
    Upgrade: 'SPDY/3.1',
    'X-Stream-Protocol-Version': chosen,
  })
  return streams.serve(new SpdySession(socket, { clock: ports.clock, onStream: (stream) => streams.add(stream) }))
}

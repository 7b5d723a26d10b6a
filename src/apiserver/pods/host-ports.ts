import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { connect, createServer, type Socket } from 'node:net'
import type { Clock } from '../../base/clock.js'
import type { Pod } from './pod-types.js'

export interface HostPort {
  readonly protocol: 'TCP' | 'UDP'
  readonly hostPort: number
  readonly containerPort: number
}

export interface HostPortsWish {
  readonly ports: readonly HostPort[]
  /** Of the node. */
  readonly from: string
  /** Of the pod. */
  readonly to: string
  readonly boundPort: (port: number) => number
  readonly clock: Clock
  readonly failed: (port: HostPort, error: Error) => void
}

const mostConnections = 1000
const mostCallers = 1000
const quietMs = 60_000

/** Ports of the pod's node that lead to the pod; a pod in the node's network has them itself. */
export function hostPortsOf(pod: Pod, nodeAddress: string): HostPort[] {
  if (pod.spec.hostNetwork) return []
  const sidecars = (pod.spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always')
  return [...pod.spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP = '', containerPort, protocol = 'TCP' }) => {
      const isHere = ['', '0.0.0.0', '::', nodeAddress].includes(hostIP)
      return hostPort > 0 && isHere && (protocol === 'TCP' || protocol === 'UDP') ? [{ protocol, hostPort, containerPort }] : []
    }),
  )
}

/** Opens them; what comes in goes to the pod until the returned function is called. */
export function openHostPorts(wish: HostPortsWish): () => void {
  const closers = wish.ports.map((port) => (port.protocol === 'TCP' ? openTcp(port, wish) : openUdp(port, wish)))
  return () => {
    for (const close of closers) close()
  }
}

function openTcp(port: HostPort, { from, to, boundPort, failed }: HostPortsWish): () => void {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (caller) => {
    const source = caller.remoteAddress
    const pod = connect({
      host: to,
      port: boundPort(port.containerPort),
      allowHalfOpen: true,
      // The pod sees who calls, as far as that is an address of this machine.
      ...(source?.startsWith('127.') ? { localAddress: source } : {}),
    })
    for (const [one, other] of [
      [caller, pod],
      [pod, caller],
    ] as const) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.once('close', () => {
        open.delete(one)
        if (!one.readableEnded) other.destroy()
      })
    }
  })
  server.maxConnections = mostConnections
  server.on('error', (error) => failed(port, error))
  server.listen({ host: from, port: boundPort(port.hostPort) })
  return () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
}

function openUdp(port: HostPort, { from, to, boundPort, clock, failed }: HostPortsWish): () => void {
  const callers = new Map<string, { readonly socket: UdpSocket; lastMs: number }>()
  const front = createSocket('udp4')
  let cancelSweep: (() => void) | undefined
  const drop = (key: string) => {
    callers.get(key)?.socket.close()
    callers.delete(key)
  }
  // One timer for all who have asked, and none while nobody has.
  const sweep = () => {
    for (const [key, { lastMs }] of callers) if (clock.now() - lastMs >= quietMs) drop(key)
    cancelSweep = callers.size === 0 ? undefined : clock.after(quietMs, sweep)
  }
  const callerOf = (info: RemoteInfo) => {
    const key = `${info.address}:${info.port}`
    const known = callers.get(key)
    if (known !== undefined) return known
    if (callers.size >= mostCallers) return undefined
    const socket = createSocket('udp4')
    socket.on('error', () => drop(key))
    socket.on('message', (data) => front.send(data, info.port, info.address))
    socket.bind(0, info.address.startsWith('127.') ? info.address : undefined)
    const caller = { socket, lastMs: clock.now() }
    callers.set(key, caller)
    cancelSweep ??= clock.after(quietMs, sweep)
    return caller
  }
  front.on('error', (error) => failed(port, error))
  front.on('message', (data, info) => {
    const caller = callerOf(info)
    if (caller === undefined) return
    caller.lastMs = clock.now()
    caller.socket.send(data, boundPort(port.containerPort), to)
  })
  front.bind(boundPort(port.hostPort), from)
  return () => {
    cancelSweep?.()
    for (const key of [...callers.keys()]) drop(key)
    front.close()
  }
}

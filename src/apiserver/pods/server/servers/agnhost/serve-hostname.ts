import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'
import { listenHttp, type RunningServer, sendText } from '../http-listener.js'

/** `serve-hostname`: says its host's name to whoever asks, by HTTP, plain TCP or datagrams. */
export async function startServeHostname(args: readonly string[], world: ContainerWorld): Promise<RunningServer> {
  const port = Number(goFlag(args, 'port') ?? 9376)
  const servers: RunningServer[] = []
  if (isOn(args, 'udp')) servers.push(await answerDatagrams(port, world))
  // HTTP and plain TCP would have the same port.
  if (isOn(args, 'tcp')) servers.push(await answerConnections(port, world))
  else if (isOn(args, 'http', true))
    servers.push(await listenHttp(world, port, (_request, response) => sendText(response, 200, world.hostname)))
  return { stop: async () => void (await Promise.all(servers.map((server) => server.stop()))) }
}

/** A switch as Go takes it: alone, or with `=`; never the word behind it. */
function isOn(args: readonly string[], name: string, otherwise = false): boolean {
  const given = args.findLast((arg) => new RegExp(`^--?${name}(=|$)`).test(arg))
  return given === undefined ? otherwise : !/=(false|f|0)$/i.test(given)
}

async function answerConnections(port: number, world: ContainerWorld): Promise<RunningServer> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(world.hostname)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: world.address, port: world.boundPort(port) }, resolve)
  })
  return { stop: async () => void server.close() }
}

async function answerDatagrams(port: number, world: ContainerWorld): Promise<RunningServer> {
  const socket = createSocket('udp4')
  socket.on('message', (_data, from) => socket.send(world.hostname, from.port, from.address))
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(world.boundPort(port), world.address, resolve)
  })
  socket.on('error', () => {})
  return { stop: async () => void socket.close() }
}

import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import grpc from '@grpc/grpc-js'

/** A server that says its own name, over HTTP and over gRPC (`/echo.Echo/Say`), at an address of its own; it can be killed and come back. */
export interface EchoServer {
  readonly name: string
  readonly address: string
  readonly httpPort: number
  readonly grpcPort: number
  /** Connections are reset, as when a machine is lost. */
  kill(): Promise<void>
  start(): Promise<void>
}

const same = (bytes: Buffer) => bytes
const say = {
  path: '/echo.Echo/Say',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
}

export async function startEchoServer(name: string, address: string): Promise<EchoServer> {
  let http: Server | undefined
  let rpc: grpc.Server | undefined
  let [httpPort, grpcPort] = [0, 0]
  const sockets = new Set<Socket>()
  const server = {
    name,
    address,
    get httpPort() {
      return httpPort
    },
    get grpcPort() {
      return grpcPort
    },
    async kill() {
      rpc?.forceShutdown()
      for (const socket of sockets) socket.resetAndDestroy()
      await new Promise((done) => (http === undefined ? done(undefined) : http.close(done)))
      http = rpc = undefined
    },
    async start() {
      const listening = createServer((_request, response) => response.end(name))
      http = listening
      listening.on('connection', (socket) => {
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
      })
      await new Promise<void>((done, failed) => {
        listening.once('error', failed)
        listening.listen(httpPort, address, done)
      })
      httpPort = (listening.address() as AddressInfo).port
      const calls = new grpc.Server()
      rpc = calls
      calls.addService(
        { Say: say },
        { Say: (_call: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, Buffer.from(name)) },
      )
      grpcPort = await new Promise((done, failed) => {
        calls.bindAsync(`${address}:${grpcPort}`, grpc.ServerCredentials.createInsecure(), (error, port) =>
          error ? failed(error) : done(port),
        )
      })
    },
  }
  await server.start()
  return server
}

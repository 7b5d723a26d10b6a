import { createSecureServer, createServer, type ServerHttp2Stream } from 'node:http2'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'
import { listenHttp, type RunningServer, sendText } from '../http-listener.js'
import { readIdentity } from './identity.js'

const checkPath = '/grpc.health.v1.Health/Check'
const mostRequest = 64 * 1024
const codes = { ok: '0', notFound: '5', unimplemented: '12' }

/** `grpc-health-checking`: the gRPC health service for one service name, and an HTTP port to change what it says. */
export async function startGrpcHealth(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const port = Number(goFlag(args, 'port') ?? 5000)
  const delaySeconds = Number(goFlag(args, 'delay-unhealthy-sec') ?? -1)
  const service = goFlag(args, 'service') ?? ''
  const started = world.clock.now()
  let forced: boolean | undefined
  const isServing = () => forced !== false && (delaySeconds < 0 || world.clock.now() - started < delaySeconds * 1000)
  const http = await listenHttp(world, Number(goFlag(args, 'http-port') ?? 8080), (_request, response, url) => {
    const serving = url.pathname === '/make-serving'
    if (!serving && url.pathname !== '/make-not-serving') return sendText(response, 404, '404 page not found\n')
    forced = serving
    sendText(response, 200, `${(world.clock.now() - started) / 1000}s`)
  })
  const identity = await readIdentity(goFlag(args, 'tls-cert-file'), goFlag(args, 'tls-private-key-file'), world, context)
  const server = identity === undefined ? createServer() : createSecureServer({ ...identity })
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    let body = Buffer.alloc(0)
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      body = Buffer.concat([body, chunk])
      if (body.length > mostRequest) stream.close()
    })
    stream.once('end', () => {
      if (headers[':path'] !== checkPath) return answer(stream, codes.unimplemented)
      if (serviceOf(body) !== service) return answer(stream, codes.notFound, 'unknown service')
      // HealthCheckResponse: field 1 is 1 for SERVING, 2 for NOT_SERVING.
      answer(stream, codes.ok, '', Buffer.from([0, 0, 0, 0, 2, 8, isServing() ? 1 : 2]))
    })
  })
  const sessions = new Set<{ close(): void }>()
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: world.address, port: world.boundPort(port) }, resolve)
  })
  return {
    async stop() {
      await http.stop()
      for (const session of sessions) session.close()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function answer(stream: ServerHttp2Stream, code: string, message = '', data?: Buffer): void {
  if (stream.destroyed) return
  const head = { ':status': 200, 'content-type': 'application/grpc' }
  const trailers = { 'grpc-status': code, ...(message === '' ? {} : { 'grpc-message': message }) }
  if (data === undefined) {
    stream.respond({ ...head, ...trailers }, { endStream: true })
    return
  }
  stream.respond(head, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers(trailers))
  stream.end(data)
}

/** Field 1 of a HealthCheckRequest, behind the five bytes of its frame. */
function serviceOf(body: Buffer): string {
  return body[5] === 0x0a ? body.subarray(7, 7 + (body[6] ?? 0)).toString() : ''
}

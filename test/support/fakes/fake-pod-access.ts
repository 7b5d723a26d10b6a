import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import type { ContainerSession, PodAccess } from '../../../src/apiserver/pod-access.js'
import { statusErrors } from '../../../src/kube/object/status-error.js'

export interface FakePods extends PodAccess {
  /** Sessions that have been started and not closed. */
  readonly open: Set<FakeSession>
  /** Connections to ports of pods that are open. */
  readonly connections: Set<Socket>
  /** What the pods' logs were asked for. */
  readonly logs: { options: unknown; stream: PassThrough }[]
  stop(): Promise<void>
}

/**
 * Containers that are an echo shell. `echo`, `cat`, `fail CODE`, `complain`, `stream BYTES`, `sizes [COUNT]` (of the terminal) and `wait` are commands;
 * attach is `cat`. A pod listens at 8080 (HTTP, see answer) and 7 (echo).
 */
export async function fakePods(): Promise<FakePods> {
  const open = new Set<FakeSession>()
  const connections = new Set<Socket>()
  const logs: FakePods['logs'] = []
  const http = createServer(answer)
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.url?.startsWith('/refuse')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
      return
    }
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`)
    socket.on('error', () => {})
    if (head.length > 0) socket.write(head)
    socket.pipe(socket)
  })
  const echo = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  const listen = (server: typeof http | typeof echo) =>
    new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    })
  const ports = new Map([
    [8080, await listen(http)],
    [7, await listen(echo)],
  ])
  const start = (command: readonly string[], tty: boolean) => {
    const session = new FakeSession(command, tty, (closed) => open.delete(closed))
    open.add(session)
    return session
  }
  return {
    open,
    connections,
    logs,
    async log(_cluster, pod, options) {
      const stream = new PassThrough()
      logs.push({ options, stream })
      stream.write(`${pod.metadata.name}/${options.container} line 1\nline 2\n`)
      if (!options.follow) stream.end()
      return stream
    },
    async exec(_cluster, _pod, { command, tty }) {
      if (command[0] === 'absent') throw statusErrors.badRequest('container not found ("absent")')
      return start(command, tty)
    },
    async attach(_cluster, _pod, { tty }) {
      return start(['cat'], tty)
    },
    connect(_cluster, _pod, port) {
      return new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: ports.get(port) ?? 1, allowHalfOpen: true })
        socket.once('error', reject)
        socket.once('connect', () => {
          connections.add(socket)
          socket.once('close', () => connections.delete(socket))
          socket.off('error', reject)
          resolve(socket)
        })
      })
    },
    usage: () => [{ container: 'main', cpuMs: 1500, memoryBytes: 4096 }],
    async stop() {
      for (const session of open) session.close()
      for (const socket of connections) socket.destroy()
      http.closeAllConnections()
      http.close()
      echo.close()
    },
  }
}

export class FakeSession implements ContainerSession {
  readonly stdin = new PassThrough()
  readonly stdout: Readable
  readonly stderr = new PassThrough()
  readonly ended: Promise<{ code: number }>
  readonly sizes: { width: number; height: number }[] = []
  readonly #onClose: (session: FakeSession) => void
  readonly #resized = new PassThrough()
  readonly #wantedSizes: number
  #end: (code: number) => void = () => {}

  constructor([name, ...rest]: readonly string[], tty: boolean, onClose: (session: FakeSession) => void) {
    this.#onClose = onClose
    this.#wantedSizes = Number(rest[0] ?? 2)
    this.ended = new Promise((resolve) => {
      this.#end = (code) => resolve({ code })
    })
    const say = (text: string, code = 0) => {
      this.#end(code)
      return Readable.from([Buffer.from(text)])
    }
    switch (name) {
      case 'echo':
        this.stdout = say(`${rest.join(' ')}\n`)
        break
      case 'cat':
        this.stdout = this.stdin.pipe(new PassThrough())
        this.stdout.once('end', () => this.#end(0))
        break
      case 'fail':
        this.stdout = say('', Number(rest[0]))
        break
      case 'complain':
        this.stderr.write(`${rest.join(' ')}\n`)
        this.stdout = say('', 1)
        break
      case 'stream': {
        const bytes = Number(rest[0])
        let sent = 0
        this.stdout = new Readable({
          read: (size) => {
            const piece = Math.min(size, bytes - sent)
            sent += piece
            this.stdout.push(piece === 0 ? null : Buffer.alloc(piece, 'x'))
          },
        })
        this.#end(0)
        break
      }
      case 'sizes':
        this.stdout = this.#resized
        break
      default:
        this.stdout = new PassThrough()
    }
    if (!tty && name !== 'wait' && name !== 'cat' && name !== 'sizes') this.stderr.end()
    void this.ended.then(() => this.stderr.end())
  }

  resize(size: { width: number; height: number }): void {
    this.sizes.push(size)
    this.#resized.write(`${size.width}x${size.height}\n`)
    if (this.sizes.length === this.#wantedSizes) {
      this.#resized.end()
      this.#end(0)
    }
  }

  close(): void {
    this.#onClose(this)
    this.#end(137)
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://pod')
  if (url.pathname === '/redirect') {
    response.writeHead(302, { location: url.searchParams.get('to') ?? '/' })
    response.end()
  } else if (url.pathname === '/page') {
    response.writeHead(200, { 'content-type': 'text/html', 'access-control-allow-origin': '*' })
    response.end(
      '<!DOCTYPE html><a class=x href="/next?a=1">n</a><img src=pic.png><script>"<a href=\'/no\'>"</script><a href=/end>',
    )
  } else if (url.pathname === '/drip') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('one\n')
    request.once('close', () => response.end())
  } else {
    response.writeHead(Number(url.searchParams.get('code') ?? 200), { 'content-type': 'application/json', 'x-own': 'yes' })
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method, headers } = request
      response.end(JSON.stringify({ method, url: request.url, headers, body: Buffer.concat(parts).toString() }))
    })
  }
}

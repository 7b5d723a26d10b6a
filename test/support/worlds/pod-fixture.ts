import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { EmbeddedApi } from './embedded-api.js'

export interface PodFacts {
  readonly containers?: readonly string[]
  readonly phase?: string
  readonly nodeName?: string
  readonly labels?: Record<string, string>
  readonly ip?: string
  readonly stdinOnce?: boolean
  /** Of each container; a running one by default. */
  readonly state?: object
  readonly lastState?: object
}

/** Makes a pod in `default` that is in the state that the facts say: running on node-1 at 10.1.0.1. */
export async function makePod(api: EmbeddedApi, name: string, facts: PodFacts = {}): Promise<void> {
  const names = facts.containers ?? ['main']
  const created = await api.ask('POST', '/api/v1/namespaces/default/pods', {
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: facts.labels ?? {} },
      spec: {
        nodeName: facts.nodeName ?? 'node-1',
        containers: names.map((each) => ({
          name: each,
          image: 'busybox',
          ports: [{ containerPort: 8080 }],
          ...(facts.stdinOnce ? { stdin: true, stdinOnce: true } : {}),
        })),
      },
    },
  })
  assert.equal(created.code, 201, created.text)
  const status = {
    phase: facts.phase ?? 'Running',
    podIP: facts.ip ?? '10.1.0.1',
    podIPs: [{ ip: facts.ip ?? '10.1.0.1' }],
    containerStatuses: names.map((each) => ({
      name: each,
      image: 'busybox',
      imageID: '',
      ready: true,
      restartCount: 0,
      state: facts.state ?? { running: { startedAt: '2026-01-01T00:00:00Z' } },
      ...(facts.lastState === undefined ? {} : { lastState: facts.lastState }),
    })),
  }
  const patched = await api.ask('PATCH', `/api/v1/namespaces/default/pods/${name}/status`, {
    body: { status },
    headers: { 'content-type': 'application/merge-patch+json' },
  })
  assert.equal(patched.code, 200, patched.text)
}

/** A WebSocket as the administrator. */
export function openWebSocket(api: EmbeddedApi, path: string, protocols: string[]): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${api.port}${path}`, protocols, {
    ca: api.ca.certPem,
    cert: api.admin.certPem,
    key: api.admin.keyPem,
    perMessageDeflate: false,
  })
}

/**
 * The bytes of a WebSocket as the administrator, for subprotocols whose name the library does not take. Each write is one binary
 * message; its mask is zero, which leaves the payload as it is.
 */
export async function openTunnel(api: EmbeddedApi, path: string, protocol: string): Promise<Duplex> {
  const { head, socket } = await upgrade(api, 'GET', path, {
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': protocol,
  })
  assert.ok(socket !== undefined, `not upgraded: ${head.statusCode}`)
  assert.equal(head.headers['sec-websocket-protocol'], protocol)
  let held = Buffer.alloc(0)
  const tunnel = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const start = Buffer.alloc(14)
      start[0] = 0x82
      start[1] = 0xff
      start.writeBigUInt64BE(BigInt(chunk.length), 2)
      socket.write(Buffer.concat([start, chunk]), done)
    },
    destroy(error, done) {
      socket.destroy()
      done(error)
    },
  })
  socket.on('error', () => {})
  socket.on('close', () => tunnel.destroy())
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    for (;;) {
      if (held.length < 2) return
      const short = held[1]! & 0x7f
      const start = short < 126 ? 2 : short === 126 ? 4 : 10
      if (held.length < start) return
      const length = short < 126 ? short : short === 126 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2))
      if (held.length < start + length) return
      if ((held[0]! & 0x0f) === 2) tunnel.push(held.subarray(start, start + length))
      held = held.subarray(start + length)
    }
  })
  return tunnel
}

export type Upgraded =
  | { readonly head: IncomingMessage; readonly socket: Duplex }
  | { readonly head: IncomingMessage; readonly socket: undefined; readonly body: string }

/** Asks for another protocol as the administrator. */
export function upgrade(api: EmbeddedApi, method: string, path: string, headers: Record<string, string>): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port: api.port,
      method,
      path,
      ca: api.ca.certPem,
      cert: api.admin.certPem,
      key: api.admin.keyPem,
      agent: false,
      headers: { connection: 'Upgrade', ...headers },
    })
    sent.on('error', reject)
    sent.setNoDelay(true)
    sent.once('upgrade', (head, socket, rest) => {
      if (rest.length > 0) socket.unshift(rest)
      resolve({ head, socket })
    })
    sent.once('response', (head) => {
      const parts: Buffer[] = []
      head.on('data', (part: Buffer) => parts.push(part))
      head.on('end', () => resolve({ head, socket: undefined, body: Buffer.concat(parts).toString() }))
    })
    sent.end()
  })
}

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { EmbeddedApi } from './embedded-api.js'

export interface PodFacts {
  readonly containers?: readonly string[]
  readonly phase?: string
  readonly nodeName?: string
  readonly labels?: Record<string, string>
  readonly ip?: string
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
        containers: names.map((each) => ({ name: each, image: 'busybox', ports: [{ containerPort: 8080 }] })),
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

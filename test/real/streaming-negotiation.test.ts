import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { test } from 'node:test'
import { fakePods } from '../support/fakes/fake-pod-access.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'
import { adminToken, startEmbeddedApi } from '../support/worlds/embedded-api.js'

interface Answer {
  readonly code: number
  readonly type: string
  readonly text: string
}

type Ask = (method: string, path: string, headers?: Record<string, string>, body?: object) => Promise<Answer>

/** Asks a server as its administrator; an upgrade that is granted is told by its code. */
function asker(server: string, token: string): Ask {
  const { hostname, port } = new URL(server)
  return (method, path, headers = {}, body) =>
    new Promise((resolve, reject) => {
      const raw = body === undefined ? undefined : JSON.stringify(body)
      const sent = request({
        host: hostname,
        port,
        method,
        path,
        agent: false,
        rejectUnauthorized: false,
        headers: {
          authorization: `Bearer ${token}`,
          ...(raw === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(raw) }),
          ...headers,
        },
      })
      const type = (head: IncomingMessage) => head.headers['content-type'] ?? ''
      sent.on('error', reject)
      sent.on('upgrade', (head, socket) => {
        socket.destroy()
        resolve({ code: head.statusCode!, type: type(head), text: '' })
      })
      sent.on('response', (head) => {
        let text = ''
        head.on('data', (part: Buffer) => {
          text += part.toString()
        })
        head.on('end', () => resolve({ code: head.statusCode!, type: type(head), text }))
        head.on('error', reject)
      })
      sent.end(raw)
    })
}

const webSocket = (protocol: string) => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': protocol,
})
const spdy = (protocol: string) => ({ connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol })

const pods = '/api/v1/namespaces/default/pods'
const services = '/api/v1/namespaces/default/services'

/** Requests whose answer needs no kubelet. */
const cases: readonly (readonly [string, string, Record<string, string>?])[] = [
  ...['exec', 'attach', 'portforward', 'log', 'proxy/'].flatMap((subresource) => [
    ['GET', `${pods}/gone/${subresource}`] as const,
    ['PUT', `${pods}/one/${subresource === 'proxy/' ? 'exec' : subresource}`] as const,
  ]),
  ['GET', `${pods}/one/exec?command=x&stdout=1`],
  ['POST', `${pods}/one/exec?command=x&stdout=1`],
  ['GET', `${pods}/one/exec?command=x&stdout=1`, webSocket('v5.channel.k8s.io')],
  ['GET', `${pods}/one/exec?command=x&stdout=1`, webSocket('v4.channel.k8s.io')],
  ['POST', `${pods}/one/exec?command=x&stdout=1`, spdy('v4.channel.k8s.io')],
  ['GET', `${pods}/one/attach?stdout=1`, webSocket('v5.channel.k8s.io')],
  ['GET', `${pods}/one/portforward`, webSocket('SPDY/3.1+portforward.k8s.io')],
  ['POST', `${pods}/one/portforward`, spdy('portforward.k8s.io')],
  ['GET', `${pods}/two/exec?command=x&stdout=1`, webSocket('v5.channel.k8s.io')],
  ['GET', `${pods}/two/attach?container=c`, webSocket('v5.channel.k8s.io')],
  ['GET', `${pods}/two/exec?container=c&command=x`],
  ['GET', `${pods}/one/exec?command=x&stdout=1&dryRun=All`],
  ['GET', `${pods}/one/exec?command=x&stdout=maybe`],
  ['GET', `${pods}/one/log`],
  ['GET', `${pods}/two/log`],
  ['GET', `${pods}/two/log?container=c`],
  ['GET', `${pods}/one/log?tailLines=-1`],
  ['GET', `${pods}/one/log?tailLines=x`],
  ['GET', `${pods}/one/log?limitBytes=0&sinceSeconds=0`],
  ['GET', `${pods}/one/log?sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z`],
  ['GET', `${pods}/one/log?sinceTime=yesterday`],
  ['GET', `${pods}/one/log?stream=Stdout`],
  ['GET', `${pods}/one/log?stream=both`],
  ['GET', `${pods}/one/log?follow=maybe`],
  ['POST', `${pods}/one/log`],
  ['GET', `${pods}/one/proxy/`],
  ['GET', `${pods}/one:80/proxy/path`],
  ['GET', `${pods}/ftp:one:80/proxy/path`],
  ['GET', `${pods}/a:b:c:d/proxy/path`],
  ['GET', `${services}/gone/proxy/`],
  ['GET', `${services}/web/proxy/`],
  ['GET', `${services}/web:81/proxy/`],
  ['GET', `${services}/web:http/proxy/`],
  ['GET', `${services}/ftp:web:http/proxy/`],
  ['GET', `${services}/web:http/proxy/`, webSocket('chat')],
  ['TRACE', `${services}/web:http/proxy/`],
  ['GET', '/api/v1/nodes/gone/proxy/healthz'],
  ['GET', '/api/v1/nodes/a:b:c:d/proxy/healthz'],
  ['GET', '/api/v1/proxy/namespaces/default/pods/one/'],
  ['GET', '/api/v1/proxy/nodes/gone/healthz'],
]

test('negotiation answers are those of a real kube-apiserver', async (context) => {
  const real = await startRealApiServer()
  if (typeof real === 'string') {
    context.skip(real)
    return
  }
  const access = await fakePods()
  const embedded = await startEmbeddedApi('member', access)
  try {
    const askReal = asker(real.server, real.token)
    const askEmbedded = asker(`https://127.0.0.1:${embedded.port}`, adminToken)
    for (const ask of [askReal, askEmbedded]) {
      for (const [name, containers] of [
        ['one', ['main']],
        ['two', ['a', 'b']],
      ] as const) {
        const spec = { containers: containers.map((each) => ({ name: each, image: 'busybox' })) }
        const made = await ask('POST', pods, {}, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
        assert.equal(made.code, 201, made.text)
      }
      const spec = { ports: [{ name: 'http', port: 80 }] }
      const made = await ask('POST', services, {}, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec })
      assert.equal(made.code, 201, made.text)
    }
    const differing: string[] = []
    for (const [method, path, headers] of cases) {
      const [theirs, ours] = await Promise.all([askReal(method, path, headers), askEmbedded(method, path, headers)])
      if (plain(theirs) !== plain(ours)) {
        differing.push(`${method} ${path} ${headers?.['upgrade'] ?? ''}\n  theirs ${plain(theirs)}\n  ours   ${plain(ours)}`)
      }
    }
    assert.equal(differing.join('\n'), '')
  } finally {
    await embedded.close()
    await access.stop()
    await real.stop()
  }
})

/** An answer as text; the members of a Status have one order. */
function plain({ code, type, text }: Answer): string {
  try {
    return `${code} ${JSON.stringify(JSON.parse(text))}`
  } catch {
    return `${code} ${type} ${text}`
  }
}

import assert from 'node:assert/strict'
import { request as requestClear } from 'node:http'
import { request as requestTls } from 'node:https'
import { after, test } from 'node:test'
import { createFleetCa } from '../../apiserver/auth/fleet-ca.js'
import { systemClock } from '../../app/system/system-ports.js'
import type { XdsClientDetails, XdsClientStatus } from './ads-stream.js'
import { serveXdsStatus } from './status-server.js'

const hostile = `"><script>alert('x')</script>&`
const now = systemClock.now()
const refusal = { version: '7', message: `no ${hostile}`, atMs: now - 30_000 }
const status: XdsClientStatus = {
  id: 4,
  node: hostile,
  agent: hostile,
  peer: 'ipv4:127.0.0.1:4711',
  protocol: 'delta',
  cluster: hostile,
  locality: hostile,
  connectedMs: now - 600_000,
  kinds: [
    {
      kind: 'cluster',
      resources: 3,
      sent: '7',
      acknowledged: '6',
      names: 0,
      everything: true,
      refused: refusal,
      lastRefused: refusal,
      refusals: 2,
    },
    { kind: 'endpoints', resources: 1, sent: '9', acknowledged: '9', names: 2, everything: false, refusals: 0 },
  ],
}
const details: XdsClientDetails = {
  status,
  subscriptions: [
    { kind: 'cluster', everything: false, names: [hostile], resources: [{ name: hostile, version: hostile }], left: 3 },
  ],
}
const clients = { status: () => [status], details: (id: number) => (id === 4 ? details : undefined) }
const closing: (() => void)[] = []
after(() => {
  for (const close of closing) close()
})

interface Answer {
  readonly code: number
  readonly type: string
  readonly policy: string
  readonly text: string
}

function ask(
  port: number,
  path: string,
  more: { method?: string; headers?: Record<string, string>; tls?: object } = {},
): Promise<Answer> {
  const options = { host: '127.0.0.1', port, path, agent: false, method: more.method ?? 'GET', headers: more.headers ?? {} }
  return new Promise((done, failed) => {
    const request = more.tls === undefined ? requestClear(options) : requestTls({ ...options, ...more.tls })
    request.on('error', failed).on('response', (response) => {
      let text = ''
      const { 'content-type': type = '', 'content-security-policy': policy = '' } = response.headers
      response.on('data', (part) => (text += part))
      response.on('end', () => done({ code: response.statusCode ?? 0, type, policy: String(policy), text }))
    })
    request.end()
  })
}

async function serve(tls?: { ca: string; cert: string; key: string }): Promise<number> {
  const server = await serveXdsStatus({ clients, place: { address: '127.0.0.1', port: 0 }, tls, clock: systemClock })
  closing.push(() => server.close())
  return server.port
}

test('the page shows clients, versions and refusals, and nothing that they say of themselves is markup', async () => {
  const port = await serve()
  const page = await ask(port, '/')
  assert.deepEqual([page.code, page.type], [200, 'text/html; charset=utf-8'])
  assert.match(page.policy, /^default-src 'none'/)
  assert.doesNotMatch(page.text, /<script|alert\('x'\)/)
  assert.match(page.text, /&lt;script&gt;alert\(&#39;x&#39;\)/)
  assert.match(page.text, /1 connected, <span class="no">1<\/span> of them refuse/)
  assert.match(page.text, /<td>7 \/ 6<\/td><td><span class="no">refused 30 s ago:<\/span>/)
  assert.match(page.text, /<td>endpoints<\/td><td>2<\/td><td>1<\/td><td>9 \/ 9<\/td><td>accepted/)
  const one = await ask(port, '/client/4')
  assert.equal(one.code, 200)
  assert.doesNotMatch(one.text, /<script/)
  assert.match(one.text, /and 3 more/)
  assert.deepEqual(JSON.parse((await ask(port, '/status.json')).text), [status])
  assert.deepEqual(JSON.parse((await ask(port, '/client/4.json')).text), details)
  for (const path of ['/client/5', '/client/', '/client/4/', '/../etc/passwd', '/%2e%2e/x', '/client/99999999999999999999'])
    assert.equal((await ask(port, path)).code, 404, path)
})

test('in clear text it can be read at names of this machine only, and never written', async () => {
  const port = await serve()
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', 'x'])
    assert.equal((await ask(port, '/', { headers: { host } })).code, 421, host)
  for (const host of ['localhost:99', '127.0.0.1', '[::1]:8'])
    assert.equal((await ask(port, '/', { headers: { host } })).code, 200, host)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) assert.equal((await ask(port, '/', { method })).code, 405, method)
  assert.equal((await ask(port, '/', { method: 'HEAD' })).text, '')
})

test('with certificates, only readers who have one of the authority are answered', async () => {
  const authority = await createFleetCa({ clock: systemClock })
  const pair = async () => {
    const { certPem, keyPem } = await authority.issuePeer({ name: 'localhost' })
    return { ca: authority.certPem, cert: certPem, key: keyPem }
  }
  const port = await serve(await pair())
  const tls = { ...(await pair()), servername: 'localhost' }
  assert.equal((await ask(port, '/status.json', { tls, headers: { host: 'status.example' } })).code, 200)
  await assert.rejects(ask(port, '/', { tls: { ca: authority.certPem, servername: 'localhost' } }))
  const stranger = await createFleetCa({ clock: systemClock })
  const { certPem: cert, keyPem: key } = await stranger.issuePeer({ name: 'localhost' })
  await assert.rejects(ask(port, '/', { tls: { ca: authority.certPem, cert, key, servername: 'localhost' } }))
})

import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { silentLog } from '../../../base/log.js'
import type { ClientPorts } from '../../../kube/client/client-ports.js'
import { createApiProxy } from './api-proxy.js'

let upstream: Server
let proxy: Server
const seen: string[] = []

before(async () => {
  upstream = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers } = request
      seen.push(
        `${request.method} ${request.url} ${headers.authorization ?? ''} ${headers['x-remote-user'] ?? ''}[${Buffer.concat(chunks)}]`,
      )
      response.setHeader('set-cookie', 'x=1')
      response.setHeader('warning', '299 - "w"')
      response.end('done')
    })
  })
  upstream.on('upgrade', (request, socket) => {
    seen.push(`upgrade ${request.url} ${request.headers.authorization ?? ''}`)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-More: 1\r\n\r\n')
    socket.pipe(socket)
  })
  const { port } = await listen(upstream)
  proxy = createApiProxy({
    connection: { server: `http://127.0.0.1:${port}`, tls: { insecure: false }, auth: { kind: 'bearer', token: 'agents-own' } },
    ports: {} as ClientPorts,
    rules: { access: 'full', impersonation: false },
    log: silentLog,
  })
  await listen(proxy)
})
after(() => {
  for (const server of [proxy, upstream]) {
    server.close()
    server.closeAllConnections()
  }
})

function listen(server: Server): Promise<AddressInfo> {
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address() as AddressInfo)))
}

/** Sends bytes as they are; what came back once it has ended, or `until` is in it. */
function say(text: string, until?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect((proxy.address() as AddressInfo).port, '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
      if (until !== undefined && heard.includes(until)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(heard))
    socket.write(text)
  })
}

test('requests come with the credentials of the agent, whatever they came with', async () => {
  seen.length = 0
  const answer = await say(
    'GET /api/v1/pods?a=b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer stolen\r\nX-Remote-User: root\r\nConnection: close\r\n\r\n',
  )
  assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*warning: 299[\s\S]*done/i)
  assert.doesNotMatch(answer, /set-cookie/i)
  assert.deepEqual(seen, ['GET /api/v1/pods?a=b Bearer agents-own []'])
})

test('a body never becomes a request of its own', async () => {
  const inner = 'GET /api/v1/secrets HTTP/1.1\r\nHost: x\r\n\r\n'
  const chunked = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'POST', 'PUT']) {
    seen.length = 0
    await say(`${method} /api/v1/pods HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunked}`)
    assert.deepEqual(seen, [`${method} /api/v1/pods Bearer agents-own [${inner}]`], method)
  }
  for (const head of [
    `Content-Length: 4\r\nTransfer-Encoding: chunked`,
    `Content-Length: 4\r\nContent-Length: 60`,
    `Transfer-Encoding: chunked, identity`,
    `Transfer-Encoding : chunked`,
    `Content-Length: +4`,
  ]) {
    seen.length = 0
    await say(`POST /api/v1/pods HTTP/1.1\r\nHost: x\r\n${head}\r\nConnection: close\r\n\r\n${chunked}`)
    assert.ok(
      seen.every((each) => !each.includes('/api/v1/secrets ')),
      `${head}: ${seen}`,
    )
  }
})

test('what is refused does not reach the server', async () => {
  seen.length = 0
  const refused = [
    ['GET http://elsewhere/api HTTP/1.1', 400],
    ['GET /api/../x HTTP/1.1', 400],
    ['GET //x/api HTTP/1.1', 400],
    ['TRACE /api HTTP/1.1', 400],
  ] as const
  for (const [line, code] of refused) {
    assert.match(await say(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`), new RegExp(`^HTTP/1.1 ${code} `), line)
  }
  const asRoot = 'GET /api HTTP/1.1\r\nHost: x\r\nImpersonate-User: root\r\nConnection: close\r\n\r\n'
  assert.match(await say(asRoot), /^HTTP\/1\.1 403 [\s\S]*allow-impersonation/)
  const upgrading = 'GET /api/../exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
  assert.match(await say(upgrading), /^HTTP\/1\.1 400 /)
  assert.deepEqual(seen, [])
})

test('protocols are changed, and bytes go both ways then', async () => {
  seen.length = 0
  const answer = await say('GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nping', 'ping')
  assert.match(answer, /^HTTP\/1\.1 101 [\s\S]*X-More: 1[\s\S]*ping$/)
  assert.deepEqual(seen, ['upgrade /exec Bearer agents-own'])
})

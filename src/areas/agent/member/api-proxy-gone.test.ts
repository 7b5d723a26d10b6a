import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { silentLog } from '../../../base/log.js'
import type { ClientPorts } from '../../../kube/client/client-ports.js'
import { createApiProxy } from './api-proxy.js'

/** A proxy before a server of these connections; its credential is there when `give` was called. */
async function start(t: TestContext, serve: (socket: Socket) => void) {
  const upstream = createServer((socket) => {
    socket.on('error', () => {})
    serve(socket)
  })
  const { port } = await listen(upstream)
  let give: (token: string) => void = () => {}
  let asked = false
  const token = new Promise<string>((done) => {
    give = done
  })
  const readFile = () => {
    asked = true
    return token
  }
  const proxy = createApiProxy({
    connection: {
      server: `http://127.0.0.1:${port}`,
      tls: { insecure: false },
      auth: { kind: 'token-file', path: 'token' },
    },
    ports: { readFile, clock: { now: () => 0 } } as unknown as ClientPorts,
    rules: { access: 'full', impersonation: false },
    log: silentLog,
  })
  const client = connect((await listen(proxy)).port, '127.0.0.1')
  client.on('error', () => {})
  t.after(() => {
    client.destroy()
    proxy.close()
    proxy.closeAllConnections()
    upstream.close()
  })
  return { client, proxy, give: () => give('agents-own'), isAsked: () => asked }
}

function listen(server: Pick<Server, 'listen' | 'address'>): Promise<AddressInfo> {
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address() as AddressInfo)))
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 300 && !condition(); round++) await new Promise((done) => setTimeout(done, 10))
  assert.ok(condition(), condition.toString())
}

const upgrade = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n'
const requests = {
  watch: 'GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n',
  exec: `POST /api/v1/namespaces/a/pods/b/exec?command=c HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${upgrade}\r\n`,
}

for (const [name, text] of Object.entries(requests)) {
  test(`${name}: who goes while the credential is fetched leaves nothing behind`, { timeout: 5000 }, async (t) => {
    const open = new Set<Socket>()
    const { client, proxy, give, isAsked } = await start(t, (socket) => {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      // The events of a watch, or what a command says, go on for as long as somebody listens.
      socket.once('data', () => {
        if (name === 'watch') socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n')
        else socket.write(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\n`)
      })
    })
    t.after(() => {
      for (const socket of open) socket.destroy()
    })
    client.write(text)
    await until(isAsked)
    client.resetAndDestroy()
    let left = -1
    await until(() => {
      proxy.getConnections((_error, count) => {
        left = count
      })
      return left === 0
    })
    give()
    await new Promise((done) => setTimeout(done, 200))
    assert.equal(open.size, 0)
  })
}

test('an answer to an upgrade that breaks off ends the connection of who asked', { timeout: 5000 }, async (t) => {
  const { client, give } = await start(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nyou may', () => socket.destroy())
    })
  })
  client.resume()
  client.write(requests.exec)
  give()
  await until(() => client.destroyed)
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createPlainServer } from 'node:net'
import { after, test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { createFleetCa } from '../../src/apiserver/auth/fleet-ca.js'
import { systemClock } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { startHaproxyGateway } from '../../src/services/gateway/haproxy/haproxy-gateway.js'
import { formatSni } from '../../src/services/gateway/sni-name.js'

const found = spawnSync('haproxy', ['-v'], { encoding: 'utf8' })
const skip = found.status === 0 ? false : 'no haproxy on the path'
const closing: (() => unknown)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
})

const api = 'api.shop.svc.clusterset.local'
const web = 'web.shop.svc.clusterset.local'

test('a real HAProxy lets TLS through, follows endpoints over its socket, and drains', { skip, timeout: 60_000 }, async () => {
  const ca = await createFleetCa({ clock: systemClock })
  const pair = await ca.issueServer({ names: ['endpoint'] })
  const start = async (name: string) => {
    const server = createServer({ cert: pair.certPem, key: pair.keyPem }, (socket) => {
      socket.on('error', () => {})
      socket.write(name)
      socket.on('data', (part) => socket.write(part))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    return { address: '127.0.0.1', port: (server.address() as { port: number }).port }
  }
  const [one, two, other] = [await start('one'), await start('two'), await start('other')]
  const probe = createPlainServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  await new Promise((done) => probe.close(done))
  const listen = { address: '127.0.0.1', port }
  const gateway = await startHaproxyGateway({ listen, drainSeconds: 20, clock: systemClock, log: silentLog }, [
    { host: api, port: 443, places: [one] },
  ])
  closing.push(() => gateway.drain())
  const open = (host: string) =>
    new Promise<{ socket: TLSSocket; name: string }>((done, failed) => {
      const servername = formatSni({ mode: 'passthrough', port: 443, host })
      const socket = connect({ ...{ host: '127.0.0.1', port, servername, ca: ca.certPem }, checkServerIdentity: () => undefined })
      socket.on('error', failed)
      socket.once('data', (part) => done({ socket, name: String(part) }))
    })
  const ask = async (host: string) => {
    const answer = await open(host).catch((error: NodeJS.ErrnoException) => error.code ?? error.message)
    if (typeof answer === 'string') return answer
    answer.socket.destroy()
    return answer.name
  }
  assert.equal(await ask(api), 'one')
  assert.match(await ask(web), /ECONNRESET|ECONNREFUSED|EPIPE|socket/)

  const stays = await open(api)
  await gateway.update([{ host: api, port: 443, places: [two] }])
  assert.deepEqual([await ask(api), await ask(api), await ask(api)], ['two', 'two', 'two'])
  assert.equal(gateway.reloads, 0, 'endpoints change over the socket')
  stays.socket.write('still here')
  assert.equal(String((await once(stays.socket, 'data'))[0]), 'still here')

  await gateway.update([
    { host: api, port: 443, places: [one] },
    { host: web, port: 443, places: [other] },
  ])
  assert.equal(gateway.reloads, 1)
  assert.deepEqual([await ask(api), await ask(web)], ['one', 'other'])
  await gateway.update([{ host: web, port: 443, places: [other] }])
  assert.match(await ask(api), /ECONNRESET|ECONNREFUSED|EPIPE|socket/)
  await gateway.update([
    { host: api, port: 443, places: [one, two] },
    { host: web, port: 443, places: [other] },
  ])
  assert.deepEqual([await ask(api), await ask(api)].sort(), ['one', 'two'])
  assert.equal(gateway.reloads, 1)
  assert.ok((await gateway.stats()).accepted >= 3)

  // The connection from before the reload is still there, and drains with the rest.
  stays.socket.write('and now')
  assert.equal(String((await once(stays.socket, 'data'))[0]), 'and now')
  const drained = gateway.drain()
  await new Promise((done) => setTimeout(done, 300))
  assert.match(await ask(api), /ECONNRESET|ECONNREFUSED/)
  stays.socket.write('last words')
  assert.equal(String((await once(stays.socket, 'data'))[0]), 'last words')
  stays.socket.end()
  await drained
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { createFleetCa } from '../../src/apiserver/auth/fleet-ca.js'
import { systemClock } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { startHaproxyGateway } from '../../src/services/gateway/haproxy/haproxy-gateway.js'
import { formatSni } from '../../src/services/gateway/sni-name.js'
import { freePorts } from '../support/peers/free-ports.js'

const found = spawnSync('haproxy', ['-v'], { encoding: 'utf8' })
const skip = found.status === 0 ? false : 'no haproxy on the path'
const closing: (() => unknown)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
})

const api = 'api.shop.svc.clusterset.local'
const web = 'web.shop.svc.clusterset.local'

interface Place {
  readonly address: string
  readonly port: number
}

/** TLS endpoints that say their names, and HAProxy before them, which leads to the first. */
async function startBetween(names: readonly string[]) {
  const ca = await createFleetCa({ clock: systemClock })
  const pair = await ca.issueServer({ names: ['endpoint'] })
  const endpoints: Place[] = []
  for (const name of names) {
    const server = createServer({ cert: pair.certPem, key: pair.keyPem }, (socket) => {
      socket.on('error', () => {})
      socket.write(name)
      socket.on('data', (part) => socket.write(part))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    endpoints.push({ address: '127.0.0.1', port: (server.address() as { port: number }).port })
  }
  const [port = 0] = await freePorts(1)
  const gateway = await startHaproxyGateway({ listen: { address: '127.0.0.1', port }, clock: systemClock, log: silentLog }, [
    { host: api, port: 443, places: [endpoints[0]!] },
  ])
  closing.push(() => gateway.drain(0))
  const open = (host: string) =>
    new Promise<{ socket: TLSSocket; name: string }>((done, failed) => {
      const servername = formatSni({ mode: 'passthrough', port: 443, host })
      const socket = connect({ ...{ host: '127.0.0.1', port, servername, ca: ca.certPem }, checkServerIdentity: () => undefined })
      socket.on('error', failed)
      socket.once('data', (part) => done({ socket, name: String(part) }))
    })
  return { gateway, open, endpoints }
}

test('a real HAProxy lets TLS through, follows endpoints over its socket, and drains', { skip, timeout: 60_000 }, async () => {
  const { gateway, open, endpoints } = await startBetween(['one', 'two', 'other'])
  const [one, two, other] = endpoints as [Place, Place, Place]
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
  const drained = gateway.drain(20_000)
  let answer = await ask(api)
  for (let tries = 0; tries < 100 && !/^ECONN/.test(answer); tries++) {
    await new Promise((done) => setTimeout(done, 50))
    answer = await ask(api)
  }
  assert.match(answer, /ECONNRESET|ECONNREFUSED/)
  stays.socket.write('last words')
  assert.equal(String((await once(stays.socket, 'data'))[0]), 'last words')
  stays.socket.end()
  assert.equal(await drained, 0)
})

test('who stays beyond the grace is reset, also in a worker of before a reload', { skip, timeout: 30_000 }, async () => {
  const { gateway, open, endpoints } = await startBetween(['one', 'other'])
  const stays = await open(api)
  await gateway.update([
    { host: api, port: 443, places: [endpoints[0]!] },
    { host: web, port: 443, places: [endpoints[1]!] },
  ])
  assert.equal(gateway.reloads, 1)
  stays.socket.removeAllListeners('error')
  const gone = new Promise((done) => stays.socket.on('error', () => {}).on('close', done))
  assert.ok((await gateway.drain(300)) >= 1)
  await gone
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls'
import { createFleetCa, type FleetCa } from '../../apiserver/auth/fleet-ca.js'
import { systemClock } from '../../app/system/system-ports.js'
import type { GatewayRoutes, GatewayTls } from './contract.js'
import type { Place } from './dial.js'
import { createEastWestGateway } from './east-west-gateway.js'
import { createEgressGateway, type RemoteGateway } from './egress-gateway.js'
import { gatewayName } from './identity.js'
import { formatSni } from './sni-name.js'

const host = 'api.shop.svc.clusterset.local'
const closing: (() => unknown)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
})
let ca: FleetCa
let strangers: FleetCa
before(async () => {
  ca = await createFleetCa({ clock: systemClock, name: 'gateways' })
  strangers = await createFleetCa({ clock: systemClock, name: 'gateways' })
})

async function tlsOf(cluster: string, authority = ca): Promise<GatewayTls> {
  const pair = await authority.issuePeer({ name: gatewayName(cluster) })
  return { ca: ca.certPem, cert: pair.certPem, key: pair.keyPem }
}

/** Answers what it gets, behind its name. */
async function startEcho(name: string, address = '127.0.0.1'): Promise<Place & { server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.write(`${name}:`)
    socket.pipe(socket)
  })
  server.listen(0, address)
  await once(server, 'listening')
  closing.push(() => server.close())
  return { address, port: (server.address() as { port: number }).port, server, sockets }
}

async function startGateway(
  cluster: string,
  backends: GatewayRoutes['backends'],
  more: { helloMs?: number; maxConnections?: number } = {},
) {
  const gateway = createEastWestGateway({ routes: { backends }, tls: await tlsOf(cluster), clock: systemClock, ...more })
  const port = await gateway.listen({ address: '127.0.0.1', port: 0 })
  closing.push(() => gateway.drain(0))
  return { gateway, remote: { cluster, address: '127.0.0.1', port } satisfies RemoteGateway }
}

async function startEgress(gateways: () => readonly RemoteGateway[], tls?: GatewayTls) {
  const egress = createEgressGateway({ tls: tls ?? (await tlsOf('us-west')), clock: systemClock })
  const port = await egress.open({ address: '127.0.0.1', port: 0 }, { host, port: 80, gateways })
  closing.push(() => egress.drain(0))
  return { egress, port }
}

/** Sends, ends, and reads until the end; an error is told as its code. */
function talk(port: number, text: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
    socket.on('end', () => done(answer))
    socket.end(text)
  })
}

test('bytes go through both gateways, in mutual TLS between them, and each end is handed on', async () => {
  const echo = await startEcho('east')
  const callers: unknown[] = []
  const { remote, gateway } = await startGateway('us-east', (target, caller) => {
    callers.push([target, caller])
    return [echo]
  })
  const { port, egress } = await startEgress(() => [remote])
  assert.equal(await talk(port, 'hello'), 'east:hello')
  const long = 'x'.repeat(3_000_000)
  assert.equal(await talk(port, long), `east:${long}`)
  assert.deepEqual(callers[0], [{ mode: 'terminate', port: 80, host }, 'us-west'])
  for (let wait = 0; gateway.stats().open + egress.stats().open > 0 && wait < 1000; wait++)
    await new Promise((done) => setTimeout(done, 10))
  const { bytesToEndpoints, bytesToClients, open } = gateway.stats()
  assert.deepEqual(
    { bytesToEndpoints, bytesToClients, open },
    { bytesToEndpoints: 3_000_005, bytesToClients: 3_000_015, open: 0 },
  )
  assert.equal(egress.stats().open, 0)
})

test('TLS of the client itself goes through to the endpoint', async () => {
  const pair = await ca.issueServer({ names: ['api.internal'] })
  const endpoint = createTlsServer({ cert: pair.certPem, key: pair.keyPem }, (socket) => socket.end(`saw ${socket.servername}`))
  endpoint.listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  closing.push(() => endpoint.close())
  const { remote } = await startGateway('us-east', () => [
    { address: '127.0.0.1', port: (endpoint.address() as { port: number }).port },
  ])
  const servername = formatSni({ mode: 'passthrough', port: 80, host })
  const client = tlsConnect({
    host: remote.address,
    port: remote.port,
    servername,
    ca: ca.certPem,
    checkServerIdentity: () => undefined,
  })
  const [answer] = (await once(client, 'data')) as [Buffer]
  assert.equal(answer.toString(), `saw ${servername}`)
})

test('endpoints take turns, and one that does not take the connection is passed over', async () => {
  const [one, two] = [await startEcho('one'), await startEcho('two')]
  const { remote } = await startGateway('us-east', () => [one, two])
  const { port } = await startEgress(() => [remote])
  const answers = new Set([await talk(port, ''), await talk(port, '')])
  assert.deepEqual([...answers].sort(), ['one:', 'two:'])
  one.server.close()
  for (let time = 0; time < 6; time++) assert.equal(await talk(port, ''), 'two:')
})

test('a gateway that is gone is passed over for the next one', async () => {
  const echo = await startEcho('west-2')
  const { remote } = await startGateway('eu-west', () => [echo])
  const dead = await startEcho('dead')
  dead.server.close()
  const { port } = await startEgress(() => [{ cluster: 'us-east', address: '127.0.0.1', port: dead.port }, remote])
  assert.equal(await talk(port, 'a'), 'west-2:a')
})

test('a gateway that hangs costs the first connection its time, and those after it nothing', async () => {
  const echo = await startEcho('west-2')
  const { remote } = await startGateway('eu-west', () => [echo])
  let dialled = 0
  const silent = createServer(() => void dialled++).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  closing.push(() => silent.close())
  let hangs = true
  const dead = { cluster: 'us-east', address: '127.0.0.1', port: (silent.address() as { port: number }).port }
  const back = await startEcho('east')
  const east = await startGateway('us-east', () => [back])
  let nowMs = 0
  const egress = createEgressGateway({
    tls: await tlsOf('us-west'),
    clock: { now: () => nowMs, after: systemClock.after },
    dialMs: 500,
  })
  closing.push(() => egress.drain(0))
  // One place for the cluster, whatever stands there: what failed is known by its address.
  const gateways = () => [hangs ? dead : { ...east.remote }, remote]
  const port = await egress.open({ address: '127.0.0.1', port: 0 }, { host, port: 80, gateways })
  const from = Date.now()
  assert.equal(await talk(port, 'a'), 'west-2:a')
  assert.ok(Date.now() - from >= 490)
  assert.equal(dialled, 1)
  assert.equal(await talk(port, 'a'), 'west-2:a')
  assert.equal(dialled, 1, 'it is not even tried')
  // Its time is over: one connection tries again.
  nowMs = 2000
  assert.equal(await talk(port, 'a'), 'west-2:a')
  assert.equal(dialled, 2)
  hangs = false
  assert.equal(await talk(port, 'a'), 'east:a')
  silent.unref()
})

test('who has no certificate of the fleet gets nothing, and the far side must be the cluster that is meant', async () => {
  const echo = await startEcho('east')
  const { remote, gateway } = await startGateway('us-east', () => [echo])
  const stranger = await startEgress(() => [remote], await tlsOf('us-west', strangers))
  assert.match(await talk(stranger.port, 'a'), /ECONNRESET|EPIPE/)
  const mistaken = await startEgress(() => [{ ...remote, cluster: 'eu-west' }])
  assert.match(await talk(mistaken.port, 'a'), /ECONNRESET|EPIPE/)
  assert.equal(echo.sockets.size, 0)
  assert.ok(gateway.stats().refused.identity >= 1)
})

test('routes that refuse, rubbish, and clients that say nothing', async () => {
  const { remote, gateway } = await startGateway('us-east', (_target, caller) => ({ refused: `not for ${caller}` }), {
    helloMs: 500,
  })
  const { port } = await startEgress(() => [remote])
  assert.match(await talk(port, 'a'), /ECONNRESET|EPIPE/)
  assert.match(await talk(remote.port, 'GET / HTTP/1.1\r\n\r\n'), /ECONNRESET|EPIPE/)
  const silent = connect(remote.port, '127.0.0.1')
  const [error] = (await once(silent, 'error').catch((thrown) => [thrown])) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')
  const { refused } = gateway.stats()
  assert.deepEqual([refused.route, refused.hello], [1, 2])
})

test('a first message that comes byte by byte is not waited for to its end', async () => {
  const { remote, gateway } = await startGateway('us-east', () => [], { helloMs: 5000 })
  const socket = connect({ host: '127.0.0.1', port: remote.port, noDelay: true })
  const ended = new Promise((done) => socket.once('close', done))
  socket.on('error', () => {})
  // A record of 16 KiB, as its head says.
  const bytes = [22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, ...Array.from({ length: 500 }, () => 0)]
  for (const byte of bytes) {
    if (socket.destroyed) break
    socket.write(Uint8Array.of(byte))
    await new Promise((done) => setImmediate(done))
    await new Promise((done) => setTimeout(done, 1))
  }
  await ended
  assert.ok(socket.bytesWritten < bytes.length)
  assert.equal(gateway.stats().refused.hello, 1)
})

test('more connections than allowed are reset', async () => {
  const echo = await startEcho('east')
  const { remote, gateway } = await startGateway('us-east', () => [echo], { maxConnections: 1 })
  const first = connect(remote.port, '127.0.0.1')
  await once(first, 'connect')
  for (let wait = 0; gateway.stats().open === 0 && wait < 1000; wait++) await new Promise((done) => setTimeout(done, 5))
  assert.match(await talk(remote.port, 'a'), /ECONNRESET|EPIPE/)
  assert.equal(gateway.stats().refused.busy, 1)
  first.destroy()
})

test('draining lets connections end and takes no new ones', async () => {
  const echo = await startEcho('east')
  const { remote, gateway } = await startGateway('us-east', () => [echo])
  const { port } = await startEgress(() => [remote])
  const open = connect({ host: '127.0.0.1', port })
  await once(open, 'data')
  const drained = gateway.drain(5000)
  assert.match(await talk(port, 'a'), /ECONNRESET|EPIPE/)
  open.write('still here')
  const [answer] = (await once(open, 'data')) as [Buffer]
  assert.equal(answer.toString(), 'still here')
  open.end()
  const from = Date.now()
  await drained
  assert.ok(Date.now() - from < 2000)
  const late = await startGateway('eu-west', () => [echo])
  const other = await startEgress(() => [late.remote])
  const stays = connect({ host: '127.0.0.1', port: other.port })
  await once(stays, 'data')
  stays.on('error', () => {})
  const ended = once(stays, 'close')
  await late.gateway.drain(50)
  await ended
})

test('renewed certificates count for the next connection', async () => {
  const echo = await startEcho('east')
  const { remote, gateway } = await startGateway('us-east', () => [echo])
  const { port, egress } = await startEgress(() => [remote], await tlsOf('us-west', strangers))
  assert.match(await talk(port, 'a'), /ECONNRESET|EPIPE/)
  egress.renew(await tlsOf('us-west'))
  gateway.renew(await tlsOf('us-east'))
  assert.equal(await talk(port, 'a'), 'east:a')
})

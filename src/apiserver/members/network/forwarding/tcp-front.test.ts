import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { addressAt, networkOfNumber } from '../address-plan.js'
import { detectLoopback } from '../detect-loopback.js'
import { BackendPicker } from './backend-picker.js'
import { Links } from './links.js'
import { openTcpFront } from './tcp-front.js'

const [near, far] = [networkOfNumber(2021)!, networkOfNumber(2022)!]
const skip = (await detectLoopback()).addresses ? false : 'only 127.0.0.1 can be bound here'
const cut = { cut: true, latencyMs: 0 }

async function start(t: TestContext, more: { acrossClusters?: true }, onDial: (links: Links) => void = () => {}) {
  const accepted: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    accepted.push(socket.resume())
  })
  server.listen(8080, addressAt(far.podRange, 9))
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const backend = { address: addressAt(far.podRange, 9), port, ready: true, serving: true, terminating: false }
  const backends = [{ ...backend, node: undefined, zones: [], priority: 0, weight: 1 }]
  const place = { address: addressAt(near.serviceRange, 40), port: 8000 }
  const picker = new BackendPicker(
    { ...place, protocol: 'TCP', kind: 'internal', policy: 'Cluster', backends, ...more },
    { clock: { now: () => 0 }, random: { number: () => 0 } as never, callerOf: () => ({ node: undefined, zone: undefined }) },
  )
  const [sockets, links] = [new Set<Socket>(), new Links()]
  const dial = (wanted: number) => {
    onDial(links)
    return wanted
  }
  const front = await openTcpFront(picker, place, sockets, dial, links)
  const client = connect({ host: place.address, port: place.port, allowHalfOpen: true })
  client.on('error', () => {}).resume()
  t.after(() => {
    front.close()
    server.close()
    for (const socket of [client, ...sockets, ...accepted]) socket.destroy()
  })
  return { client, accepted, links, sockets }
}

test('a way that is cut ends connections whose client has said all, on both sides', { skip, timeout: 5000 }, async (t) => {
  const { client, accepted, links, sockets } = await start(t, {})
  client.end('all')
  await until(() => accepted[0]?.readableEnded === true)
  links.set(2021, 2022, cut)
  await until(() => sockets.size === 0)
})

test('a way that is cut while a connection goes over it is not crossed', { skip, timeout: 5000 }, async (t) => {
  const { client, accepted, sockets } = await start(t, { acrossClusters: true }, (links) => links.set(2021, 2022, cut))
  client.write('hello')
  let heard = 0
  await until(() => accepted.length > 0 || client.destroyed)
  for (const socket of accepted) socket.on('data', (data) => (heard += data.length))
  await until(() => client.destroyed && sockets.size === 0)
  assert.equal(heard, 0)
})

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 300 && !condition(); round++) await new Promise((done) => setTimeout(done, 10))
  assert.ok(condition(), condition.toString())
}

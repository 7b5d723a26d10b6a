import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { systemClock } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { createAdsServer } from '../../src/services/xds/ads-server.js'
import { startEchoServer } from '../support/fakes/echo-servers.js'
import { createFixedCatalogue } from '../support/fakes/fixed-catalogue.js'
import { findPeer } from '../support/peers/real-apiserver.js'

const peer = findPeer('grpc-xds')
const skip = 'reason' in peer ? `no @grpc/grpc-js-xds: ${peer.reason}` : false
const closing: (() => unknown)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
})

interface Counted {
  counts: Record<string, number>
  errors: string[]
}

/** A client process in a place; what it counted since the last look. */
function startClient(port: number, cluster: string, region: string, target: string, rate = 100) {
  const bootstrap = {
    xds_servers: [{ server_uri: `127.0.0.1:${port}`, channel_creds: [{ type: 'insecure' }] }],
    node: { id: `${cluster}-client`, cluster, locality: { region, zone: `${region}a` } },
  }
  const modules = 'path' in peer ? peer.path : ''
  const child: ChildProcess = spawn(process.execPath, ['test/real/xds/grpc-client.mjs', modules, target, String(rate)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) },
  })
  closing.push(() => child.kill('SIGKILL'))
  const seen: Counted = { counts: {}, errors: [] }
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { counts, errors } = JSON.parse(line) as Counted
    for (const [name, count] of Object.entries(counts)) seen.counts[name] = (seen.counts[name] ?? 0) + count
    seen.errors.push(...errors)
  })
  return {
    take(): Counted {
      const taken = { counts: seen.counts, errors: seen.errors }
      seen.counts = {}
      seen.errors = []
      return taken
    },
  }
}

/** Waits for a first sign: starting a client takes seconds on a busy machine. */
async function untilAny(client: { take(): Counted }): Promise<Counted> {
  for (let wait = 0; wait < 100; wait++) {
    const taken = client.take()
    if (taken.errors.length > 0 || Object.keys(taken.counts).length > 0) return taken
    await pause(200)
  }
  throw new Error('the client has said nothing for 20 s')
}

/** What comes of so many calls; less only where they take longer than 20 s. */
async function untilCalls(client: { take(): Counted }, many: number): Promise<Counted> {
  const all: Counted = { counts: {}, errors: [] }
  for (let wait = 0, calls = 0; wait < 100 && calls < many; wait++) {
    await pause(200)
    const { counts, errors } = client.take()
    for (const [name, count] of Object.entries(counts)) all.counts[name] = (all.counts[name] ?? 0) + count
    all.errors.push(...errors)
    calls = Object.values(all.counts).reduce((sum, count) => sum + count, all.errors.length)
  }
  return all
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

test('gRPC clients use the servers nearest to them, move when these die, and come back', { skip }, async () => {
  const east = await startEchoServer('east', '127.0.0.2')
  const west = await startEchoServer('west', '127.0.0.3')
  closing.push(
    () => east.kill(),
    () => west.kill(),
  )
  const { catalogue, set } = createFixedCatalogue({ 'us-east': 'us-east-1/a', 'us-west': 'us-west-2/a' })
  const places = {
    east: `us-east us-east-1/a 127.0.0.2:${east.grpcPort}`,
    west: `us-west us-west-2/a 127.0.0.3:${west.grpcPort}`,
  }
  const api = { name: 'api', namespace: 'shop', port: 80, places: [places.east, places.west] }
  set(api)
  const server = createAdsServer({ catalogue, clock: systemClock, log: silentLog })
  closing.push(() => server.close())
  const port = await server.listen({ address: '127.0.0.1', port: 0 }, undefined)
  const clients = [
    startClient(port, 'us-east', 'us-east-1', 'xds:///api.shop:80'),
    startClient(port, 'us-west', 'us-west-2', 'xds:///api.shop.svc.clusterset.local:80'),
  ]
  for (const client of clients) await untilAny(client)
  for (const [index, name] of ['east', 'west'].entries()) {
    const counted = await untilCalls(clients[index]!, 51)
    assert.deepEqual([Object.keys(counted.counts), counted.errors], [[name], []])
  }

  await east.kill()
  await pause(2000)
  const during = clients[0]!.take()
  // Calls that were under way when their server died, and those before the client had noticed.
  assert.ok(during.errors.length <= 25, `${during.errors.length} errors: ${[...new Set(during.errors)].join('; ')}`)
  const moved = await untilCalls(clients[0]!, 20)
  assert.deepEqual([Object.keys(moved.counts), moved.errors], [['west'], []])

  await east.start()
  // The client waits between its attempts to connect, up to some seconds.
  let back: Counted = { counts: {}, errors: [] }
  for (let wait = 0; wait < 60 && !(Object.keys(back.counts).join() === 'east'); wait++) {
    await pause(500)
    back = clients[0]!.take()
    assert.deepEqual(back.errors, [])
  }
  assert.deepEqual(Object.keys(back.counts), ['east'])

  set({ ...api, places: [places.west] })
  await pause(600)
  clients[0]!.take()
  await pause(400)
  assert.deepEqual(Object.keys(clients[0]!.take().counts), ['west'], 'what is withdrawn is left within a second')
  assert.deepEqual(
    server.status().map(({ kinds }) => kinds.filter(({ refused }) => refused !== undefined)),
    [[], []],
  )
})

test('a service that is not there is an error, and is found once it comes', { skip }, async () => {
  const only = await startEchoServer('only', '127.0.0.4')
  closing.push(() => only.kill())
  const { catalogue, set } = createFixedCatalogue({ 'us-east': 'us-east-1/a' })
  const server = createAdsServer({ catalogue, clock: systemClock, log: silentLog })
  closing.push(() => server.close())
  const port = await server.listen({ address: '127.0.0.1', port: 0 }, undefined)
  const client = startClient(port, 'us-east', 'us-east-1', 'xds:///late.shop:80', 20)
  assert.match((await untilAny(client)).errors[0]!, /^(4|14) /, 'gRPC waits 15 s for a name before it says that it is not there')
  set({ name: 'late', namespace: 'shop', port: 80, places: [`us-east us-east-1/a 127.0.0.4:${only.grpcPort}`] })
  let counts: Record<string, number> = {}
  for (let wait = 0; wait < 30 && counts.only === undefined; wait++) {
    await pause(500)
    ;({ counts } = client.take())
  }
  assert.ok(counts.only! > 0)
})

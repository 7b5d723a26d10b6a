import assert from 'node:assert/strict'
import { connect, createServer, type Server } from 'node:net'
import { after, test } from 'node:test'
import { createMemberFixture } from '../../member-fixture.js'
import { networkOfNumber } from '../address-plan.js'
import { detectLoopback } from '../detect-loopback.js'

// Far from the addresses that fleets take first; the endpoints are in other clusters' parts.
const network = networkOfNumber(2005)!
const at = '127.250.192.50'
const [near, far, away] = ['127.251.16.1', '127.251.48.1', '127.251.80.1']
const abilities = await detectLoopback()
const skip = abilities.addresses ? false : 'only 127.0.0.1 can be bound here'
const servers = new Map<string, Server>()
after(() => {
  for (const server of servers.values()) server.close()
})

async function start(address: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end(address)
  })
  await new Promise<void>((resolve) => server.listen(8080, address, resolve))
  servers.set(address, server)
}

async function kill(address: string): Promise<void> {
  const server = servers.get(address)
  servers.delete(address)
  if (server !== undefined) await new Promise((done) => server.close(done))
}

function ask(): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: at, port: 8000 })
    socket.on('data', (data) => (text += data))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    socket.on('end', () => resolve(text))
  })
}

function slice(source: string, address: string, more: { standby?: number; weight?: number } = {}) {
  const { standby, weight } = more
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `web-${source}`,
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.flotilla.dev',
        'multicluster.kubernetes.io/service-name': 'api',
        'multicluster.kubernetes.io/source-cluster': source,
        [standby === undefined ? 'kubernetes.io/service-name' : 'services.flotilla.dev/standby-for']: 'web',
      },
      annotations: {
        ...(standby === undefined ? {} : { 'services.flotilla.dev/priority': String(standby) }),
        ...(weight === undefined ? {} : { 'services.flotilla.dev/slice-weight': String(weight) }),
      },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address] }],
    ports: [{ name: '', port: 8080 }],
  }
}

test('an endpoint of another cluster that refuses is replaced, in the order of priorities, and comes back', {
  skip,
}, async () => {
  const member = await createMemberFixture({ network: { networkOf: () => network, abilities } })
  for (const address of [near, far, away]) await start(address)
  await member.apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { clusterIP: at, ports: [{ port: 8000, targetPort: 8080 }] },
    },
    slice('near', near),
    slice('far', far, { standby: 1 }),
    slice('away', away, { standby: 2 }),
  )
  await member.settle()
  for (let round = 0; round < 50 && (await ask()) !== near; round++) await new Promise((done) => setTimeout(done, 5))
  assert.equal(await ask(), near)
  await kill(near)
  for (let round = 0; round < 20; round++) assert.equal(await ask(), far, 'no request fails')
  await kill(far)
  assert.equal(await ask(), away)
  await start(near)
  assert.equal(await ask(), away, 'it is left out for a while')
  await member.settle(4)
  assert.equal(await ask(), near)
  // The catalogue hears of it: far is in use now, and near stands by.
  await start(far)
  await member.apply(slice('near', near, { standby: 1 }), slice('far', far))
  await member.settle(4)
  assert.equal(await ask(), far)
  await kill(far)
  await kill(near)
  await kill(away)
  assert.equal(await ask(), 'ECONNRESET', 'nobody is left')
  assert.deepEqual(member.warnings, [])
  member.stop()
})

test('slices share by their weights', { skip }, async () => {
  const member = await createMemberFixture({ network: { networkOf: () => network, abilities } })
  for (const address of [near, far, away]) await kill(address)
  for (const address of [near, far]) await start(address)
  await member.apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { clusterIP: at, ports: [{ port: 8000, targetPort: 8080 }] },
    },
    slice('near', near, { weight: 9000 }),
    slice('far', far, { weight: 1000 }),
  )
  await member.settle()
  const counts: Record<string, number> = {}
  for (let round = 0; round < 300; round++) {
    const answer = await ask()
    counts[answer] = (counts[answer] ?? 0) + 1
  }
  assert.ok(counts[near]! > 230 && counts[far]! > 5, JSON.stringify(counts))
  member.stop()
})

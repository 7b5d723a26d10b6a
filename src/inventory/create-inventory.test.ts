import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../test/support/fakes/fake-kube-client.js'
import { CodedError, Stalled } from '../base/errors.js'
import { silentLog } from '../base/log.js'
import { createSeededRandom } from '../base/random.js'
import { VirtualClock } from '../base/virtual-clock.js'
import type { ResourceType } from '../kube/object/resource-type.js'
import { statusErrors } from '../kube/object/status-error.js'
import type { Cluster, InventorySource } from './cluster.js'
import { createInventory, type InventoryOptions } from './create-inventory.js'
import { inClusterServer } from './in-cluster.js'

const idle = () => new Promise<void>((resolve) => setImmediate(resolve))

function cluster(name: string, more: Partial<Cluster> = {}): Cluster {
  const server = more.server ?? `https://${name}.example`
  return {
    name,
    server,
    labels: {},
    annotations: {},
    project: '',
    namespaces: [],
    clusterResources: false,
    source: `Secret argocd/${name}`,
    connection: { server, tls: { insecure: false }, auth: { kind: 'bearer', token: 't' } },
    ...more,
  }
}

function createSource(clusters: Cluster[], ready: Promise<void> = Promise.resolve()) {
  const listeners = new Set<() => void>()
  const source: InventorySource = {
    name: 'test',
    ready,
    list: () => clusters,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return {
    source,
    set(next: Cluster[]) {
      clusters = next
      for (const listener of listeners) listener()
    },
  }
}

async function setup(clusters: Cluster[], more: Partial<InventoryOptions> = {}) {
  const clock = new VirtualClock({ idle })
  const hub = new FakeKubeClient({ name: 'hub', types: [] })
  const clients = new Map<string, FakeKubeClient>()
  const made: string[] = []
  const controller = new AbortController()
  const from = createSource(clusters)
  const inventory = createInventory({
    sources: [from.source],
    hub,
    connect: (target, connection) => {
      if (connection.server.includes('unmakeable')) throw new CodedError({ code: 'bad-proxy-url', message: 'no such proxy' })
      made.push(target.name)
      const client = new FakeKubeClient({ name: target.name, types: [] })
      clients.set(target.name, client)
      return client
    },
    clock,
    random: createSeededRandom(4),
    log: silentLog,
    signal: controller.signal,
    ...more,
  })
  const changes: string[] = []
  inventory.onChange(({ name, what }) => changes.push(`${what} ${name}`))
  await inventory.whenReady
  await idle()
  const health = (name: string) => {
    const { health: text, reason } = inventory.state(name)
    return `${text} ${reason}`
  }
  return { clock, hub, clients, made, inventory, changes, health, set: from.set, stop: () => controller.abort() }
}

const versions = (client: FakeKubeClient | undefined) => client?.count('version') ?? 0

test('clusters are sorted, the hub is last, and each is found by name and by server', async () => {
  const { inventory, hub, stop } = await setup([
    cluster('b', { server: 'https://same' }),
    cluster('a', { server: 'https://same' }),
  ])
  assert.deepEqual(
    inventory.list().map(({ name }) => name),
    ['a', 'b', 'in-cluster'],
  )
  assert.equal(inventory.find({ server: 'https://same/' })?.name, 'a')
  assert.equal(inventory.find({ name: 'b' })?.name, 'b')
  assert.equal(inventory.find({ name: 'zz' }), undefined)
  assert.equal(inventory.find({}), undefined)
  assert.equal(inventory.find({ server: inClusterServer })?.name, 'in-cluster')
  assert.equal(inventory.client('in-cluster'), hub)
  assert.throws(
    () => inventory.client('zz'),
    (error) => error instanceof Stalled && error.code === 'cluster-not-found',
  )
  assert.equal(inventory.state('zz').reason, 'NotFound')
  stop()
})

test('a source may name the hub itself', async () => {
  const { inventory, hub, stop } = await setup([
    cluster('main', { server: inClusterServer, labels: { tier: 'hub' } }),
    cluster('x'),
  ])
  assert.deepEqual(
    inventory.list().map(({ name }) => name),
    ['main', 'x'],
  )
  assert.equal(inventory.client('main'), hub)
  stop()
  assert.equal(hub.closed, false, 'the hub is not ours to close')
})

test('nothing is known before the sources have been read, and change is told once', async () => {
  let open = () => {}
  const ready = new Promise<void>((resolve) => {
    open = resolve
  })
  const late = createSource([cluster('a')], ready)
  const controller = new AbortController()
  const inventory = createInventory({
    sources: [late.source],
    hub: new FakeKubeClient({ types: [] }),
    connect: ({ name }) => new FakeKubeClient({ name, types: [] }),
    clock: new VirtualClock({ idle }),
    random: createSeededRandom(1),
    log: silentLog,
    signal: controller.signal,
  })
  const changes: string[] = []
  inventory.onChange(({ name, what }) => changes.push(`${what} ${name}`))
  late.set([cluster('a'), cluster('b')])
  await idle()
  assert.equal(inventory.ready, false)
  assert.deepEqual(inventory.list(), [])
  open()
  await inventory.whenReady
  assert.equal(inventory.ready, true)
  assert.deepEqual(changes, ['joined a', 'joined b', 'joined in-cluster'])
  controller.abort()
})

test('probes tell health and version, and keep to their interval', async () => {
  const { inventory, clients, clock, health, changes, stop } = await setup([cluster('a')])
  assert.equal(health('a'), 'Healthy Answers')
  assert.equal(inventory.state('a').version?.gitVersion, 'v1.34.0')
  assert.equal(inventory.state('a').lastSeen, clock.now())
  assert.ok(changes.includes('health a'))
  const before = versions(clients.get('a'))
  await clock.advance(300_000)
  const count = versions(clients.get('a')) - before
  assert.ok(count >= 9 && count <= 11, `${count} probes in 5 minutes`)
  stop()
})

test('a cluster that stops answering is Unknown after a second look, stays in the fleet, and comes back', async () => {
  const { inventory, clients, clock, health, changes, stop } = await setup([cluster('a'), cluster('b')])
  const client = inventory.client('a')
  changes.length = 0
  clients.get('a')?.cut()
  await clock.advance(34_000)
  assert.equal(health('a'), 'Unknown Unreachable')
  assert.equal(health('b'), 'Healthy Answers')
  assert.equal(inventory.list().length, 3)
  assert.equal(inventory.client('a'), client)
  assert.equal(inventory.state('a').version?.gitVersion, 'v1.34.0', 'what was known stays')
  assert.ok((inventory.state('a').lastSeen ?? 0) < clock.now())
  assert.deepEqual(changes, ['health a'])
  const before = versions(clients.get('a'))
  await clock.advance(3_600_000)
  const count = versions(clients.get('a')) - before
  assert.ok(count < 60, `${count} probes of a dead cluster in an hour`)
  clients.get('a')?.reconnect()
  await clock.advance(120_000)
  assert.equal(health('a'), 'Healthy Answers')
  stop()
})

test('a cluster that was cut for a short time is back after as long', async () => {
  const { clients, clock, health, inventory, stop } = await setup([cluster('a')])
  for (const cutMs of [500, 1000, 2000, 3000, 5000]) {
    clients.get('a')?.cut()
    inventory.suspect('a')
    await clock.advance(cutMs)
    clients.get('a')?.reconnect()
    const longestMs = Math.max(1000, cutMs)
    await clock.advance(longestMs)
    assert.equal(health('a'), 'Healthy Answers', `${longestMs} ms after a cut of ${cutMs} ms`)
    await clock.advance(60_000)
  }
  stop()
})

test('one lost answer is not a lost cluster', async () => {
  const { clients, clock, health, changes, stop } = await setup([cluster('a')])
  changes.length = 0
  const a = clients.get('a')!
  let failures = 0
  a.intercept = (request) => {
    if (request.verb === 'version' && failures++ === 0) throw new CodedError({ code: 'cluster-unreachable', message: 'reset' })
  }
  await clock.advance(60_000)
  assert.equal(health('a'), 'Healthy Answers')
  assert.deepEqual(changes, [])
  stop()
})

test('a probe that hangs is given up, and holds up no other cluster', async () => {
  const { clients, clock, health, stop } = await setup([cluster('slow'), cluster('x')], { probing: { concurrency: 2 } })
  clients.get('slow')!.intercept = () => new Promise<void>(() => {})
  await clock.advance(60_000)
  assert.equal(health('slow'), 'Unknown Unreachable')
  const before = versions(clients.get('x'))
  await clock.advance(120_000)
  assert.ok(versions(clients.get('x')) - before >= 3)
  stop()
})

test('who refuses us is Degraded, who is not ready Unknown, who hides /readyz Healthy', async () => {
  const { clients, clock, health, inventory, stop } = await setup([
    cluster('a'),
    cluster('b'),
    cluster('c'),
    cluster('d'),
    cluster('e'),
  ])
  const on = (name: string, verb: string, error: Error) => {
    clients.get(name)!.intercept = (request) => {
      if (request.verb === verb) throw error
    }
  }
  on('a', 'version', statusErrors.unauthorized())
  on('b', 'raw', statusErrors.internal('[+]ping ok\n[-]etcd failed: reason withheld'))
  on('c', 'raw', statusErrors.forbidden({ resource: '', group: '', name: '' }, 'no'))
  on('d', 'version', new CodedError({ code: 'credentials-unavailable', message: 'plugin not found', fix: 'Install it.' }))
  on(
    'e',
    'version',
    new CodedError({ code: 'cluster-unreachable', message: 'bad certificate', cause: { code: 'CERT_HAS_EXPIRED' } }),
  )
  await clock.advance(40_000)
  assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(health), [
    'Degraded Unauthorized',
    'Unknown NotReady',
    'Healthy Answers',
    'Degraded CredentialsUnavailable',
    'Degraded CertificateRefused',
  ])
  assert.match(inventory.state('b').message, /\[-\]etcd failed/)
  assert.equal(inventory.state('d').message, 'plugin not found Install it.')
  stop()
})

test('a broken source entry is Degraded and harms no other', async () => {
  const problem = { reason: 'InvalidConfig', message: 'Secret argocd/bad: caData is not base64' }
  const { inventory, health, made, stop } = await setup([
    cluster('bad', { connection: undefined, problem, labels: { env: 'prod' } }),
    cluster('odd', { server: 'https://unmakeable' }),
    cluster('fine'),
  ])
  assert.equal(health('bad'), 'Degraded InvalidConfig')
  assert.equal(health('odd'), 'Degraded BadProxyUrl')
  assert.equal(health('fine'), 'Healthy Answers')
  assert.deepEqual(made, ['fine'])
  assert.equal(inventory.find({ name: 'bad' })?.labels['env'], 'prod', 'generators still see it')
  assert.throws(
    () => inventory.client('bad'),
    (error) => error instanceof Stalled && /caData is not base64/.test(error.message),
  )
  stop()
})

test('new labels keep the client, new credentials replace it and end its lifetime', async () => {
  const { inventory, changes, clients, made, set, clock, stop } = await setup([cluster('a'), cluster('b')])
  const client = inventory.client('a')
  const lifetime = inventory.lifetime('a')
  changes.length = 0
  set([cluster('a', { labels: { x: 'y' } }), cluster('b')])
  await idle()
  assert.deepEqual(changes, ['changed a'])
  assert.equal(inventory.client('a'), client)
  assert.equal(lifetime.aborted, false)
  const first = clients.get('a')!
  const connection = { server: 'https://a.example', tls: { insecure: false }, auth: { kind: 'bearer', token: 'new' } } as const
  set([cluster('a', { labels: { x: 'y' }, connection }), cluster('b')])
  await clock.advance(10)
  assert.notEqual(inventory.client('a'), client)
  assert.equal(first.closed, true)
  assert.equal(lifetime.aborted, true)
  assert.equal(inventory.lifetime('a').aborted, false)
  assert.deepEqual(made, ['a', 'b', 'a'])
  set([cluster('b')])
  await clock.advance(10)
  assert.equal(changes.at(-1), 'left a')
  assert.equal(inventory.lifetime('a').aborted, true)
  assert.equal(inventory.find({ name: 'a' }), undefined)
  stop()
  assert.equal(clients.get('b')?.closed, true)
})

test('of two clusters with one name the first counts, whoever was read first', async () => {
  const one = cluster('a', { source: 'Secret argocd/one', server: 'https://one' })
  const two = cluster('a', { source: 'Secret argocd/two', server: 'https://two' })
  for (const order of [
    [one, two],
    [two, one],
  ]) {
    const { inventory, stop } = await setup(order)
    assert.equal(inventory.find({ name: 'a' })?.server, 'https://one')
    assert.equal(inventory.list().length, 2)
    stop()
  }
})

test('of two clusters with one name the one that was there first keeps it', async () => {
  const old = cluster('a', { source: 'Secret argocd/z', server: 'https://old', createdAt: '2026-01-01T00:00:00Z' })
  const young = cluster('a', { source: 'Secret argocd/b', server: 'https://young', createdAt: '2026-01-02T00:00:00Z' })
  for (const order of [
    [old, young],
    [young, old],
  ]) {
    const { inventory, stop } = await setup(order)
    assert.equal(inventory.find({ name: 'a' })?.server, 'https://old')
    stop()
  }
})

test('who has seen a cluster fail has it looked at soon', async () => {
  const { inventory, clients, clock, health, stop } = await setup([cluster('a')])
  clients.get('a')?.cut()
  inventory.suspect('a')
  await clock.advance(2000)
  assert.equal(health('a'), 'Unknown Unreachable')
  inventory.suspect('nobody')
  stop()
})

test('a thousand clusters share few timers and few probes at a time', async () => {
  let open = 0
  let most = 0
  const { clock, inventory, stop } = await setup(
    Array.from({ length: 1000 }, (_unused, index) => cluster(`c${index}`)),
    {
      connect: ({ name }) => {
        const client = new FakeKubeClient({ name, types: [] })
        client.intercept = async () => {
          most = Math.max(most, ++open)
          await idle()
          open--
        }
        return client
      },
    },
  )
  await clock.advance(1000)
  for (let turn = 0; turn < 300; turn++) await idle()
  assert.ok(most <= 17, `${most} at a time`)
  assert.ok(inventory.list().every(({ name }) => inventory.state(name).health === 'Healthy'))
  stop()
})

test('what a cluster serves is read when it joins and every ten minutes, and shared by clusters that serve the same', async () => {
  const type = (group: string, plural: string): ResourceType => ({ group, version: 'v1', kind: plural, plural, namespaced: true })
  let discoveries = 0
  const { clock, inventory, stop } = await setup(
    ['a', 'b'].map((name) => cluster(name)),
    {
      connect: ({ name }) => {
        const client = new FakeKubeClient({ name, types: [type('apps', 'deployments'), type('', 'pods')] })
        const resources = client.resources.bind(client)
        client.resources = () => {
          discoveries++
          return resources()
        }
        return client
      },
    },
  )
  await clock.advance(1000)
  assert.deepEqual(inventory.state('a').apiVersions, ['apps/v1', 'v1'])
  assert.equal(inventory.state('a').apiVersions, inventory.state('b').apiVersions)
  assert.equal(discoveries, 2)
  await clock.advance(300_000)
  assert.equal(discoveries, 2)
  await clock.advance(400_000)
  assert.equal(discoveries, 4)
  stop()
})

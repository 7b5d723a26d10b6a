import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import { createLogicalClusters } from '../../logical/logical-clusters.js'
import { createMemoryStorage } from '../../storage/memory-storage.js'
import type { MemberController } from '../contract.js'
import { collectingLog, createMemberFixture, deploymentOf } from '../member-fixture.js'
import { MemberEngine } from './engine.js'

async function createEngine(controller: Omit<MemberController, 'name' | 'watches'>) {
  const clock = new VirtualClock({ idle: () => new Promise((resolve) => setImmediate(resolve)) })
  const warnings: string[] = []
  const ports = { clock, random: createSeededRandom(1), log: collectingLog(warnings) }
  const clusters = createLogicalClusters({ storage: createMemoryStorage(), ports })
  const watching: MemberController = {
    name: 'test',
    watches: { configmaps: ({ object, type }, queue) => (type === 'DELETED' ? undefined : queue.add(object.metadata.name)) },
    ...controller,
  }
  const engine = new MemberEngine({ clusters, ports, controllersOf: () => [watching] })
  const add = async (cluster: string, name: string) => {
    const client = (await clusters.ensure(cluster)).client()
    const type = clusters.get(cluster)!.api.catalogue().forKind('v1', 'ConfigMap')!
    await client.create<KubeObject>(type, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } })
  }
  return { clock, clusters, engine, warnings, add }
}

test('one controller serves all clusters, each key on its own', async () => {
  const seen: string[] = []
  const { clock, engine, add } = await createEngine({
    async reconcile({ cluster, key }) {
      seen.push(`${cluster.name}/${key}`)
      return undefined
    },
  })
  await add('a', 'x')
  await add('b', 'x')
  await add('b', 'y')
  assert.equal(engine.idle, false)
  await clock.advance(10)
  assert.deepEqual(seen.sort(), ['a/x', 'b/x', 'b/y'])
  assert.equal(engine.idle, true)
  engine.stop()
})

test('failures are tried again, later and later; races soon and in silence', async () => {
  const errors = [
    statusErrors.conflict({ resource: 'configmaps', group: '', name: 'x' }, 'race'),
    new Error('broken'),
    new Error('broken'),
  ]
  let calls = 0
  const { clock, engine, warnings, add } = await createEngine({
    async reconcile() {
      const error = errors[calls++]
      if (error !== undefined) throw error
      return undefined
    },
  })
  await add('a', 'x')
  await clock.advance(60_000)
  assert.equal(calls, 4)
  assert.equal(warnings.length, 2)
  assert.match(warnings[0] ?? '', /broken/)
  engine.stop()
})

test('a controller may ask to be called again', async () => {
  const at: number[] = []
  const { clock, engine, add } = await createEngine({
    async reconcile({ now }) {
      at.push(now())
      return at.length < 3 ? 1000 : undefined
    },
  })
  await add('a', 'x')
  await clock.advance(10_000)
  assert.deepEqual(
    at.map((time) => time - (at[0] ?? 0)),
    [0, 1000, 2000],
  )
  engine.stop()
})

test('many keys at once leave room for others', async () => {
  let most = 0
  let now = 0
  const { clock, engine, add } = await createEngine({
    async reconcile() {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      return undefined
    },
  })
  for (let index = 0; index < 400; index++) await add('a', `c${index}`)
  await clock.advance(1000)
  assert.equal(engine.idle, true)
  assert.ok(most <= 128, `${most} at once`)
  engine.stop()
})

test('a cluster that goes away is forgotten without complaint', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 3 }))
  await fixture.clusters.delete('m1')
  await fixture.settle(30)
  assert.deepEqual(fixture.warnings, [])
  await fixture.clusters.ensure('m1')
  await fixture.settle(2)
  await fixture.clusters.delete('m1')
  const again = await fixture.clusters.ensure('m1')
  await fixture.settle(2)
  assert.equal([...again.peekAll('nodes')].length, 3)
  assert.deepEqual([...again.peekAll('pods')], [])
  fixture.stop()
})

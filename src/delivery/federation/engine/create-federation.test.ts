import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFederationWorld } from '../../../../test/support/worlds/federation-world.js'
import { plainRules, typeNamed } from '../../../../test/support/worlds/member-world.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Placement } from '../../placement/contract.js'
import { replicasOf } from '../../placement/replicas-of.js'
import type { FederationDialect, Outcome } from '../contract.js'
import { federatedId } from '../federated-id.js'
import type { EvictionDecider } from './decide-evictions.js'

interface TestDialect extends FederationDialect {
  readonly outcomes: Map<string, Outcome | undefined>
}

/** Deployments and ConfigMaps with the label `to` go to the clusters that it names, `all` or `none`; what `placement` says holds for all. */
function dialectOf(more: Partial<FederationDialect> = {}, placement: Partial<Placement> = {}): TestDialect {
  const outcomes = new Map<string, Outcome | undefined>()
  const name = more.name ?? 'test'
  return {
    name,
    outcomes,
    hubKinds: [],
    sourceKinds: () => [typeNamed('ConfigMap'), typeNamed('Deployment')],
    touches: () => [],
    read(source) {
      const to = source.metadata.labels?.['to']
      if (to === undefined) return undefined
      const id = federatedId(name, source)
      if (to === 'wrong') return { id, problem: { reason: 'Wrong', message: 'the label says wrong' } }
      const {
        uid: _,
        resourceVersion: __,
        creationTimestamp: ___,
        finalizers: ____,
        generation: _____,
        ...metadata
      } = source.metadata
      const replicas = replicasOf(source)
      const { status: ______, ...object } = source
      return {
        id,
        workload: { object: { ...object, metadata } as KubeObject, ...(replicas === undefined ? {} : { replicas }) },
        policies: {
          placements: [
            {
              name: 'label',
              selectors: [{ apiVersion: source.apiVersion, kind: source.kind }],
              placement: {
                division: { strategy: 'duplicated' },
                ...(to === 'all' ? {} : { groups: [{ name: 'named', names: to.split('.') }] }),
                ...placement,
              },
            },
          ],
          ...(source.metadata.annotations?.['override'] === undefined
            ? {}
            : {
                overrides: [
                  {
                    dialect: 'kubefed' as const,
                    name: 'own',
                    overrides: [{ clusterName: 'a', clusterOverrides: [{ op: 'remove', path: '/data/missing' }] }],
                  },
                ],
              }),
        },
        previous: {},
        rules: plainRules,
      }
    },
    report(source, _read, outcome) {
      outcomes.set(source.metadata.name, outcome)
      return []
    },
    ...more,
  }
}

const configMap = (name: string, to: string, annotations?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', labels: { to }, ...(annotations && { annotations }) },
  data: { x: '1' },
})

const members = { a: {}, b: {}, c: {} }
const states = (outcome: Outcome | undefined) =>
  outcome?.clusters.map(({ cluster, wanted, result }) => `${cluster}${wanted ? '' : ' not'} ${result?.state}`)

test('a finalizer stays until every copy is gone, and a cluster that is silent holds it', async () => {
  const dialect = dialectOf({ finalizer: 'test.dev/copies' })
  const world = await createFederationWorld({ members, dialects: [dialect] })
  await world.create('hub', configMap('one', 'a.b'))
  await world.settle()
  assert.deepEqual((await world.get('hub', 'ConfigMap', 'one'))?.metadata.finalizers, ['test.dev/copies'])
  assert.deepEqual(states(dialect.outcomes.get('one')), ['a Applied', 'b Applied'])
  assert.equal(await world.get('c', 'ConfigMap', 'one'), undefined)
  world.faults('b').cut()
  await world.settle(60)
  await world.remove('hub', 'ConfigMap', 'one')
  await world.settle(120)
  assert.equal(await world.get('a', 'ConfigMap', 'one'), undefined)
  assert.ok(await world.get('b', 'ConfigMap', 'one'))
  assert.ok(await world.get('hub', 'ConfigMap', 'one'), 'held by the cluster that is silent')
  await world.restart()
  await world.settle(60)
  assert.ok(await world.get('hub', 'ConfigMap', 'one'), 'also by a hub that was started anew')
  world.faults('b').heal()
  await world.settle(180)
  assert.equal(await world.get('b', 'ConfigMap', 'one'), undefined)
  assert.equal(await world.get('hub', 'ConfigMap', 'one'), undefined)
  world.stop()
})

test('what cannot be read changes nothing, what is no affair any more is let be, and a new placement moves', async () => {
  const dialect = dialectOf()
  const world = await createFederationWorld({ members, dialects: [dialect] })
  const label = async (to: string | null) => {
    const target = { type: typeNamed('ConfigMap'), namespace: 'shop', name: 'one' }
    await world.client('hub').patch(target, { kind: 'merge', body: { metadata: { labels: { to } } } })
    await world.settle()
  }
  const where = async () => {
    const found = await Promise.all(
      Object.keys(members).map(async (name) => ((await world.get(name, 'ConfigMap', 'one')) ? name : '')),
    )
    return found.join('')
  }
  await world.create('hub', configMap('one', 'a.b'))
  await world.settle()
  assert.equal(await where(), 'ab')
  await label('wrong')
  assert.equal(await where(), 'ab')
  const events = await world.client('hub').list(typeNamed('Event'), { namespace: 'shop' })
  assert.equal(events.items.filter(({ reason }) => reason === 'Wrong').length, 1)
  await label('b.c')
  assert.equal(await where(), 'bc')
  await label(null)
  assert.equal(await where(), 'bc')
  await world.restart()
  await world.settle(60)
  assert.equal(await where(), 'bc')
  world.stop()
})

test('a source that was deleted while no hub ran is known by the marks of its copies, also as the last of its kind', async () => {
  const dialect = dialectOf()
  const world = await createFederationWorld({ members, dialects: [dialect] })
  await world.create('hub', configMap('one', 'all'))
  await world.settle()
  await world.restart(() => world.remove('hub', 'ConfigMap', 'one'))
  await world.settle(30)
  for (const name of Object.keys(members)) assert.equal(await world.get(name, 'ConfigMap', 'one'), undefined)
  world.stop()
})

test('who decides on moves is told which sources are no more', async () => {
  const forgotten: string[] = []
  const evictions: EvictionDecider = { decide: () => ({ evictions: [] }), forget: (id) => void forgotten.push(id) }
  const world = await createFederationWorld({ members, dialects: [dialectOf()], evictions })
  await world.create('hub', configMap('one', 'all'))
  await world.settle()
  const id = 'test/ConfigMap/shop/one'
  assert.equal(forgotten.includes(id), false)
  await world.remove('hub', 'ConfigMap', 'one')
  await world.settle(30)
  assert.equal(forgotten.includes(id), true, forgotten.join())
  world.stop()
})

test('a hub that cannot be read deletes nothing', async () => {
  const dialect = dialectOf()
  const world = await createFederationWorld({ members, dialects: [dialect] })
  await world.create('hub', configMap('one', 'all'))
  await world.settle()
  world.faults('hub').cut()
  await world.restart()
  await world.settle(600)
  for (const name of Object.keys(members)) assert.ok(await world.get(name, 'ConfigMap', 'one'))
  world.faults('hub').heal()
  await world.settle(120)
  assert.deepEqual(states(dialect.outcomes.get('one')), ['a Applied', 'b Applied', 'c Applied'])
  assert.equal(world.federation.counts.memberWrites, 0)
  world.stop()
})

test('an override that cannot be applied is told for its cluster, and the others have the object', async () => {
  const dialect = dialectOf()
  const world = await createFederationWorld({ members, dialects: [dialect] })
  await world.create('hub', configMap('one', 'all', { override: 'yes' }))
  await world.settle()
  const outcome = dialect.outcomes.get('one')
  assert.deepEqual(states(outcome), ['a Refused', 'b Applied', 'c Applied'])
  assert.equal(outcome?.clusters[0]?.result?.step, 'override')
  assert.match(outcome?.clusters[0]?.result?.message ?? '', /the overrides cannot be applied: .*missing/)
  world.stop()
})

test('room is asked of the clusters that may be chosen, and replicas go where it is', async () => {
  const dialect = dialectOf({}, { division: { strategy: 'dynamic-weights' } })
  const world = await createFederationWorld({ members, dialects: [dialect] })
  const node = (name: string, cpu: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { allocatable: { cpu, memory: '64Gi', pods: '100' }, conditions: [{ type: 'Ready', status: 'True' }] },
  })
  for (const [cluster, cpu] of [
    ['a', '1'],
    ['b', '3'],
    ['c', '100'],
  ] as const) {
    await world.create(cluster, node('n1', cpu))
    const target = { type: typeNamed('Node'), name: 'n1', subresource: 'status' }
    await world.client(cluster).patch(target, { kind: 'merge', body: { status: node('n1', cpu)['status'] } })
  }
  // The first who asks for room comes long after the hub has opened its clusters.
  await world.settle(60)
  await world.create('hub', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { to: 'a.b' } },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu: '500m' } } }] },
      },
    },
  })
  await world.settle(10)
  const outcome = dialect.outcomes.get('web')
  assert.deepEqual(
    outcome?.clusters.map(({ cluster, replicas }) => [cluster, replicas]),
    [
      ['a', 1],
      ['b', 3],
    ],
  )
  world.stop()
})

test('what comes between a policy for a kind that is read already and the next look at kinds is not forgotten', async () => {
  const other = dialectOf({ name: 'other' })
  const late = dialectOf({
    name: 'late',
    hubKinds: [typeNamed('ConfigMap')],
    sourceKinds: (hub) => (hub.objects(typeNamed('ConfigMap')).length === 0 ? [] : [typeNamed('Deployment')]),
    read: (source, hub) => (source.kind === 'Deployment' ? late.readAll(source, hub) : undefined),
  }) as TestDialect & { readAll: FederationDialect['read'] }
  late.readAll = dialectOf({ name: 'late' }).read
  const world = await createFederationWorld({ members, dialects: [{ ...other, read: () => undefined }, late] })
  await world.settle()
  await world.create('hub', { ...configMap('policy', 'none'), data: {} })
  await world.create('hub', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { to: 'a' } },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    },
  } as KubeObject)
  await world.settle()
  assert.deepEqual(states(late.outcomes.get('web')), ['a Applied'])
})

test('what cannot be read and goes waits for a cluster that has no client, too', async () => {
  const dialect = dialectOf({ finalizer: 'test.dev/copies' })
  const world = await createFederationWorld({ members, dialects: [dialect] })
  await world.create('hub', configMap('one', 'a.b'))
  await world.settle()
  const target = { type: typeNamed('ConfigMap'), namespace: 'shop', name: 'one' }
  await world.client('hub').patch(target, { kind: 'merge', body: { metadata: { labels: { to: 'wrong' } } } })
  await world.settle()
  world.breakConnection('b')
  await world.restart()
  await world.remove('hub', 'ConfigMap', 'one')
  await world.settle(60)
  assert.equal(await world.get('a', 'ConfigMap', 'one'), undefined)
  assert.ok(await world.get('b', 'ConfigMap', 'one'))
  assert.ok(await world.get('hub', 'ConfigMap', 'one'), 'nobody knows whether b has a copy')
  world.stop()
})

test('a decision that was overtaken while its kind was put on record is not sent', async () => {
  const dialect = dialectOf()
  const world = await createFederationWorld({ members, dialects: [dialect] })
  world.faults('hub').latencyMs = 2000
  await world.create('hub', configMap('one', 'a'))
  await world.settle(1)
  const target = { type: typeNamed('ConfigMap'), namespace: 'shop', name: 'one' }
  await world.client('hub').patch(target, { kind: 'merge', body: { metadata: { labels: { to: 'b' } } } })
  await world.settle(60)
  assert.ok(await world.get('b', 'ConfigMap', 'one'))
  assert.equal(world.federation.counts.memberWrites, 1, 'never in a')
  world.stop()
})

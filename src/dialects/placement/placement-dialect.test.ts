import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Federated, HubFacts, HubWrite, MemberResult, Outcome, Refused } from '../../delivery/federation/contract.js'
import { deliveryBuilder } from '../../delivery/placement/build-delivery.js'
import type { ClusterFacts } from '../../delivery/placement/contract.js'
import { decidePlacement } from '../../delivery/placement/decide-placement.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { builtInResources } from '../../kube/schema/resources.js'
import { placementDialect } from './placement-dialect.js'
import { type PlacementSpec, placementStatusAnnotation } from './placement-kind.js'
import { placementDecisionType, placementType } from './resource-types.js'

const types: readonly ResourceType[] = [...builtInResources, placementType, placementDecisionType]

function hubOf(objects: readonly KubeObject[], clusters: readonly ClusterFacts[] = fleet): HubFacts {
  const apiVersion = ({ group, version }: ResourceType) => (group === '' ? version : `${group}/${version}`)
  return {
    objects: (type, where = {}) =>
      objects.filter(
        ({ apiVersion: version, kind, metadata }) =>
          version === apiVersion(type) &&
          kind === type.kind &&
          (where.namespace === undefined || metadata.namespace === where.namespace) &&
          (where.name === undefined || metadata.name === where.name),
      ),
    clusters,
    typeOf: (version, kind) => types.find((type) => apiVersion(type) === version && type.kind === kind),
    typeNamed: (group, plural) => types.find((type) => type.group === group && type.plural === plural),
    nowMs: Date.UTC(2026, 0, 1),
  }
}

const fleet: readonly ClusterFacts[] = [
  { name: 'east', labels: { env: 'production' }, region: 'us-east', ready: true },
  { name: 'lab', labels: { env: 'test' }, region: 'us-east', ready: true },
  { name: 'west', labels: { env: 'production' }, region: 'us-west', ready: true },
]

function placement(spec: PlacementSpec, name = 'web'): KubeObject {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Placement',
    metadata: { name, namespace: 'shop', uid: 'u1', generation: 3 },
    spec,
  }
}

function deployment(more: Partial<KubeObject['metadata']> = {}, replicas = 6): KubeObject {
  const { labels, ...rest } = more
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'd1',
      generation: 4,
      resourceVersion: '7',
      labels: { app: 'web', 'flotilla.dev/placement': 'web', ...labels },
      ...rest,
    },
    spec: { replicas, template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } },
    status: { replicas: 0 },
  }
}

function read(source: KubeObject, hub: HubFacts): Federated {
  const result = placementDialect.read(source, hub)
  assert.ok(result !== undefined && !('problem' in result), JSON.stringify(result))
  return result
}

function decide(source: KubeObject, hub: HubFacts) {
  const { workload, policies, previous } = read(source, hub)
  return decidePlacement(workload, policies, hub.clusters, previous)
}

const shares = (source: KubeObject, hub: HubFacts) =>
  Object.fromEntries(decide(source, hub).deliveries.map(({ cluster, replicas }) => [cluster, replicas]))

test('an empty spec is everywhere, with all replicas', () => {
  const web = deployment()
  assert.deepEqual(shares(web, hubOf([placement({}), web])), { east: 6, lab: 6, west: 6 })
})

test('clusters by name, labels, region, and those that never take part', () => {
  const web = deployment()
  const where = (spec: PlacementSpec['clusters']) => Object.keys(shares(web, hubOf([placement({ clusters: spec }), web])))
  assert.deepEqual(where({ names: ['east', 'lab'] }), ['east', 'lab'])
  assert.deepEqual(where({ exclude: ['east'] }), ['lab', 'west'])
  assert.deepEqual(where({ labels: { env: 'production' } }), ['east', 'west'])
  assert.deepEqual(where({ labels: { env: 'production' }, regions: ['us-west'] }), ['west'])
  assert.deepEqual(where({ matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['test'] }] }), ['east', 'west'])
})

test('every way of dividing replicas', () => {
  const web = deployment()
  const by = (replicas: PlacementSpec['replicas'], clusters = fleet) =>
    shares(web, hubOf([placement({ replicas }), web], clusters))
  const roomy = fleet.map((each, index) => ({ ...each, free: [1, 2, 9][index] as number, price: [3, 1, 2][index] as number }))
  assert.deepEqual(by({ strategy: 'Even' }), { east: 2, lab: 2, west: 2 })
  assert.deepEqual(
    by({
      weights: [
        { names: ['east'], weight: 2 },
        { labels: { env: 'test' }, weight: 1 },
      ],
    }),
    { east: 4, lab: 2 },
  )
  assert.deepEqual(by({ strategy: 'ByRoom' }, roomy), { east: 1, lab: 1, west: 4 })
  assert.deepEqual(by({ strategy: 'Fewest' }, roomy), { west: 6 })
  assert.deepEqual(by({ strategy: 'Cheapest' }, roomy), { lab: 2, west: 4 })
  assert.deepEqual(by({ tiers: [{ names: ['east'] }, { names: ['west'] }] }, roomy), { east: 1, west: 5 })
  assert.deepEqual(by({ limits: [{ cluster: 'east', min: 3, max: 3 }, { cluster: '*' }] }), { east: 3, lab: 1, west: 2 })
})

test('what is on record stays: weights move only what must', () => {
  const web = deployment({ annotations: { 'flotilla.dev/placed': 'lab=4,west=2' } })
  const hub = hubOf(
    [placement({ replicas: { strategy: 'ByRoom' } }), web],
    fleet.map((each) => ({ ...each, free: 50 })),
  )
  assert.deepEqual(shares(web, hub), { lab: 4, west: 2 })
})

test('nothing of the hub goes out, and overrides apply where they are meant to', () => {
  const web = deployment({ annotations: { 'flotilla.dev/placed': 'east=6', note: 'mine' } })
  const hub = hubOf([
    placement({
      overrides: [
        { clusters: { names: ['west'] }, replicas: 1, images: [{ image: 'mirror/web:1' }] },
        { clusters: { regions: ['us-west'] }, patch: [{ op: 'add', path: '/metadata/labels/side', value: 'west' }] },
      ],
    }),
    web,
  ])
  const { workload, policies } = read(web, hub)
  const build = deliveryBuilder(workload.object, policies.overrides)
  assert.deepEqual(build(fleet[0]!, 6), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' }, annotations: { note: 'mine' } },
    spec: { replicas: 6, template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } },
  })
  const west = build(fleet[2]!, 6)
  assert.equal(west.metadata.labels?.['side'], 'west')
  assert.deepEqual(west['spec'], { replicas: 1, template: { spec: { containers: [{ name: 'web', image: 'mirror/web:1' }] } } })
})

test('an image of a container that is not there is told, with those that are', () => {
  const web = deployment()
  const { warnings } = read(web, hubOf([placement({ overrides: [{ images: [{ container: 'app', image: 'x' }] }] }), web]))
  assert.match(warnings?.[0]?.message ?? '', /has no container app; it has web$/)
})

test('an unknown Placement changes nothing and says the fix', () => {
  const web = deployment()
  const hub = hubOf([web])
  const result = placementDialect.read(web, hub) as Refused
  assert.equal(result.problem.reason, 'PlacementNotFound')
  const [write] = placementDialect.report(web, result, undefined, hub)
  assert.match(JSON.stringify(write), /there is no Placement shop\/web: create it/)
})

test('without the label, an object is no affair of the dialect', () => {
  assert.equal(placementDialect.read(deployment({ labels: { 'flotilla.dev/placement': '' } }), hubOf([placement({})])), undefined)
})

test('the decision of another scheduler is followed; none is not an empty one', () => {
  const web = deployment()
  const follower = placement({ decisionFrom: { name: 'gpu' } })
  const slice = (name: string, clusters: string[]): KubeObject => ({
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'PlacementDecision',
    metadata: { name, namespace: 'shop', labels: { 'multicluster.x-k8s.io/decision-key': 'gpu' } },
    schedulerName: 'kueue',
    decisions: clusters.map((cluster) => ({ clusterProfileRef: { name: cluster } })),
  })
  assert.equal((placementDialect.read(web, hubOf([follower, web])) as Refused).problem.reason, 'DecisionMissing')
  assert.deepEqual(Object.keys(shares(web, hubOf([follower, web, slice('a', ['east']), slice('b', ['west'])]))), ['east', 'west'])
  const own = slice('own', ['east'])
  own.metadata.ownerReferences = [
    { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Placement', name: follower.metadata.name, uid: follower.metadata.uid ?? '' },
  ]
  assert.equal((placementDialect.read(web, hubOf([follower, web, own])) as Refused).problem.reason, 'DecisionMissing')
  const empty = decide(web, hubOf([follower, web, slice('a', [])]))
  assert.deepEqual(empty.deliveries, [])
  assert.deepEqual(placementDialect.touches(slice('a', []), hubOf([follower, web])) as unknown as { name: string }[], [
    { type: placementType, namespace: 'shop', name: 'web' },
    { type: types.find(({ plural }) => plural === 'deployments'), namespace: 'shop', name: 'web' },
  ])
})

test('replicas are left to an autoscaler that goes along', () => {
  const scaler = (labels: Record<string, string>): KubeObject => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web-hpa', namespace: 'shop', labels },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  })
  const web = deployment()
  const placed = read(web, hubOf([placement({}), web, scaler({ 'flotilla.dev/placement': 'web' })]))
  assert.equal(placed.workload.autoscaler, 'web-hpa')
  assert.deepEqual(placed.rules.retain, ['replicas'])
  assert.equal(read(web, hubOf([placement({}), web, scaler({})])).workload.autoscaler, undefined)
})

function outcomeOf(source: KubeObject, hub: HubFacts, states: Record<string, MemberResult>): Outcome {
  const decision = decide(source, hub)
  return {
    decision,
    clusters: decision.deliveries.map(({ cluster, replicas }) => ({
      cluster,
      wanted: true,
      ...(replicas === undefined ? {} : { replicas }),
      result: states[cluster],
    })),
    evictions: [],
    digests: { template: 't', overrides: 'o' },
  }
}

function applied(ready: number): MemberResult {
  const live = {
    ...deployment({ generation: 1 }),
    status: {
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: ready,
      availableReplicas: ready,
      conditions: [{ type: 'Available', status: ready === 3 ? 'True' : 'False' }],
    },
  }
  return { state: 'Applied', step: 'none', message: '', since: 0, live }
}

test('the template carries the decision, a line in words and the status of all copies', () => {
  const web = deployment()
  const hub = hubOf([placement({ clusters: { names: ['east', 'west'] }, replicas: { strategy: 'Even' } }), web])
  const refused: MemberResult = { state: 'AlreadyExists', step: 'create', message: 'it is there already', since: 0 }
  const writes = placementDialect.report(web, read(web, hub), outcomeOf(web, hub, { east: applied(3), west: refused }), hub)
  const patch = (write: HubWrite['write']) => JSON.parse(JSON.stringify(writes.find((each) => each.write === write))).patch
  assert.deepEqual(patch('object').metadata.annotations, {
    'flotilla.dev/placed': 'east=3,west=3',
    [placementStatusAnnotation]: 'applied in 1 of 2 clusters; west: AlreadyExists, it is there already',
  })
  const { status } = patch('status')
  assert.equal(status.readyReplicas, 3)
  assert.equal(status.observedGeneration, undefined)
  assert.equal(status.conditions[0].message, 'available in 1 of 2 clusters')
  const both = placementDialect.report(web, read(web, hub), outcomeOf(web, hub, { east: applied(3), west: applied(3) }), hub)
  const whole = both.find((each) => each.write === 'status') as unknown as { patch: { status: Record<string, unknown> } }
  assert.equal(whole.patch.status['observedGeneration'], 4)
  assert.equal(whole.patch.status['readyReplicas'], 6)
})

test('a Placement has a status and PlacementDecisions, a hundred clusters in each', () => {
  const clusters = Array.from({ length: 201 }, (_, index) => ({ name: `c${String(index).padStart(3, '0')}`, ready: true }))
  const web = deployment({ annotations: { [placementStatusAnnotation]: 'applied in 2 of 2 clusters' } })
  const own = placement({})
  const hub = hubOf([own, web], clusters)
  const federated = read(own, hub)
  assert.equal(typeof federated.paused, 'string')
  const decision = decidePlacement(federated.workload, federated.policies, clusters, federated.previous)
  const outcome = { decision, clusters: [], evictions: [], digests: { template: '', overrides: '' } }
  const writes = placementDialect.report(own, federated, outcome, hub)
  const slices = writes.flatMap((each) => (each.write === 'apply' ? [each.object] : []))
  assert.deepEqual(
    slices.map(({ metadata, decisions }) => [metadata.name, (decisions as unknown[]).length]),
    [
      ['web-0', 100],
      ['web-1', 100],
      ['web-2', 1],
    ],
  )
  assert.equal(slices[1]?.metadata.labels?.['multicluster.x-k8s.io/decision-key'], 'web')
  const status = (
    writes[0] as unknown as { patch: { status: { clusters: number; applied: number; conditions: { reason: string }[] } } }
  ).patch.status
  assert.deepEqual([status.clusters, status.applied, status.conditions[0]?.reason], [201, 1, 'Applied'])
  const fewer = hubOf([own, web, ...slices], clusters.slice(0, 150))
  const again = read(own, fewer)
  const smaller = { ...outcome, decision: decidePlacement(again.workload, again.policies, fewer.clusters, again.previous) }
  const drops = placementDialect.report(own, again, smaller, fewer).filter((each) => each.write === 'delete')
  assert.deepEqual(
    drops.map(({ ref }) => ref.name),
    ['web-2'],
  )
})

test('an object without a namespace names a Placement of default, or of the namespace it says', () => {
  const role: KubeObject = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'reader', labels: { 'flotilla.dev/placement': 'web', 'flotilla.dev/placement-namespace': 'shop' } },
    rules: [],
  }
  const hub = hubOf([placement({ clusters: { names: ['east'] } }), role])
  assert.deepEqual(shares(role, hub), { east: undefined })
})

test('records of any shape are read', async () => {
  const { parsePlaced, formatPlaced } = await import('./placed-record.js')
  const web = (text: string) => parsePlaced(deployment({ annotations: { 'flotilla.dev/placed': text } }))
  assert.deepEqual(web('east=3, west'), { east: 3, west: 0 })
  assert.deepEqual(web('=,=3,,a=b,x=-1'), {})
  assert.equal(Object.getPrototypeOf(web('__proto__=3')), Object.prototype)
  const odd = [{ name: 'a,b = c%', ready: true }]
  const hub = hubOf([placement({}), deployment()], odd)
  assert.deepEqual(web(formatPlaced(decide(deployment(), hub))), { 'a,b = c%': 6 })
})

test('what the hub has allotted to its own copy stays there', () => {
  const out = (kind: string, fields: object, metadata: Partial<KubeObject['metadata']> = {}, apiVersion = 'v1') => {
    const { labels, ...more } = metadata
    const source: KubeObject = {
      apiVersion,
      kind,
      metadata: { name: 'x', namespace: 'shop', labels: { 'flotilla.dev/placement': 'web', ...labels }, ...more },
      ...fields,
    }
    return read(source, hubOf([placement({}), source])).workload.object
  }
  const spec = { type: 'NodePort', clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'], ports: [{ port: 80, nodePort: 30001 }] }
  assert.deepEqual(out('Service', { spec })['spec'], { type: 'NodePort', ports: [{ port: 80 }] })
  const asked = { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"spec":{"ports":[{"nodePort":30001}]}}' } }
  assert.deepEqual(out('Service', { spec }, asked)['spec'], { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] })
  const headless = { clusterIP: 'None', clusterIPs: ['None'], ports: [] }
  assert.deepEqual(out('Service', { spec: headless })['spec'], headless)
  const uid = { 'batch.kubernetes.io/controller-uid': 'u' }
  const job = out(
    'Job',
    {
      spec: {
        ttlSecondsAfterFinished: 5,
        selector: { matchLabels: uid },
        template: { metadata: { labels: { app: 'x', ...uid } }, spec: { containers: [] } },
      },
    },
    { labels: uid },
    'batch/v1',
  )
  assert.deepEqual(job['spec'], { template: { metadata: { labels: { app: 'x' } }, spec: { containers: [] } } })
  assert.equal(job.metadata.labels, undefined)
  const claim = out('PersistentVolumeClaim', { spec: { volumeName: 'pv-1', accessModes: [] } })
  assert.deepEqual(claim['spec'], { accessModes: [] })
  assert.equal(out('ServiceAccount', { secrets: [{ name: 'x-token-1' }] })['secrets'], undefined)
  assert.equal(out('Secret', { type: 'kubernetes.io/service-account-token', data: { token: 'x' } })['data'], undefined)
  assert.deepEqual(out('Secret', { data: { a: 'b' } })['data'], { a: 'b' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Federated, FederationDialect, HubFacts, Outcome, Refused } from '../../../delivery/federation/contract.js'
import type { AffinityGroup } from '../../../delivery/placement/contract.js'
import { decidePlacement } from '../../../delivery/placement/decide-placement.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { withDecisions } from './with-decisions.js'

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const dialectOf = (groups?: readonly AffinityGroup[]): FederationDialect =>
  withDecisions({
    name: 'everywhere',
    hubKinds: [],
    sourceKinds: () => [configMaps],
    touches: ({ metadata: { name } }) => [{ type: configMaps, namespace: 'shop', name }],
    report: () => [],
    read: (object) => ({
      id: 'x',
      workload: { object },
      policies: {
        placements: [
          {
            name: 'p',
            selectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }],
            placement: { division: { strategy: 'duplicated' }, ...(groups === undefined ? {} : { groups }) },
          },
        ],
      },
      previous: {},
      rules: { existing: 'refuse', retain: [], onRemoval: 'delete' },
    }),
  })
const map = (annotations: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', annotations },
})
const slice = (name: string, clusters: string[], more: Partial<KubeObject> = {}): KubeObject => ({
  apiVersion: 'multicluster.x-k8s.io/v1alpha1',
  kind: 'PlacementDecision',
  metadata: { name, namespace: 'shop', labels: { 'multicluster.x-k8s.io/decision-key': 'gpu' } },
  schedulerName: 'kueue',
  decisions: clusters.map((cluster) => ({ clusterProfileRef: { name: cluster } })),
  ...more,
})
const hubOf = (...objects: KubeObject[]): HubFacts => ({
  objects: ({ kind }, where = {}) =>
    objects.filter((each) => each.kind === kind && (where.name === undefined || where.name === each.metadata.name)),
  clusters: [{ name: 'east' }, { name: 'lab' }, { name: 'west' }],
  typeOf: () => configMaps,
  typeNamed: () => configMaps,
  nowMs: 0,
})
function outcomeOf({ workload, policies, previous }: Federated, hub: HubFacts): Outcome {
  const decision = decidePlacement(workload, policies, hub.clusters, previous)
  return { decision, clusters: [], evictions: [], digests: { template: '', overrides: '' } }
}

test('an object follows the decision of another scheduler, within its own placement', () => {
  const source = map({ 'flotilla.dev/decision-from': 'gpu' })
  const where = (dialect: FederationDialect, ...slices: KubeObject[]) => {
    const hub = hubOf(source, ...slices)
    return outcomeOf(dialect.read(source, hub) as Federated, hub).decision.deliveries.map(({ cluster }) => cluster)
  }
  assert.deepEqual(where(dialectOf(), slice('a', ['east']), slice('b', ['west'])), ['east', 'west'])
  assert.deepEqual(where(dialectOf([{ name: 'g', names: ['lab', 'west'] }]), slice('a', ['east', 'west'])), ['west'])
  assert.deepEqual(where(dialectOf(), slice('a', [])), [], 'an empty decision is one')
  const missing = dialectOf().read(source, hubOf(source)) as Refused
  assert.equal(missing.problem.reason, 'DecisionMissing')
  assert.equal('problem' in dialectOf().read(source, hubOf(source, slice('a', ['east'], { schedulerName: 'flotilla' })))!, true)
  const own = slice('own', ['lab'], { schedulerName: 'flotilla' })
  assert.deepEqual(where(dialectOf(), slice('a', ['east']), own), ['east'], 'what objects publish adds nothing to it')
  const touched = (each: KubeObject) => dialectOf().touches(each, hubOf(source)) as readonly { name: string }[]
  assert.deepEqual(
    touched(slice('a', [])).map(({ name }) => name),
    ['web'],
  )
  assert.deepEqual(touched(slice('a', [], { schedulerName: 'flotilla' })), [], 'our own is followed by nobody')
  const others = touched({ ...source, apiVersion: 'multicluster.x-k8s.io/v1alpha1', kind: 'ServiceExport' })
  assert.deepEqual(
    others.map(({ name }) => name),
    ['web'],
    'other kinds of the group are those of the dialect',
  )
})

test('where an object goes is published under the key it names, and taken back', () => {
  const source = map({ 'flotilla.dev/publish-decision': 'web' })
  const profile: KubeObject = {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: { name: 'east-1', namespace: 'argocd' },
    spec: { displayName: 'east' },
  }
  const report = (object: KubeObject, ...others: KubeObject[]) => {
    const hub = hubOf(object, profile, ...others)
    const read = dialectOf([{ name: 'g', names: ['east', 'lab'] }]).read(object, hub) as Federated
    return { read, writes: dialectOf().report(object, read, outcomeOf(read, hub), hub) }
  }
  const [write, ...more] = report(source).writes
  assert.ok(write?.write === 'apply' && more.length === 0)
  assert.equal(write.object.metadata.name, 'web-0')
  assert.deepEqual(write.object['decisions'], [
    { clusterProfileRef: { namespace: 'argocd', name: 'east-1' } },
    { clusterProfileRef: { name: 'lab' } },
  ])
  const said = report(map({}), write.object).writes
  assert.deepEqual(
    said.map((each) => [each.write, each.ref.name]),
    [['delete', 'web-0']],
  )
  const namesake = { ...map({}), apiVersion: 'example.com/v1' }
  assert.deepEqual(report(namesake, write.object).writes, [], 'one of another group with the same kind and name takes nothing')
  const other = slice('web-0', ['east'], {
    metadata: {
      name: 'web-0',
      namespace: 'shop',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Placement', name: 'web', uid: 'p' }],
    },
  })
  const taken = report(source, other)
  assert.deepEqual([taken.writes, taken.read.warnings?.[0]?.reason], [[], 'DecisionKeyTaken'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Federated, FederationDialect, HubFacts } from '../../../delivery/federation/contract.js'
import { decidePlacement } from '../../../delivery/placement/decide-placement.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResidencyRuleSpec } from './residency-rule.js'
import { underResidency } from './under-residency.js'

const everywhere: FederationDialect = {
  name: 'everywhere',
  hubKinds: [],
  sourceKinds: () => [],
  touches: () => [],
  report: () => [],
  read(object) {
    const selectors = [{ apiVersion: object.apiVersion, kind: object.kind }]
    return {
      id: 'x',
      workload: { object },
      policies: { placements: [{ name: 'p', selectors, placement: { division: { strategy: 'duplicated' } } }] },
      previous: { replicas: { oslo: 0, dallas: 0 } },
      rules: { existing: 'refuse', retain: [], onRemoval: 'delete' },
    }
  },
}
const dialect = underResidency(everywhere)
const rule = (spec: ResidencyRuleSpec): KubeObject => ({
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'ResidencyRule',
  metadata: { name: 'eu' },
  spec,
})
const hubOf = (...rules: KubeObject[]): HubFacts => ({
  objects: ({ kind }) => (kind === 'ResidencyRule' ? rules : []),
  clusters: [{ name: 'dallas', region: 'us' }, { name: 'lab' }, { name: 'oslo', region: 'eu' }],
  typeOf: () => undefined,
  typeNamed: () => undefined,
  nowMs: 0,
})
const map = (namespace: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', namespace, labels },
})

function where(object: KubeObject, ...specs: ResidencyRuleSpec[]) {
  const hub = hubOf(...specs.map(rule))
  const { workload, policies, previous } = dialect.read(object, hub) as Federated
  return decidePlacement(workload, policies, hub.clusters, previous)
}
const names = (object: KubeObject, ...specs: ResidencyRuleSpec[]) =>
  where(object, ...specs).deliveries.map(({ cluster }) => cluster)

test('what a rule concerns goes where the rule allows, and leaves where it does not', () => {
  const eu = { namespaces: ['shop'], clusters: { regions: ['eu'] } }
  assert.deepEqual(names(map('shop')), ['dallas', 'lab', 'oslo'])
  assert.deepEqual(names(map('shop'), eu), ['oslo'], 'a cluster of unknown region is not in the region')
  assert.deepEqual(where(map('shop'), eu).removals, ['dallas'])
  assert.deepEqual(names(map('other'), eu), ['dallas', 'lab', 'oslo'])
  assert.deepEqual(names({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, eu), ['oslo'])
  const refused = where(map('shop'), eu).clusters.find(({ cluster }) => cluster === 'dallas')
  assert.match(refused?.why ?? '', /^the residency rule eu forbids it: region is us, asked is In eu$/)
})

test('rules are about some objects, or all, and every rule must allow a cluster', () => {
  const secret = { objects: [{ kind: 'Secret' }, { labels: { data: 'personal' } }], clusters: { exclude: ['dallas'] } }
  assert.deepEqual(names(map('shop'), secret), ['dallas', 'lab', 'oslo'])
  assert.deepEqual(names(map('shop', { data: 'personal' }), secret), ['lab', 'oslo'])
  assert.deepEqual(names(map('shop', { data: 'personal' }), secret, { clusters: { exclude: ['lab'] } }), ['oslo'])
  const scaler = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web', namespace: 'shop' } }
  const newer = { objects: [{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }], clusters: { names: ['oslo'] } }
  assert.deepEqual(names(scaler, newer), ['oslo'], 'another version of the kind is no way around')
  const nowhere = where(map('shop'), { clusters: { regions: ['mars'] } })
  assert.deepEqual([nowhere.outcome, nowhere.removals], ['not placed', []], 'what has nowhere to go stays')
})

test('a change of a rule concerns everything', () => {
  assert.equal(dialect.touches(rule({ clusters: {} }), hubOf()), 'all')
  assert.deepEqual(dialect.touches(map('shop'), hubOf()), [])
})

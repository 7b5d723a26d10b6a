import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTestGenerator, testCluster } from '../../../../../test/support/cases/application-set-facts.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import { matchesLabels, parseLabelSelector } from '../../../../kube/object/selector.js'
import type { DecisionResources } from './contract.js'

const clusters = [testCluster('east'), testCluster('west'), testCluster('Nord 1')]
const ocm = { apiVersion: 'cluster.open-cluster-management.io/v1beta1', kind: 'placementdecisions', statusListKey: 'decisions' }
const rules: Record<string, Record<string, string>> = {
  ocm: { ...ocm, matchKey: 'clusterName' },
  ducks: { apiVersion: 'mallard.io/v1beta1', kind: 'ducks', matchKey: 'name' },
  'no-key': ocm,
  core: { apiVersion: 'v1', kind: 'configmaps', matchKey: 'name' },
  ours: { apiVersion: 'multicluster.x-k8s.io/v1alpha1', kind: 'PlacementDecision' },
}

function decision(name: string, body: Record<string, unknown>, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'x/v1', kind: 'PlacementDecision', metadata: { name, labels }, ...body }
}

const decided = (...names: string[]) => ({ status: { decisions: names.map((clusterName) => ({ clusterName, reason: '' })) } })

function hubOf(...objects: KubeObject[]): DecisionResources {
  return {
    async settings(name) {
      const data = rules[name]
      if (data === undefined) throw new Error(`configmaps "${name}" not found`)
      return data
    },
    async list({ kind }, { name, labelSelector = '' }) {
      const isProfile = kind === 'clusterprofiles'
      return objects.filter(
        ({ kind: own, metadata }) =>
          (own === 'ClusterProfile') === isProfile &&
          (name === undefined || metadata.name === name) &&
          matchesLabels(parseLabelSelector(labelSelector), metadata.labels ?? {}),
      )
    },
  }
}

const run = (spec: string, decisions: DecisionResources, more: { goTemplate?: boolean; warnings?: string[] } = {}) =>
  runTestGenerator(`clusterDecisionResource: ${spec}`, { clusters, decisions, ...more })

test('clusters come as the decision has them, with the fields of its entries as text', async () => {
  const one = decision('one', { status: { clusters: [{ name: 'west', weight: 3, spot: true, zone: null }, { name: 'east' }] } })
  const sets = await run('{configMapRef: ducks, name: one, values: {tier: "{{ .name }}"}}', hubOf(one))
  assert.deepEqual(sets, [
    {
      name: 'west',
      server: 'https://west.example.com',
      weight: '3',
      spot: 'true',
      zone: '<nil>',
      values: { tier: '{{ .name }}' },
    },
    { name: 'east', server: 'https://east.example.com', values: { tier: '{{ .name }}' } },
  ])
  const [flat] = await run('{configMapRef: ducks, name: one, values: {tier: gold}}', hubOf(one), { goTemplate: false })
  assert.equal(flat?.['values.tier'], 'gold')
})

test('slices with the labels count together; a cluster that the fleet does not have is told', async () => {
  const labels = { 'cluster.open-cluster-management.io/placement': 'prod' }
  const hub = hubOf(
    decision('prod-2', decided('west'), labels),
    decision('prod-1', decided('gone', 'east', 'gone', 'in-cluster'), labels),
    decision('other-1', decided('west')),
  )
  const warnings: string[] = []
  const spec = '{configMapRef: ocm, labelSelector: {matchLabels: {cluster.open-cluster-management.io/placement: prod}}}'
  const sets = await run(spec, hub, { warnings })
  assert.deepEqual(
    sets.map((each) => each['clusterName']),
    ['east', 'in-cluster', 'west'],
  )
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /names the cluster gone, which the fleet does not have/)
})

test('an empty decision is one; what cannot be read is an error', async () => {
  assert.deepEqual(await run('{configMapRef: ocm, name: one}', hubOf(decision('one', decided()))), [])
  const fails: [string, RegExp, KubeObject?][] = [
    ['{name: one}', /configMapRef: expected the name of a ConfigMap/],
    ['{configMapRef: missing, name: one}', /configmaps "missing" not found/],
    ['{configMapRef: core, name: one}', /needs apiVersion \(group\/version\) and kind/],
    ['{configMapRef: no-key, name: one}', /needs matchKey/],
    ['{configMapRef: ocm}', /expected either name or labelSelector/],
    ['{configMapRef: ocm, name: one, labelSelector: {matchLabels: {a: b}}}', /expected either name or labelSelector/],
    ['{configMapRef: ocm, name: two}', /no placementdecisions of .*v1beta1 with the name two was found/],
    ['{configMapRef: ocm, labelSelector: {matchLabels: {a: b}}}', /with the labels a=b was found/],
    ['{configMapRef: ocm, name: one}', /one has no list status.decisions \(yet\)/, decision('one', {})],
    ['{configMapRef: ocm, name: one}', /has no list status.decisions/, decision('one', { status: { decisions: null } })],
    ['{configMapRef: ocm, name: one}', /decisions\[0\] has no clusterName/, decision('one', { status: { decisions: [{}] } })],
    [
      '{configMapRef: ocm, name: one}',
      /decisions\[0\]: expected an object/,
      decision('one', { status: { decisions: ['west'] } }),
    ],
  ]
  for (const [spec, message, object = decision('one', decided('east'))] of fails)
    await assert.rejects(run(spec, hubOf(object)), message, spec)
})

test('PlacementDecisions of sig-multicluster name clusters by their profiles', async () => {
  const profile: KubeObject = {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: { name: 'nord-1-abc' },
    spec: { displayName: 'Nord 1' },
  }
  const refs = ['nord-1-abc', 'east'].map((name) => ({ clusterProfileRef: { name, namespace: 'argocd' } }))
  const sets = await run('{configMapRef: ours, name: web-0}', hubOf(decision('web-0', { decisions: refs }), profile))
  assert.deepEqual(
    sets.map(({ name, server }) => [name, server]),
    [
      ['Nord 1', 'https://Nord 1.example.com'],
      ['east', 'https://east.example.com'],
    ],
  )
})

test('a matrix may name the decision, and each entry may be selected', async () => {
  const spec = `matrix:
  generators:
  - list: {elements: [{placement: one}]}
  - clusterDecisionResource: {configMapRef: ocm, name: "{{ .placement }}"}
selector: {matchLabels: {name: west}}`
  const sets = await runTestGenerator(spec, { clusters, decisions: hubOf(decision('one', decided('east', 'west'))) })
  assert.deepEqual(
    sets.map(({ name }) => name),
    ['west'],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { allChecks } from '../checks/all-checks.js'
import { textReport } from '../report/text-report.js'
import { runChecks } from '../run-checks.js'
import { loadFleet } from './load-fleet.js'

// Inputs are texts of strangers: whatever they hold, the checker ends, soon, and with an answer.

function check(path: string, text: string): string {
  const { model, unreadable } = loadFleet([{ path, text }])
  const report = runChecks(model, allChecks, unreadable)
  assert.deepEqual(
    report.findings.filter(({ check }) => check.id === 'broken-check').map(({ message }) => message),
    [],
  )
  const summary = { documents: model.documents.length, clusters: model.clusters.length, checks: allChecks.length, fixed: 0 }
  return [...textReport({ ...report, summary }, { colour: false, version: '' })].join('')
}

const within = (milliseconds: number, act: () => void) => {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  assert.ok((user + system) / 1000 < milliseconds, `took ${(user + system) / 1000} ms`)
}

test('long texts of one kind of thing take time in proportion', () => {
  const many = 20_000
  for (const [path, text] of [
    ['a.sh', 'echo ${'.repeat(many)],
    ['a.sh', 'a $('.repeat(many)],
    ['a.sh', 'cat <<EOF\n'.repeat(many)],
    ['a.sh', `kubectl ${'"'.repeat(many)}`],
    ['a.yaml', '# kubectl get -n a pods\n'.repeat(many)],
    ['a.yaml', '---\n'.repeat(many)],
    ['a.yaml', '--- # x\na: b\n...\n'.repeat(many / 4)],
    ['a.md', '```yaml\n'.repeat(many)],
    ['a.md', '~~~ sh\nkubectl\n```\n'.repeat(many / 4)],
    ['a.json', `${'{"a":'.repeat(many)}1${'}'.repeat(many)}`],
    ['a.yaml', `a: ${'['.repeat(many)}`],
    [
      'a.yaml',
      `apiVersion: v1\nkind: List\nitems:\n${'- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n'.repeat(many / 20)}`,
    ],
  ] as const)
    within(3000, () => check(path, text))
})

test('fields of every wrong type are no reason to fail', () => {
  const random = createSeededRandom(7)
  const values = [
    'null',
    '1',
    'true',
    'text',
    '[]',
    '{}',
    '[1, {a: b}, null]',
    '{name: 1, a: [x]}',
    '"10.0.0.0/8"',
    '{a: {b: {c: d}}}',
  ]
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.number() * list.length)]!
  const kinds = [
    ['v1', 'Secret'],
    ['v1', 'Service'],
    ['v1', 'ConfigMap'],
    ['v1', 'Config'],
    ['apps/v1', 'Deployment'],
    ['cluster.x-k8s.io/v1beta1', 'Cluster'],
    ['controlplane.cluster.x-k8s.io/v1beta1', 'KubeadmControlPlane'],
    ['infrastructure.cluster.x-k8s.io/v1beta2', 'AWSCluster'],
    ['argoproj.io/v1alpha1', 'ApplicationSet'],
    ['argoproj.io/v1alpha1', 'Application'],
    ['networking.istio.io/v1', 'DestinationRule'],
    ['networking.istio.io/v1', 'ServiceEntry'],
    ['networking.istio.io/v1', 'Gateway'],
    ['install.istio.io/v1alpha1', 'IstioOperator'],
    ['types.kubefed.io/v1beta1', 'FederatedDeployment'],
    ['types.kubefed.io/v1beta1', 'FederatedNamespace'],
    ['multicluster.x-k8s.io/v1alpha1', 'ServiceExport'],
    ['submariner.io/v1alpha1', 'Broker'],
    ['submariner.io/v1', 'Cluster'],
    ['networking.gke.io/v1', 'MultiClusterIngress'],
    ['kind.x-k8s.io/v1alpha4', 'Cluster'],
  ] as const
  const fields = [
    'metadata',
    'spec',
    'data',
    'stringData',
    'template',
    'clusters',
    'contexts',
    'placement',
    'generators',
    'values',
    'nodes',
    'name',
    'labels',
    'annotations',
  ]
  const tree = (depth: number): string => {
    const members = Array.from({ length: 3 }, () => pick(fields)).filter((field, index, all) => all.indexOf(field) === index)
    return `{${members.map((field) => `${field}: ${depth > 0 && random.number() < 0.6 ? tree(depth - 1) : pick(values)}`).join(', ')}}`
  }
  const documents: string[] = []
  for (let index = 0; index < 600; index++) {
    const [apiVersion, kind] = pick(kinds)
    documents.push(
      `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${random.number() < 0.7 ? `{name: a${index % 9}, namespace: ${pick(values)}}` : pick(values)}\nspec: ${tree(3)}\ndata: ${tree(2)}\n`,
    )
  }
  for (let index = 0; index < 100; index++)
    documents.push(
      `cluster: ${pick(values)}\nclustermesh: ${tree(2)}\nglobal: ${tree(2)}\nissuer: ${pick(values)}\nChanges: ${pick(values)}\n`,
    )
  assert.match(check('clusters/a/x.yaml', documents.join('---\n')), /documents? of/)
})

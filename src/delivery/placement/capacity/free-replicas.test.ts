import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freeByTotals } from './free-by-totals.js'
import { freeReplicas, type NodeFacts } from './free-replicas.js'
import { podRequests, readAmounts } from './pod-requests.js'
import { replicaNeeds } from './replica-needs.js'

const node = (name: string, cpu: string, more: Partial<NodeFacts> = {}): NodeFacts => ({
  name,
  ready: true,
  allocatable: readAmounts({ cpu, memory: '8Gi', pods: '10' }),
  ...more,
})
const needs = (cpu: string, memory = '1Gi') => ({ requests: readAmounts({ cpu, memory }) })

test('whole replicas on each node, not halves on two', () => {
  const nodes = [node('a', '1500m'), node('b', '1500m')]
  assert.equal(freeReplicas(nodes, [], needs('1')).replicas, 2)
  const totals = { allocatable: readAmounts({ cpu: '3', memory: '16Gi', pods: '20' }) }
  assert.equal(freeByTotals(totals, needs('1').requests), 3, 'all nodes as one would say three')
})

test('what runs takes its room, what has finished none, what waits has its place first', () => {
  const nodes = [node('a', '4'), node('b', '2')]
  const pod = (requests: Record<string, string>, more: { node?: string; finished?: boolean } = {}) => ({
    requests: readAmounts(requests),
    ...more,
  })
  assert.equal(freeReplicas(nodes, [], needs('1')).replicas, 6)
  assert.equal(freeReplicas(nodes, [pod({ cpu: '3' }, { node: 'a' })], needs('1')).replicas, 3)
  assert.equal(freeReplicas(nodes, [pod({ cpu: '3' }, { node: 'a', finished: true })], needs('1')).replicas, 6)
  assert.equal(freeReplicas(nodes, [pod({ cpu: '2500m' })], needs('1')).replicas, 3, '1 left on a, 2 on b')
  assert.equal(freeReplicas(nodes, [pod({ cpu: '64' })], needs('1')).replicas, 6, 'what fits nowhere takes nothing')
  assert.equal(
    freeReplicas(nodes, [pod({ cpu: '9' }, { node: 'a' })], needs('1')).replicas,
    2,
    'overcommitted nodes have no room, not less',
  )
})

test('nodes that take no such pods do not count', () => {
  const tainted = node('t', '4', { taints: [{ key: 'gpu', effect: 'NoSchedule' }] })
  assert.equal(freeReplicas([tainted], [], needs('1')).replicas, 0)
  assert.equal(freeReplicas([tainted], [], { ...needs('1'), tolerations: [{ key: 'gpu', operator: 'Exists' }] }).replicas, 4)
  assert.equal(freeReplicas([node('c', '4', { cordoned: true }), node('n', '4', { ready: false })], [], needs('1')).replicas, 0)
  const labelled = [node('x', '4', { labels: { disk: 'ssd' } }), node('y', '4')]
  assert.equal(freeReplicas(labelled, [], { ...needs('1'), nodeSelector: { disk: 'ssd' } }).replicas, 4)
})

test('a pod template says which nodes it may run on', () => {
  const nodes = [node('x', '4', { labels: { disk: 'ssd', gen: '5' } }), node('y', '4', { labels: { gen: '2' } }), node('z', '4')]
  const fits = (spec: object) =>
    freeReplicas(nodes, [], replicaNeeds({ containers: [{ resources: { requests: { cpu: '4' } } }], ...spec })).replicas
  const affinity = (...nodeSelectorTerms: object[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  })
  const expression = (key: string, operator: string, ...values: string[]) => ({ matchExpressions: [{ key, operator, values }] })
  assert.equal(fits({}), 3)
  assert.equal(fits({ nodeSelector: { disk: 'ssd' } }), 1)
  assert.equal(fits(affinity(expression('gen', 'Gt', '1'))), 2)
  assert.equal(fits(affinity(expression('gen', 'Gt', '3'), expression('gen', 'DoesNotExist'))), 2)
  assert.equal(fits(affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['z'] }] })), 1)
  assert.equal(fits(affinity({})), 0, 'an empty term matches no node')
  assert.equal(fits(affinity(expression('gen', 'Near', '3'))), 0)
  assert.equal(fits({ affinity: { nodeAffinity: 7 }, tolerations: 'all' }), 3)
})

test('pods are counted, and a resource that is not offered has no room', () => {
  assert.equal(freeReplicas([node('a', '64')], [], { requests: new Map() }).replicas, 10)
  assert.equal(freeReplicas([node('a', '64')], [], { requests: readAmounts({ 'example.com/gpu': '1' }) }).replicas, 0)
  const { why } = freeReplicas([node('a', '2'), node('b', '2', { cordoned: true })], [], needs('1'))
  assert.equal(why, '2 fit on 1 of 2 nodes; 1 take no pods of it; cpu runs out first on 1')
  assert.equal(
    freeByTotals(
      { allocatable: readAmounts({ pods: '3' }), allocated: readAmounts({ pods: '1' }), allocating: readAmounts({ pods: '1' }) },
      new Map(),
    ),
    1,
  )
})

test("a pod's requests: containers, init containers, sidecars, overhead, limits that stand for requests", () => {
  const container = (cpu: string, more: object = {}) => ({ resources: { requests: { cpu } }, ...more })
  const cpu = (spec: Record<string, unknown>) => podRequests(spec).get('cpu') ?? 0
  assert.equal(cpu({ containers: [container('1'), container('500m')] }), 1500)
  assert.equal(cpu({ containers: [container('1')], initContainers: [container('3'), container('2')] }), 3000)
  assert.equal(
    cpu({ containers: [container('1')], initContainers: [container('1', { restartPolicy: 'Always' }), container('2')] }),
    3000,
  )
  assert.equal(
    cpu({
      containers: [container('3')],
      initContainers: [container('1', { restartPolicy: 'Always' })],
      overhead: { cpu: '10m' },
    }),
    4010,
  )
  assert.equal(cpu({ containers: [{ resources: { limits: { cpu: '2' } } }] }), 2000)
  assert.deepEqual(cpu({ containers: [{ resources: { requests: { cpu: 'much' } } }, null] }), 0)
})

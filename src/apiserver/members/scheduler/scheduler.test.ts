import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCondition } from '../../../kube/object/condition.js'
import type { Pod } from '../engine/objects.js'
import { createMemberFixture, type MemberFixture } from '../member-fixture.js'

type Fields = Record<string, unknown>
/** What is spread of a field that may be absent. */
const part = (value: unknown) => value as object | undefined

/** A cluster of nodes that a test makes itself. */
async function clusterOf(nodes: Record<string, Fields>, options: { events?: 'all' } = {}): Promise<MemberFixture> {
  const fixture = await createMemberFixture({ nodes: { count: 0 }, ...options })
  for (const [name, { labels, taints, unschedulable, capacity }] of Object.entries(nodes) as [string, Record<string, never>][]) {
    const amounts = { cpu: '4', memory: '8Gi', pods: '10', 'ephemeral-storage': '10Gi', ...part(capacity) }
    await fixture.apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: { 'kubernetes.io/hostname': name, ...part(labels) },
        annotations: { 'simulation.flotilla.dev/kubelet': 'simulated' },
      },
      spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
      status: { capacity: amounts, allocatable: amounts },
    })
  }
  await fixture.settle()
  return fixture
}

function pod(name: string, spec: Fields = {}, { labels, cpu = '100m', ...more }: Fields = {}): object {
  const resources = { requests: { cpu, ...(more['requests'] as object) } }
  const ports = more['hostPort'] ? { ports: [{ containerPort: 80, hostPort: more['hostPort'] }] } : {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(labels ? { labels } : {}) },
    spec: { containers: [{ name: 'c', image: 'c:1', resources, ...ports }], ...spec },
  }
}

const get = (fixture: MemberFixture, name: string) => fixture.peek('pods', `default/${name}`) as unknown as Pod | undefined
const nodeOf = (fixture: MemberFixture, name: string) => get(fixture, name)?.spec.nodeName
const message = (fixture: MemberFixture, name: string) =>
  findCondition(get(fixture, name)?.status?.conditions, 'PodScheduled')?.message

test('a pod without room says why, node by node, in the words of kube-scheduler', async () => {
  const fixture = await clusterOf({
    a: { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] },
    b: { unschedulable: true },
    c: {},
    d: { labels: { disk: 'ssd' }, capacity: { cpu: '1' } },
  })
  await fixture.apply(
    pod('big', { tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists' }] }, { cpu: '5' }),
    pod('odd', { nodeSelector: { disk: 'tape' } }),
    pod('rich', {}, { requests: { memory: '100Gi', 'example.com/gpu': '1' }, limits: {} }),
  )
  await fixture.settle(3)
  assert.equal(
    message(fixture, 'big'),
    '0/4 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}, 1 node(s) were unschedulable, 2 Insufficient cpu. ' +
      'preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
  )
  assert.equal(
    message(fixture, 'odd'),
    "0/4 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}, 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector. " +
      'preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.',
  )
  const { reason } = findCondition(get(fixture, 'big')?.status?.conditions, 'PodScheduled') ?? {}
  assert.equal(reason, 'Unschedulable')
  // The fitting node comes: the pod is tried again.
  await fixture.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'e', annotations: { 'simulation.flotilla.dev/kubelet': 'simulated' } },
    status: { capacity: { cpu: '8', memory: '8Gi', pods: '10' }, allocatable: { cpu: '8', memory: '8Gi', pods: '10' } },
  })
  await fixture.settle(12)
  assert.equal(nodeOf(fixture, 'big'), 'e')
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('resources count sidecars, the peak of init containers and overhead; the number of pods is kept', async () => {
  const fixture = await clusterOf({ a: { capacity: { cpu: '2', pods: '3' } } })
  const init = (cpu: string, always = false) => ({
    name: `i${cpu}${always}`,
    image: 'i:1',
    resources: { requests: { cpu } },
    ...(always ? { restartPolicy: 'Always' } : {}),
  })
  // Sidecar 500m + container 500m = 1; the init container beside the sidecar needs 500m + 1500m = 2.
  await fixture.apply(pod('peak', { initContainers: [init('500m', true), init('1500m')] }, { cpu: '500m' }))
  await fixture.settle()
  assert.equal(nodeOf(fixture, 'peak'), 'a')
  await fixture.apply(pod('more', {}, { cpu: '100m' }))
  await fixture.settle()
  assert.match(message(fixture, 'more') ?? '', /1 Insufficient cpu/)
  await fixture.remove('pods', 'default/peak')
  await fixture.apply(pod('p1'), pod('p2'), pod('p3'))
  await fixture.settle(15)
  const waiting = ['more', 'p1', 'p2', 'p3'].filter((name) => nodeOf(fixture, name) === undefined)
  assert.equal(waiting.length, 1)
  assert.match(message(fixture, waiting[0] as string) ?? '', /1 Too many pods/)
  fixture.stop()
})

test('host ports, gates and other schedulers', async () => {
  const fixture = await clusterOf({ a: {} })
  await fixture.apply(
    pod('one', {}, { hostPort: 8080 }),
    pod('gated', { schedulingGates: [{ name: 'wait' }] }),
    pod('other', { schedulerName: 'mine' }),
  )
  await fixture.settle()
  await fixture.apply(pod('two', {}, { hostPort: 8080 }))
  await fixture.settle()
  assert.equal(nodeOf(fixture, 'one'), 'a')
  assert.match(message(fixture, 'two') ?? '', /1 node\(s\) didn't have free ports for the requested pod ports/)
  assert.equal(message(fixture, 'gated'), 'Scheduling is blocked due to non-empty scheduling gates')
  assert.equal(get(fixture, 'other')?.status?.conditions, undefined)
  const type = fixture.cluster.api.catalogue().forName('pods')!
  await fixture.client.patch(
    { type, namespace: 'default', name: 'gated' },
    { kind: 'merge', body: { spec: { schedulingGates: null } } },
  )
  await fixture.settle()
  assert.equal(nodeOf(fixture, 'gated'), 'a')
  fixture.stop()
})

test('anti-affinity holds in both directions, affinity brings pods together', async () => {
  const zone = (name: string) => ({ labels: { zone: name } })
  const fixture = await clusterOf({ a: zone('x'), b: zone('x'), c: zone('y') })
  const away = (app: string) => ({
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app } }, topologyKey: 'zone' }],
      },
    },
  })
  const near = (app: string) => ({
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app } }, topologyKey: 'zone' }],
      },
    },
  })
  await fixture.apply(pod('db', { ...away('web'), nodeSelector: { zone: 'x' } }, { labels: { app: 'db' } }))
  await fixture.settle()
  await fixture.apply(pod('web', {}, { labels: { app: 'web' } }), pod('cache', near('web'), { labels: { app: 'cache' } }))
  await fixture.settle(3)
  assert.equal(nodeOf(fixture, 'web'), 'c')
  assert.equal(nodeOf(fixture, 'cache'), 'c')
  await fixture.apply(pod('lost', near('nobody')), pod('first', near('group'), { labels: { app: 'group' } }))
  await fixture.settle()
  assert.match(message(fixture, 'lost') ?? '', /3 node\(s\) didn't match pod affinity rules/)
  assert.ok(nodeOf(fixture, 'first'))
  fixture.stop()
})

test('topology spread keeps the skew, and counts the minimum of domains', async () => {
  const zone = (name: string) => ({ labels: { zone: name } })
  const fixture = await clusterOf({ a: zone('x'), b: zone('y'), c: zone('z'), d: {} })
  const spread = (more: Fields = {}) => ({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 's' } },
        ...more,
      },
    ],
  })
  for (let index = 0; index < 6; index++) await fixture.apply(pod(`s${index}`, spread(), { labels: { app: 's' } }))
  await fixture.settle(3)
  const counts = new Map<string, number>()
  for (let index = 0; index < 6; index++) {
    const name = nodeOf(fixture, `s${index}`) as string
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  assert.deepEqual([...counts].sort(), [
    ['a', 2],
    ['b', 2],
    ['c', 2],
  ])
  await fixture.apply(pod('many', spread({ minDomains: 4 }), { labels: { app: 's' } }))
  await fixture.settle()
  assert.equal(
    message(fixture, 'many')?.split(' preemption:')[0],
    "0/4 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), 3 node(s) didn't match pod topology spread constraints.",
  )
  fixture.stop()
})

test('an important pod takes the room of the least important ones, and budgets are kept where they can be', async () => {
  const fixture = await clusterOf({ a: { capacity: { cpu: '1' } }, b: { capacity: { cpu: '1' } } }, { events: 'all' })
  const level = (name: string, value: number, more: Fields = {}) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    ...more,
  })
  await fixture.apply(level('low', 1), level('high', 1000), level('polite', 1000, { preemptionPolicy: 'Never' }))
  const kept = { labels: { app: 'kept' }, cpu: '900m' }
  await fixture.apply(
    pod('kept', { priorityClassName: 'low', nodeSelector: { 'kubernetes.io/hostname': 'a' } }, kept),
    pod('free', { priorityClassName: 'low', nodeSelector: { 'kubernetes.io/hostname': 'b' } }, { cpu: '900m' }),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'kept' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } },
    },
  )
  await fixture.settle(3)
  await fixture.apply(pod('polite', { priorityClassName: 'polite' }, { cpu: '900m' }))
  await fixture.settle(2)
  assert.equal(
    message(fixture, 'polite'),
    '0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
  )
  await fixture.remove('pods', 'default/polite')
  await fixture.apply(pod('vip', { priorityClassName: 'high' }, { cpu: '900m' }))
  await fixture.settle(20)
  assert.equal(nodeOf(fixture, 'vip'), 'b')
  assert.equal(get(fixture, 'free'), undefined)
  assert.equal(nodeOf(fixture, 'kept'), 'a')
  const marked = fixture.changes.find(
    ({ groupResource, object }) =>
      groupResource === 'pods' &&
      object.metadata.name === 'free' &&
      findCondition((object as Pod).status?.conditions, 'DisruptionTarget')?.reason === 'PreemptionByScheduler',
  )
  assert.ok(marked)
  const events = fixture.all('events', 'default') as unknown as { reason: string; message: string; series?: unknown }[]
  assert.ok(events.some(({ reason, message: text }) => reason === 'Preempted' && text.endsWith('on node b')))
  assert.ok(events.some(({ message: text }) => text === 'Successfully assigned default/vip to b'))
  fixture.stop()
})

test('pods that wait are tried by priority; repeated failures are one event in a series', async () => {
  const fixture = await clusterOf({ a: { capacity: { cpu: '1' } } })
  const level = (name: string, value: number) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
  })
  await fixture.apply(level('low', 1), level('high', 1000), pod('full', { priorityClassName: 'high' }, { cpu: '1' }))
  await fixture.settle()
  await fixture.apply(
    pod('l', { priorityClassName: 'low' }, { cpu: '600m' }),
    pod('h', { priorityClassName: 'high' }, { cpu: '600m' }),
  )
  await fixture.settle(2)
  assert.equal(nodeOf(fixture, 'h'), undefined)
  await fixture.settle(301)
  const about = (
    fixture.all('events', 'default') as unknown as {
      involvedObject: { name: string }
      reason: string
      series?: { count: number }
    }[]
  ).filter(({ involvedObject, reason }) => involvedObject.name === 'l' && reason === 'FailedScheduling')
  assert.equal(about.length, 1)
  assert.ok((about[0]?.series?.count ?? 0) >= 2)
  await fixture.remove('pods', 'default/full')
  await fixture.settle(15)
  assert.equal(nodeOf(fixture, 'h'), 'a')
  assert.equal(nodeOf(fixture, 'l'), undefined)
  fixture.stop()
})

test('volumes decide where their pods run, and a missing claim is waited for', async () => {
  const zone = (name: string) => ({ labels: { 'topology.kubernetes.io/zone': name } })
  const fixture = await clusterOf({ a: zone('x'), b: zone('y') })
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  await fixture.apply(pod('db', { volumes }))
  await fixture.settle()
  assert.equal(
    message(fixture, 'db'),
    '0/2 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
  )
  await fixture.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'disk' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/x' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['y'] }] }],
        },
      },
    },
  })
  await fixture.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: {
      volumeName: 'disk',
      storageClassName: '',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
    },
  })
  await fixture.settle(12)
  assert.equal(nodeOf(fixture, 'db'), 'b')
  fixture.stop()
})

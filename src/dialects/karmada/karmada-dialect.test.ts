import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HubWrite } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { fieldAt, objectsAt } from './fields.js'
import { hubOf, outcomeOf } from './hub-fixture.js'
import { karmadaDialect } from './karmada-dialect.js'
import type { ReadTemplate } from './read-source.js'

const deployment = (more: Partial<KubeObject['metadata']> = {}, spec: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-web', generation: 3, ...more },
  spec: {
    replicas: 4,
    template: {
      spec: {
        containers: [{ name: 'web', image: 'nginx', envFrom: [{ configMapRef: { name: 'settings' } }] }],
      },
    },
    ...spec,
  },
  status: { replicas: 4 },
})

const policy = (name: string, spec: object, namespace: string | undefined = 'shop'): KubeObject => ({
  apiVersion: 'policy.karmada.io/v1alpha1',
  kind: namespace === undefined ? 'ClusterPropagationPolicy' : 'PropagationPolicy',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid: `uid-${name}` },
  spec: { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }], ...spec },
})

const divided = { replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Weighted' } }

function readOf(source: KubeObject, objects: readonly KubeObject[], clusters: readonly string[] = ['m1', 'm2']) {
  const hub = hubOf([source, ...objects], clusters)
  const read = karmadaDialect.read(source, hub) as ReadTemplate | undefined
  return { hub, read }
}

/** The objects with what was written, as an API server would have them afterwards. */
function written(source: KubeObject, writes: readonly HubWrite[]): { source: KubeObject; binding: KubeObject } {
  let claimed = source
  let binding: KubeObject | undefined
  for (const write of writes) {
    if (write.write === 'object') {
      const patch = write.patch['metadata'] as Record<'labels' | 'annotations', Record<string, string>>
      claimed = {
        ...claimed,
        metadata: {
          ...claimed.metadata,
          labels: { ...claimed.metadata.labels, ...patch.labels },
          annotations: { ...claimed.metadata.annotations, ...patch.annotations },
        },
      }
    }
    if (write.write === 'apply')
      binding = { ...write.object, metadata: { ...write.object.metadata, generation: 1 }, status: write.status }
  }
  assert.ok(binding)
  return { source: claimed, binding }
}

function pass(source: KubeObject, objects: readonly KubeObject[], clusters?: readonly string[]) {
  const { hub, read } = readOf(source, objects, clusters)
  assert.ok(read)
  const writes = karmadaDialect.report(source, read, outcomeOf(read, hub), hub)
  return { ...written(source, writes), writes, read }
}

test('a policy claims its template, divides replicas and records the decision', () => {
  const web = policy('web', { placement: divided })
  const { source, binding, writes } = pass(deployment(), [web])
  assert.deepEqual(source.metadata.labels, {
    'propagationpolicy.karmada.io/permanent-id': 'uid-web',
    'flotilla.dev/template': 'true',
  })
  assert.equal(source.metadata.annotations?.['propagationpolicy.karmada.io/namespace'], 'shop')
  assert.equal(binding.metadata.name, 'web-deployment')
  assert.deepEqual(fieldAt(binding, 'spec', 'clusters'), [
    { name: 'm1', replicas: 2 },
    { name: 'm2', replicas: 2 },
  ])
  assert.deepEqual(
    objectsAt(binding, 'status', 'conditions').map(({ type, status, reason }) => [type, status, reason]),
    [
      ['Scheduled', 'True', 'Success'],
      ['FullyApplied', 'True', 'FullyAppliedSuccess'],
    ],
  )
  const status = writes.find((write) => write.write === 'status')
  assert.ok(status !== undefined && 'patch' in status)
  assert.equal(fieldAt(status.patch, 'status', 'replicas'), null)
})

test('the decision in force is read back from the binding, and nothing is written twice', () => {
  const web = policy('web', { placement: divided })
  const first = pass(deployment(), [web])
  const again = readOf(first.source, [web, first.binding])
  assert.deepEqual(again.read?.previous, { policy: 'shop/web', replicas: { m1: 2, m2: 2 } })
  const second = pass(first.source, [web, first.binding])
  assert.equal(
    second.writes.some(({ write }) => write === 'object'),
    false,
  )
  assert.deepEqual(second.binding['spec'], first.binding['spec'])
  assert.deepEqual(second.binding['status'], first.binding['status'])
})

test('copies carry the marks of Karmada, and nothing of the hub', () => {
  const source = deployment({
    labels: { app: 'web', 'flotilla.dev/template': 'true' },
    resourceVersion: '7',
    ownerReferences: [],
  })
  const { read } = readOf(source, [policy('web', { conflictResolution: 'Overwrite', preserveResourcesOnDeletion: true })])
  assert.ok(read)
  // As it will be once it is claimed.
  assert.deepEqual(read.workload.object.metadata, {
    name: 'web',
    namespace: 'shop',
    labels: { app: 'web', 'propagationpolicy.karmada.io/permanent-id': 'uid-web' },
    annotations: { 'propagationpolicy.karmada.io/namespace': 'shop', 'propagationpolicy.karmada.io/name': 'web' },
  })
  assert.equal('status' in read.workload.object, false)
  assert.equal(read.rules.existing, 'adopt')
  assert.equal(read.rules.onRemoval, 'orphan')
  assert.equal(read.rules.labels?.['karmada.io/managed'], 'true')
  assert.equal(read.rules.annotations?.['resourcetemplate.karmada.io/generation'], '4')
})

test('a claim holds until a policy that preempts comes', () => {
  const first = pass(deployment(), [policy('a', { priority: 1 })])
  const higher = policy('b', { priority: 5 })
  assert.equal(readOf(first.source, [policy('a', { priority: 1 }), higher]).read?.holder?.metadata.name, 'a')
  const preempting = policy('b', { priority: 5, preemption: 'Always' })
  const { source } = pass(first.source, [policy('a', { priority: 1 }), preempting])
  assert.equal(source.metadata.annotations?.['propagationpolicy.karmada.io/name'], 'b')
})

test('a lazy policy counts as it was until the template changes', () => {
  const lazy = (names: string[]) =>
    policy('lazy', { activationPreference: 'Lazy', placement: { clusterAffinity: { clusterNames: names } } })
  const first = pass(deployment(), [lazy(['m1'])])
  const later = pass(first.source, [lazy(['m2']), first.binding])
  assert.deepEqual(fieldAt(later.binding, 'spec', 'clusters'), [{ name: 'm1', replicas: 4 }])
  const changed = { ...first.source, spec: { ...(first.source['spec'] as object), replicas: 5 } }
  const active = pass(changed, [lazy(['m2']), first.binding])
  assert.deepEqual(fieldAt(active.binding, 'spec', 'clusters'), [{ name: 'm2', replicas: 5 }])
})

test('what a workload needs follows it, and goes when nothing needs it any more', () => {
  const web = policy('web', { propagateDeps: true, placement: { clusterAffinity: { clusterNames: ['m2'] } } })
  const settings: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', uid: 'uid-s' },
  }
  const first = pass(deployment(), [web, settings])
  const hub = hubOf([first.source, web, settings, first.binding], ['m1', 'm2'])
  assert.ok(karmadaDialect.sourceKinds(hub).some(({ kind }) => kind === 'ConfigMap'))
  const touched = karmadaDialect.touches(first.binding, hub)
  assert.deepEqual(touched !== 'all' && touched.map(({ name }) => name), ['web', 'settings'])
  const followed = pass(settings, [first.source, web, first.binding])
  assert.deepEqual(fieldAt(followed.binding, 'spec', 'requiredBy'), [
    { namespace: 'shop', name: 'web-deployment', clusters: [{ name: 'm2', replicas: 4 }] },
  ])
  assert.equal(fieldAt(followed.binding, 'spec', 'clusters'), undefined)
  const alone = readOf(settings, [first.source, followed.binding])
  assert.ok(alone.read)
  const left = outcomeOf(alone.read, alone.hub)
  // A hub that was started anew knows from the record where to look, also while the cluster is silent.
  assert.deepEqual(left.decision.removals, ['m2'])
  assert.deepEqual([left.decision.deliveries, left.decision.outcome], [[], 'not placed'])
  assert.deepEqual(
    karmadaDialect.report(settings, alone.read, left, alone.hub).map(({ write }) => write),
    ['delete'],
  )
})

test('workloads that need the same may differ in how: taking over wins, and staying, and it is told', () => {
  const settings: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', uid: 'uid-s' },
  }
  const needs = (name: string, spec: object): KubeObject => ({
    apiVersion: 'work.karmada.io/v1alpha2',
    kind: 'ResourceBinding',
    metadata: {
      name,
      namespace: 'shop',
      annotations: {
        'resourcebinding.karmada.io/dependencies': JSON.stringify([
          { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' },
        ]),
      },
    },
    spec: { propagateDeps: true, clusters: [{ name: 'm1', replicas: 1 }], ...spec },
  })
  const modest = needs('a-deployment', { conflictResolution: 'Abort', preserveResourcesOnDeletion: false })
  const greedy = needs('b-deployment', { conflictResolution: 'Overwrite', preserveResourcesOnDeletion: true })
  const { read, binding } = pass(settings, [modest, greedy])
  assert.deepEqual([read.rules.existing, read.rules.onRemoval], ['adopt', 'orphan'])
  assert.deepEqual(
    ['conflictResolution', 'preserveResourcesOnDeletion'].map((field) => fieldAt(binding, 'spec', field)),
    ['Overwrite', true],
  )
  assert.deepEqual(read.warnings, [
    {
      reason: 'DependencyPolicyConflict',
      message:
        'Dependency policy conflict detected: ConflictResolution conflicted (Overwrite vs Abort); PreserveResourcesOnDeletion conflicted (true vs false).',
    },
  ])
  assert.deepEqual(pass(settings, [greedy]).read.warnings, [])
})

test('what a policy sends somewhere is also where others need it', () => {
  const settings: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', uid: 'uid-s' },
  }
  const web = policy('web', { propagateDeps: true, placement: { clusterAffinity: { clusterNames: ['m2'] } } })
  const own = policy('settings', {
    resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }],
    placement: { clusterAffinity: { clusterNames: ['m1'] } },
  })
  const first = pass(deployment(), [web, own, settings])
  const both = readOf(settings, [first.source, web, own, first.binding])
  assert.ok(both.read)
  const outcome = outcomeOf(both.read, both.hub)
  assert.deepEqual(
    outcome.decision.deliveries.map(({ cluster }) => cluster),
    ['m1', 'm2'],
  )
  const { binding } = written(settings, karmadaDialect.report(settings, both.read, outcome, both.hub))
  assert.deepEqual(fieldAt(binding, 'spec', 'clusters'), [{ name: 'm1' }])
  // Where its own policy finds no cluster any more, it stays where that had sent it.
  const lost = policy('settings', {
    resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }],
    placement: { clusterAffinity: { clusterNames: ['m9'] } },
  })
  const later = readOf(settings, [first.source, web, lost, first.binding, binding])
  assert.ok(later.read)
  const after = outcomeOf(later.read, later.hub)
  assert.deepEqual(after.decision.removals, [])
  assert.deepEqual(
    after.decision.deliveries.map(({ cluster }) => cluster),
    ['m1', 'm2'],
  )
  const next = written(settings, karmadaDialect.report(settings, later.read, after, later.hub))
  assert.deepEqual(fieldAt(next.binding, 'spec', 'clusters'), [{ name: 'm1' }])
})

test('nothing fits: the condition says why in upstream words, and what was decided stays', () => {
  const web = (names: string[]) => policy('web', { placement: { clusterAffinity: { clusterNames: names } } })
  const first = pass(deployment(), [web(['m1'])])
  const none = pass(first.source, [web(['m9']), first.binding])
  assert.deepEqual(fieldAt(none.binding, 'spec', 'clusters'), [{ name: 'm1', replicas: 4 }])
  const [scheduled] = objectsAt(none.binding, 'status', 'conditions')
  assert.equal(scheduled?.['reason'], 'NoClusterFit')
  assert.equal(
    scheduled?.['message'],
    '0/2 clusters are available: 2 cluster(s) did not match the placement cluster affinity constraint.',
  )
})

test('a WorkloadRebalancer that is younger than the decision asks for a fresh one, once', () => {
  const web = policy('web', { placement: divided })
  const first = pass(deployment(), [web])
  const rebalancer: KubeObject = {
    apiVersion: 'apps.karmada.io/v1alpha1',
    kind: 'WorkloadRebalancer',
    metadata: { name: 'again', creationTimestamp: '2001-09-09T01:46:41Z', generation: 1 },
    spec: { workloads: [{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }] },
  }
  const objects = [web, first.binding, rebalancer]
  const hub = hubOf([first.source, ...objects], ['m1', 'm2'], 1_000_000_009_000)
  const read = karmadaDialect.read(first.source, hub) as ReadTemplate
  assert.equal(read.previous.fresh, true)
  const { binding } = written(first.source, karmadaDialect.report(first.source, read, outcomeOf(read, hub), hub))
  assert.equal(fieldAt(binding, 'spec', 'rescheduleTriggeredAt'), '2001-09-09T01:46:41Z')
  const settled = hubOf([first.source, web, binding, rebalancer], ['m1', 'm2'], 1_000_000_019_000)
  const later = karmadaDialect.read(first.source, settled) as ReadTemplate
  assert.equal(later.previous.fresh, undefined)
  const own = karmadaDialect.read(rebalancer, settled)
  assert.ok(own !== undefined && !('problem' in own))
  const [status] = karmadaDialect.report(rebalancer, own, undefined, settled)
  assert.ok(status?.write === 'status' && 'patch' in status)
  assert.equal(objectsAt(status.patch, 'status', 'observedWorkloads')[0]?.['result'], 'Successful')
})

test('objects of two groups with one kind and name have bindings of their own', () => {
  const selector = (apiVersion: string) => ({ apiVersion, kind: 'Service' })
  const both = policy('both', { resourceSelectors: [selector('v1'), selector('serving.example.com/v1')] })
  const service = (apiVersion: string): KubeObject => ({
    apiVersion,
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', uid: `uid ${apiVersion}` },
  })
  const first = pass(service('v1'), [both])
  assert.equal(first.binding.metadata.name, 'web-service')
  const second = pass(service('serving.example.com/v1'), [both, first.binding])
  assert.equal(second.binding.metadata.name, 'web-service.serving.example.com')
  assert.equal(second.read.binding, undefined)
  const again = pass(second.source, [both, first.binding, second.binding])
  assert.equal(again.read.binding, second.binding)
})

test('namespaces, reserved ones and what the API server makes for itself are no templates', () => {
  const all = policy('all', { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }] }, undefined)
  const map = (namespace: string, name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
  })
  assert.equal(readOf(map('kube-system', 'x'), [all]).read, undefined)
  assert.equal(readOf(map('shop', 'kube-root-ca.crt'), [all]).read, undefined)
  assert.ok(readOf(map('shop', 'x'), [all]).read)
})

test('Cluster objects give places, labels and taints; taint policies follow conditions', () => {
  const cluster: KubeObject = {
    apiVersion: 'cluster.karmada.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'm1', labels: { tier: 'gold' } },
    spec: { syncMode: 'Push', provider: 'p', region: 'r', zone: 'z', taints: [{ key: 'a', effect: 'NoSchedule' }] },
    status: { conditions: [{ type: 'Ready', status: 'False' }] },
  }
  const condition = { conditionType: 'Ready', operator: 'In', statusValues: ['False'] }
  const taints: KubeObject = {
    apiVersion: 'policy.karmada.io/v1alpha1',
    kind: 'ClusterTaintPolicy',
    metadata: { name: 'down' },
    spec: { addOnConditions: [condition], taints: [{ key: 'down', effect: 'NoExecute' }] },
  }
  const notes = karmadaDialect.clusterNotes?.(hubOf([cluster, taints], []))
  assert.deepEqual(notes?.get('m1'), {
    provider: 'p',
    region: 'r',
    zones: ['z'],
    labels: { tier: 'gold' },
    taints: [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'down', effect: 'NoExecute' },
    ],
  })
})

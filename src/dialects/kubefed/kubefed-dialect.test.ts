import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterOutcome, Federated, HubFacts, HubWrite, Outcome, Refused } from '../../delivery/federation/contract.js'
import { decidePlacement } from '../../delivery/placement/decide-placement.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { templateVersion } from './federated/version-hashes.js'
import { kubeFedCrds } from './kinds/crds.js'
import { defaultTargets, typeConfigFor } from './kinds/type-config.js'
import { kubeFedDialect } from './kubefed-dialect.js'
import { kubeFedNamespace } from './resource-types.js'
import { defaultConfig } from './settings.js'

const served: ResourceType[] = kubeFedCrds.map((crd) => {
  const { group, names, scope, versions } = crd['spec'] as {
    group: string
    names: { kind: string; plural: string }
    scope: string
    versions: { name: string }[]
  }
  return { group, ...names, namespaced: scope === 'Namespaced', version: versions[0]!.name }
})
served.push({
  group: 'multicluster.x-k8s.io',
  version: 'v1alpha1',
  kind: 'ServiceExport',
  plural: 'serviceexports',
  namespaced: true,
})
served.push({ group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false })

const clusters = ['c1', 'c2', 'c3'].map((name, index) => ({ name, ready: true, labels: { tier: index === 2 ? 'test' : 'prod' } }))

function hubWith(objects: KubeObject[], more: Partial<HubFacts> = {}): HubFacts {
  const all = [
    ...(objects.some(({ kind }) => kind === 'KubeFedConfig') ? [] : [defaultConfig]),
    ...defaultTargets.map((target) => typeConfigFor(target, { namespace: kubeFedNamespace })),
    ...objects,
  ]
  return {
    objects: (type, { namespace, name } = {}) =>
      all.filter(
        ({ apiVersion, kind, metadata }) =>
          kind === type.kind &&
          apiVersion === apiVersionOf(type.group, type.version) &&
          (namespace === undefined || metadata.namespace === namespace) &&
          (name === undefined || metadata.name === name),
      ),
    clusters,
    typeOf: (apiVersion, kind) =>
      served.find((type) => type.kind === kind && apiVersionOf(type.group, type.version) === apiVersion),
    typeNamed: (group, plural) => served.find((type) => type.group === group && type.plural === plural),
    nowMs: Date.UTC(2026, 0, 2),
    ...more,
  }
}

function federated(kind: string, namespace: string, name: string, spec: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'types.kubefed.io/v1beta1',
    kind,
    metadata: { name, namespace, uid: 'u1', generation: 2, ...metadata },
    spec,
  }
}
const everywhere = { placement: { clusterSelector: {} } }
const open = federated('FederatedNamespace', 'shop', 'shop', everywhere)
const template = { spec: { replicas: 3, selector: {}, template: {} } }
const strictConfig: KubeObject = {
  ...defaultConfig,
  metadata: { ...defaultConfig.metadata, annotations: { 'flotilla.dev/kubefed-mode': 'strict' } },
}

function placed(source: KubeObject, hub: HubFacts): { clusters: string[]; removed: readonly string[] } {
  const read = kubeFedDialect.read(source, hub) as Federated
  const decision = decidePlacement(read.workload, read.policies, hub.clusters, { replicas: { c1: 0 } })
  return { clusters: decision.deliveries.map(({ cluster }) => cluster), removed: decision.removals }
}
const reasons = (read: Federated | Refused | undefined) => (read?.warnings ?? []).map(({ reason }) => reason)

test('placement: names win even when empty, no selector is nowhere, an empty one everywhere, and the namespace is a gate', () => {
  const gate = federated('FederatedNamespace', 'shop', 'shop', { placement: { clusters: [{ name: 'c1' }, { name: 'c3' }] } })
  const cases: [placement: object, opening: KubeObject[], clusters: string[]][] = [
    [{ clusters: [{ name: 'c2' }, { name: 'c9' }], clusterSelector: {} }, [open], ['c2']],
    [{ clusters: [], clusterSelector: {} }, [open], []],
    [{}, [open], []],
    [{ clusterSelector: {} }, [open], ['c1', 'c2', 'c3']],
    [{ clusterSelector: { matchLabels: { tier: 'prod' } } }, [open], ['c1', 'c2']],
    [{ clusterSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['test'] }] } }, [open], ['c3']],
    [{ clusterSelector: {} }, [gate], ['c1', 'c3']],
    [{ clusters: [{ name: 'c2' }] }, [gate], []],
    [{ clusterSelector: {} }, [], []],
  ]
  for (const [placement, opening, expected] of cases) {
    const source = federated('FederatedConfigMap', 'shop', 'web', { placement, template: { data: { a: 'b' } } })
    const result = placed(source, hubWith([...opening, source]))
    assert.deepEqual(result, { clusters: expected, removed: expected.includes('c1') ? [] : ['c1'] }, JSON.stringify(placement))
  }
})

test('where nobody can tell which namespaces are open, all stays as it is', () => {
  const source = federated('FederatedConfigMap', 'shop', 'web', { ...everywhere, template: {} })
  const hub = hubWith([open, source])
  const paused = (facts: HubFacts) => (kubeFedDialect.read(source, facts) as Federated).paused
  assert.equal(paused(hub), undefined)
  const withoutKind = (kind: string): HubFacts => ({
    ...hub,
    typeOf: (apiVersion, asked) => (asked === kind ? undefined : hub.typeOf(apiVersion, asked)),
  })
  assert.match(paused(withoutKind('FederatedNamespace')) ?? '', /all stays as it is/)
  const objects: HubFacts['objects'] = (type, where) => (type.kind === 'FederatedNamespace' ? [] : hub.objects(type, where))
  const unread = { ...hub, objects, isRead: (type: ResourceType) => type.kind !== 'FederatedNamespace' }
  assert.match(paused(unread) ?? '', /have not been read/)
  assert.equal(paused({ ...hub, objects }), undefined)
  const finalizers = ['kubefed.io/sync-controller']
  const exported: KubeObject = {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ServiceExport',
    metadata: { name: 'web', namespace: 'shop', finalizers },
  }
  const withExport = kubeFedDialect.read(exported, withoutKind('FederatedService')) as Federated
  assert.match(withExport.paused ?? '', /all stays as it is/)
})

test('a control plane of one namespace needs no FederatedNamespace', () => {
  const config = { ...defaultConfig, spec: { scope: 'Namespaced' } }
  const source = federated('FederatedConfigMap', 'shop', 'web', { ...everywhere, template: {} })
  assert.deepEqual(placed(source, hubWith([config, source])).clusters, ['c1', 'c2', 'c3'])
})

test('the target has the name of the federated object and the kind of its type; annotations and finalizers stay out', () => {
  const metadata = {
    name: 'other',
    namespace: 'other',
    labels: { a: 'b' },
    annotations: { c: 'd' },
    finalizers: ['x/y'],
    uid: 'no',
  }
  const source = federated('FederatedDeployment', 'shop', 'web', {
    ...everywhere,
    template: { ...template, kind: 'Other', metadata, status: {} },
    retainReplicas: true,
  })
  const read = kubeFedDialect.read(source, hubWith([open, source])) as Federated
  assert.deepEqual(read.workload, {
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop', labels: { a: 'b' } },
      spec: template.spec,
    },
  })
  assert.deepEqual(reasons(read), ['AnnotationsNotSupported', 'FinalizersNotSupported'])
  assert.deepEqual(read.rules, {
    existing: 'adopt',
    labels: { 'kubefed.io/managed': 'true' },
    letBe: { label: 'kubefed.io/managed', value: 'false' },
    retain: ['annotations', 'finalizers', 'replicas'],
    onRemoval: 'delete',
  })
})

test('adoption, orphaning, delete options and paused kinds are heeded', () => {
  const config = { ...defaultConfig, spec: { scope: 'Cluster', syncController: { adoptResources: 'Disabled' } } }
  const annotations = { 'kubefed.io/orphan': 'true', 'kubefed.io/deleteoption': '{"propagationPolicy":"Foreground"}' }
  const spec = {
    ...everywhere,
    template,
    overrides: [{ clusterName: 'c1', clusterOverrides: [{ op: 'add', path: '/metadata/annotations', value: {} }] }],
  }
  const rulesOf = (metadata: object, objects: KubeObject[] = []) => {
    const source = federated('FederatedDeployment', 'shop', 'web', spec, metadata)
    return (kubeFedDialect.read(source, hubWith([open, source, ...objects])) as Federated).rules
  }
  assert.equal(rulesOf({}, [config]).existing, 'refuse')
  assert.equal(rulesOf({ annotations }).onRemoval, 'delete')
  const going = rulesOf({ annotations, deletionTimestamp: '2026-01-01T00:00:00Z' })
  assert.deepEqual([going.onRemoval, going.propagation, going.retain], ['orphan', 'Foreground', ['finalizers']])
})

test('a misplaced FederatedNamespace is taken for its name, once, unless strict', () => {
  const misplaced = federated('FederatedNamespace', kubeFedNamespace, 'shop', everywhere)
  const source = federated('FederatedConfigMap', 'shop', 'web', { ...everywhere, template: {} })
  const hub = hubWith([misplaced, source])
  const read = kubeFedDialect.read(misplaced, hub) as Federated
  assert.deepEqual(reasons(read), ['InvalidName'])
  assert.deepEqual(read.workload.object, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  assert.deepEqual(placed(source, hub).clusters, ['c1', 'c2', 'c3'])
  assert.deepEqual(kubeFedDialect.touches(misplaced, hub).length, 2)

  const strict = hubWith([misplaced, source, strictConfig])
  assert.equal((kubeFedDialect.read(misplaced, strict) as Refused).problem.reason, 'InvalidName')
  assert.deepEqual(placed(source, strict).clusters, [])

  // Rights in one namespace are none in another, and what the configuration forbids no object allows itself.
  const foreign = federated('FederatedNamespace', 'tenant', 'shop', everywhere)
  const tenant = hubWith([foreign, source])
  assert.match((kubeFedDialect.read(foreign, tenant) as Refused).problem.message, /lies in namespace tenant/)
  assert.deepEqual(placed(source, tenant).clusters, [])
  const annotations = { 'flotilla.dev/kubefed-mode': 'lenient' }
  const loose = { ...misplaced, metadata: { ...misplaced.metadata, annotations } }
  assert.equal((kubeFedDialect.read(loose, hubWith([loose, strictConfig])) as Refused).problem.reason, 'InvalidName')

  const both = hubWith([misplaced, open])
  assert.equal((kubeFedDialect.read(misplaced, both) as Refused).problem.reason, 'InvalidName')
  assert.deepEqual(reasons(kubeFedDialect.read(open, both)), [])
  const system = federated('FederatedNamespace', 'default', 'default', everywhere)
  assert.equal(kubeFedDialect.read(system, hub), undefined)
})

test('overrides: what is said twice and dotted paths are repaired with a warning each, and fail strictly', () => {
  const overrides = [
    { clusterName: 'c1', clusterOverrides: [{ path: 'spec.replicas', value: 5 }] },
    {
      clusterName: 'c1',
      clusterOverrides: [
        { path: 'spec.replicas', value: 5 },
        { path: '/spec/paused', op: 'add', value: true },
      ],
    },
  ]
  const source = federated('FederatedDeployment', 'shop', 'web', { ...everywhere, template, overrides })
  const read = kubeFedDialect.read(source, hubWith([open, source])) as Federated
  assert.deepEqual(reasons(read), ['DottedPath', 'DuplicateCluster', 'DuplicateOverride'])
  const [policy] = read.policies.overrides ?? []
  assert.deepEqual(policy?.dialect === 'kubefed' && policy.overrides, [
    { clusterName: 'c1', clusterOverrides: [overrides[0]!.clusterOverrides[0], overrides[1]!.clusterOverrides[1]] },
  ])
  const hub = hubWith([open, source, strictConfig])
  const refused = kubeFedDialect.read(source, hub) as Refused
  assert.equal(refused.problem.reason, 'ApplyOverridesFailed')
  const status = statusOf(kubeFedDialect.report(source, refused, undefined, hub))
  assert.deepEqual(
    status.clusters?.map(({ name, status: code }) => `${name} ${code}`),
    ['c1 ApplyOverridesFailed', 'c2 ApplyOverridesFailed', 'c3 ApplyOverridesFailed'],
  )
})

interface Status {
  observedGeneration?: number
  conditions?: { type: string; status: string; reason?: string; message?: string; lastUpdateTime?: string }[]
  clusters?: { name: string; status?: string; message?: string }[]
}
function statusOf(writes: readonly HubWrite[]): Status {
  const write = writes.find((each) => each.write === 'status')
  return write?.write === 'status' ? (write.patch['status'] as Status) : {}
}
function outcomeOf(read: Federated, hub: HubFacts, outcomes: ClusterOutcome[]): Outcome {
  const decision = decidePlacement(read.workload, read.policies, hub.clusters, {})
  return { decision, clusters: outcomes, evictions: [], digests: { template: '', overrides: '' } }
}
const live = (generation: number, status: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', generation },
  spec: template.spec,
  status,
})
const result = (state: string, more: object = {}) =>
  ({ state, step: 'none', message: '', since: 0, ...more }) as NonNullable<ClusterOutcome['result']>

test('status: codes of upstream, a condition that moves on change only, and versions', () => {
  const source = federated('FederatedDeployment', 'shop', 'web', { ...everywhere, template })
  const hub = hubWith([open, source])
  const read = kubeFedDialect.read(source, hub) as Federated
  const outcome = outcomeOf(read, hub, [
    { cluster: 'c1', wanted: true, result: result('Applied', { live: live(4) }) },
    { cluster: 'c2', wanted: true, result: result('Refused', { step: 'create', message: 'denied' }) },
    { cluster: 'c3', wanted: true, result: result('Unknown') },
    { cluster: 'c4', wanted: false, result: result('Removing', { live: live(1) }) },
    { cluster: 'c5', wanted: false, result: undefined },
  ])
  const writes = kubeFedDialect.report(source, read, outcome, hub)
  const status = statusOf(writes)
  assert.deepEqual(status.clusters, [
    { name: 'c1' },
    { name: 'c2', status: 'CreationFailed', message: 'denied' },
    { name: 'c3', status: 'ClusterNotReady' },
    { name: 'c4', status: 'WaitingForRemoval' },
  ])
  assert.deepEqual(
    [status.observedGeneration, status.conditions?.[0]?.status, status.conditions?.[0]?.reason],
    [2, 'False', 'CheckClusters'],
  )
  const version = writes.find((each) => each.write === 'apply')
  assert.deepEqual(version?.write === 'apply' && [version.ref.name, version.status], [
    'deployment-web',
    {
      templateVersion: templateVersion(source),
      overridesVersion: '2979b7538b527abe06492021841caf47',
      clusterVersions: [{ clusterName: 'c1', version: 'gen:4' }],
    },
  ])
  const later = hubWith([open, source], { nowMs: Date.UTC(2026, 5, 1) })
  const again = statusOf(kubeFedDialect.report({ ...source, status }, read, outcome, later))
  assert.deepEqual(again, status)
  // Upstream's definitions have no messages, and servers drop what a definition does not have.
  const dropped = JSON.parse(JSON.stringify(status, (key, value) => (key === 'message' ? undefined : value))) as typeof status
  assert.deepEqual(statusOf(kubeFedDialect.report({ ...source, status: dropped }, read, outcome, later)), status)
})

test('status: without a FederatedNamespace it says so', () => {
  const source = federated('FederatedDeployment', 'shop', 'web', { ...everywhere, template })
  const hub = hubWith([source])
  const read = kubeFedDialect.read(source, hub) as Federated
  const status = statusOf(kubeFedDialect.report(source, read, outcomeOf(read, hub, []), hub))
  assert.equal(status.conditions?.[0]?.reason, 'NamespaceNotFederated')
})

test('a selector that cannot be read fails as upstream does', () => {
  const placement = { clusterSelector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } }
  const source = federated('FederatedDeployment', 'shop', 'web', { placement, template })
  const hub = hubWith([open, source])
  const read = kubeFedDialect.read(source, hub) as Refused
  assert.equal(read.problem.reason, 'ComputePlacementFailed')
  assert.equal(statusOf(kubeFedDialect.report(source, read, undefined, hub)).conditions?.[0]?.reason, 'ComputePlacementFailed')
})

test('a ReplicaSchedulingPreference writes placement and overrides of its target', () => {
  const preference = (spec: object): KubeObject => ({
    apiVersion: 'scheduling.kubefed.io/v1alpha1',
    kind: 'ReplicaSchedulingPreference',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { targetKind: 'FederatedDeployment', totalReplicas: 9, ...spec },
  })
  const overrides = [{ clusterName: 'c1', clusterOverrides: [{ path: '/spec/paused', op: 'add', value: true }] }]
  const source = federated('FederatedDeployment', 'shop', 'web', { ...everywhere, template, overrides })
  const division = (spec: object, outcomes: ClusterOutcome[] = [], more: Partial<HubFacts> = {}) => {
    const hub = hubWith([open, source, preference(spec)], more)
    const read = kubeFedDialect.read(source, hub) as Federated
    const write = kubeFedDialect.report(source, read, outcomeOf(read, hub, outcomes), hub).find((each) => each.write === 'object')
    return write?.write === 'object' ? write.patch['spec'] : undefined
  }
  const told = kubeFedDialect.read(source, hubWith([open, source, preference({})])) as Federated
  const words = 'FederatedDeployment shop/web, clusters and replicas by ReplicaSchedulingPreference shop/web'
  assert.equal(told.policies.placements[0]?.name, words)
  const replicas = (value: number) => ({ path: '/spec/replicas', value })
  const clusterList = { placement: { clusters: [{ name: 'c1' }, { name: 'c2' }, { name: 'c3' }] } }
  assert.deepEqual(division({ clusters: { c1: { weight: 2 }, '*': { weight: 1, maxReplicas: 2 } } }), {
    ...clusterList,
    overrides: [
      { clusterName: 'c1', clusterOverrides: [...overrides[0]!.clusterOverrides, replicas(5)] },
      { clusterName: 'c2', clusterOverrides: [replicas(2)] },
      { clusterName: 'c3', clusterOverrides: [replicas(2)] },
    ],
  })
  const running: ClusterOutcome[] = [
    {
      cluster: 'c3',
      wanted: true,
      result: result('Applied', { live: { ...live(1, { readyReplicas: 7 }), spec: { replicas: 7 } } }),
    },
  ]
  const kept = division({ rebalance: false }, running) as { overrides: { clusterName: string; clusterOverrides: unknown[] }[] }
  assert.deepEqual(kept.overrides.find(({ clusterName }) => clusterName === 'c3')?.clusterOverrides, [replicas(7)])
  const ready = clusters.map((each) => ({ ...each, ready: each.name !== 'c2' }))
  assert.deepEqual((division({}, [], { clusters: ready }) as typeof clusterList).placement.clusters, [
    { name: 'c1' },
    { name: 'c3' },
  ])
  // A cluster that has its part and does not answer keeps it, unless strict.
  const asked = {
    ...source,
    spec: { ...(source['spec'] as object), overrides: [{ clusterName: 'c2', clusterOverrides: [replicas(4)] }] },
  }
  for (const [config, expected] of [
    [defaultConfig, ['c1 3', 'c2 4', 'c3 2']],
    [strictConfig, ['c1 5', 'c3 4']],
  ] as const) {
    const hub = hubWith([open, asked, preference({}), config], { clusters: ready })
    const read = kubeFedDialect.read(asked, hub) as Federated
    const write = kubeFedDialect.report(asked, read, outcomeOf(read, hub, []), hub).find((each) => each.write === 'object')
    const spec = (write?.write === 'object' ? write.patch['spec'] : {}) as {
      overrides: { clusterName: string; clusterOverrides: { value: number }[] }[]
    }
    const shares = spec.overrides.map(({ clusterName, clusterOverrides }) => `${clusterName} ${clusterOverrides.at(-1)?.value}`)
    assert.deepEqual(shares.sort(), expected)
  }
  const target = kubeFedDialect.touches(preference({}), hubWith([]))
  assert.deepEqual(target !== 'all' && target.map(({ type, name }) => `${type.kind} ${name}`), ['FederatedDeployment web'])
})

test('a ServiceExport beside a FederatedService goes where that goes', () => {
  const service = federated('FederatedService', 'shop', 'web', { placement: { clusters: [{ name: 'c2' }] }, template: {} })
  const source: KubeObject = {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ServiceExport',
    metadata: { name: 'web', namespace: 'shop' },
  }
  const hub = hubWith([open, service, source])
  assert.deepEqual(placed(source, hub).clusters, ['c2'])
  assert.equal(kubeFedDialect.read(source, hubWith([open, source])), undefined)
  const touched = kubeFedDialect.touches(service, hub)
  assert.deepEqual(touched !== 'all' && touched.map(({ type }) => type.kind), ['FederatedService', 'ServiceExport'])
})

test('kinds that are not enabled, or paused, are known as such', () => {
  const paused = typeConfigFor(defaultTargets[1]!, { namespace: kubeFedNamespace })
  const hub = hubWith([])
  assert.equal(kubeFedDialect.sourceKinds(hub).length, 11)
  assert.equal(kubeFedDialect.read(federated('FederatedThing', 'shop', 'web', {}), hub), undefined)
  const config = { ...paused, spec: { ...(paused['spec'] as object), propagation: 'Disabled' } }
  const source = federated('FederatedConfigMap', 'shop', 'web', { ...everywhere, template: {} })
  const alone = {
    ...hub,
    objects: ((type, where) =>
      type.kind === 'FederatedTypeConfig' ? [config] : hub.objects(type, where)) as HubFacts['objects'],
  }
  assert.match((kubeFedDialect.read(source, alone) as Federated).paused ?? '', /configmaps has propagation: Disabled/)
})

test('labels and places of KubeFedClusters are known by name', () => {
  const cluster: KubeObject = {
    apiVersion: 'core.kubefed.io/v1beta1',
    kind: 'KubeFedCluster',
    metadata: { name: 'c1', namespace: kubeFedNamespace, labels: { tier: 'gold' } },
    status: { region: 'eu', zones: ['a'] },
  }
  assert.deepEqual(
    [...(kubeFedDialect.clusterNotes?.(hubWith([cluster])) ?? [])],
    [['c1', { labels: { tier: 'gold' }, region: 'eu', zones: ['a'] }]],
  )
  assert.deepEqual(kubeFedDialect.touches(cluster, hubWith([])), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { createBootstrapLayer } from '../../logical/bootstrap-layer.js'
import { createMemoryStorage } from '../../storage/memory-storage.js'
import type { Pod } from '../engine/objects.js'
import { createMemberFixture, deploymentOf, type MemberFixture } from '../member-fixture.js'

const service = (name: string, spec: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
})

function slicesOf(fixture: MemberFixture, name: string) {
  return fixture
    .all('endpointslices.discovery.k8s.io', 'default')
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
}
type Endpoint = { addresses: string[]; conditions: { ready: boolean }; nodeName?: string; zone?: string }
const readyIn = (slice: object | undefined) =>
  ((slice as { endpoints?: Endpoint[] })?.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions.ready)
    .map((endpoint) => endpoint.addresses[0])

test('Services get Endpoints and EndpointSlices of their ready pods', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(service('web'), deploymentOf('web', { replicas: 2 }))
  await fixture.settle(2)
  const [slice] = slicesOf(fixture, 'web') as unknown as { endpoints: Endpoint[]; ports: object[]; addressType: string }[]
  assert.equal(readyIn(slice).length, 2)
  assert.deepEqual(slice?.ports, [{ name: 'http', port: 80, protocol: 'TCP' }])
  assert.match(slice?.endpoints[0]?.zone ?? '', /^m1-/)
  const subsets = (
    fixture.peek('endpoints', 'default/web') as unknown as { subsets: { addresses: { ip: string }[]; ports: object[] }[] }
  ).subsets
  assert.deepEqual(subsets[0]?.addresses.map(({ ip }) => ip).sort(), [...readyIn(slice)].sort())
  assert.deepEqual(subsets[0]?.ports, [{ name: 'http', port: 80, protocol: 'TCP' }])

  await fixture.apply(deploymentOf('web', { replicas: 2 }, { annotations: { 'simulation.flotilla.dev/outcome': 'unready' } }))
  await fixture.settle(5)
  const after = slicesOf(fixture, 'web')[0] as unknown as { endpoints: Endpoint[] }
  assert.ok(after.endpoints.length > readyIn(after).length, 'endpoints that are not ready are listed as such')
  await fixture.apply(deploymentOf('web', { replicas: 0 }))
  await fixture.settle(5)
  assert.deepEqual(readyIn(slicesOf(fixture, 'web')[0]), [])
  assert.equal((fixture.peek('endpoints', 'default/web') as unknown as { subsets?: unknown[] }).subsets?.length ?? 0, 0)
  await fixture.remove('services', 'default/web')
  await fixture.settle(2)
  assert.deepEqual(slicesOf(fixture, 'web'), [])
  assert.equal(fixture.peek('endpoints', 'default/web'), undefined)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a Service without a selector is left to whoever writes its slices', async () => {
  const fixture = await createMemberFixture()
  const { spec, ...rest } = service('db')
  await fixture.apply({ ...rest, spec: { ports: spec.ports } })
  await fixture.settle(2)
  assert.deepEqual(slicesOf(fixture, 'db'), [])
  fixture.stop()
})

test('every namespace has its ServiceAccount and the root certificate', async () => {
  const fixture = await createMemberFixture({ rootCertificate: (cluster) => `PEM of ${cluster}` })
  await fixture.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fixture.settle()
  for (const namespace of ['default', 'kube-system', 'shop'])
    assert.ok(fixture.peek('serviceaccounts', `${namespace}/default`), namespace)
  const configMap = fixture.peek('configmaps', 'shop/kube-root-ca.crt') as unknown as { data: Record<string, string> }
  assert.equal(configMap.data['ca.crt'], 'PEM of m1')
  await fixture.remove('serviceaccounts', 'shop/default')
  await fixture.settle()
  assert.ok(fixture.peek('serviceaccounts', 'shop/default'))
  fixture.stop()
})

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing', singular: 'thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
}

test('a deleted namespace takes all its contents along, custom resources too, and waits for finalizers', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(definition, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fixture.settle()
  const thing = {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'held', namespace: 'shop', finalizers: ['example.com/hold'] },
  }
  const web = deploymentOf('web', { replicas: 2 })
  await fixture.apply({ ...web, metadata: { ...web.metadata, namespace: 'shop' } }, thing)
  await fixture.settle(2)
  assert.equal(fixture.all('pods', 'shop').length, 2)
  await fixture.remove('namespaces', 'shop')
  await fixture.settle(5)
  assert.equal(fixture.all('pods', 'shop').length, 0)
  const namespace = fixture.peek('namespaces', 'shop')!
  assert.equal(namespace.status['phase'], 'Terminating')
  const conditions = namespace.status['conditions'] as unknown as { type: string; status: string; message: string }[]
  assert.match(
    conditions.find(({ type }) => type === 'NamespaceFinalizersRemaining')?.message ?? '',
    /example.com\/hold in 1 resource instances/,
  )
  const { finalizers: _, ...metadata } = fixture.peek('things.example.com', 'shop/held')!.metadata
  const type = fixture.cluster.api.catalogue().forKind('example.com/v1', 'Thing')!
  await fixture.client.update(type, { apiVersion: 'example.com/v1', kind: 'Thing', metadata } as never)
  await fixture.settle(5)
  assert.equal(fixture.peek('namespaces', 'shop'), undefined)
  assert.deepEqual(fixture.all('configmaps', 'shop'), [])
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('what a deleted owner owned goes too: at once, before the owner, or not at all', async () => {
  for (const policy of ['Background', 'Foreground', 'Orphan'] as const) {
    const fixture = await createMemberFixture()
    await fixture.apply(deploymentOf('web', { replicas: 2 }))
    await fixture.settle(2)
    const gone: string[] = []
    fixture.clusters.onChange((change) => {
      if (change.type === 'DELETED') gone.push(change.object.kind)
    })
    await fixture.remove('deployments', 'default/web', { propagationPolicy: policy })
    await fixture.settle(5)
    assert.equal(fixture.peek('deployments.apps', 'default/web'), undefined, policy)
    if (policy === 'Orphan') {
      const [set] = fixture.all('replicasets.apps', 'default')
      assert.equal(set?.metadata.ownerReferences, undefined)
      assert.equal(fixture.all('pods', 'default').length, 2)
    } else {
      const order = gone.filter((kind) => kind !== 'EndpointSlice')
      assert.deepEqual(
        order,
        policy === 'Background' ? ['Deployment', 'ReplicaSet', 'Pod', 'Pod'] : ['Pod', 'Pod', 'ReplicaSet', 'Deployment'],
        policy,
      )
    }
    assert.deepEqual(fixture.warnings, [])
    fixture.stop()
  }
})

test('an object whose owner is gone before it came is collected; one with another owner stays', async () => {
  const fixture = await createMemberFixture()
  const configMap = (name: string, owners: object[]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ownerReferences: owners },
  })
  const type = fixture.cluster.api.catalogue().forKind('v1', 'ConfigMap')!
  const owner = await fixture.client.create<KubeObject>(type, configMap('owner', []) as unknown as KubeObject)
  const ownedBy = (name: string, uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid })
  const present = ownedBy('owner', owner.metadata.uid!)
  const absent = ownedBy('ghost', 'b5e2c7e2-0000-4000-8000-000000000000')
  await fixture.client.create(type, configMap('lost', [absent]) as never)
  await fixture.client.create(type, configMap('shared', [absent, present]) as never)
  await fixture.client.create(type, configMap('unknown', [{ ...absent, apiVersion: 'nobody/v1', kind: 'Knows' }]) as never)
  await fixture.settle(2)
  assert.equal(fixture.peek('configmaps', 'default/lost'), undefined)
  assert.deepEqual(fixture.peek('configmaps', 'default/shared')?.metadata.ownerReferences, [present])
  assert.ok(fixture.peek('configmaps', 'default/unknown'), 'nothing can be said of a kind that is not served')
  fixture.stop()
})

test('pods go where they may: selectors, taints, cordons; what finds no node waits for one', async () => {
  const fixture = await createMemberFixture()
  const nodeType = fixture.cluster.api.catalogue().forKind('v1', 'Node')!
  const patch = (name: string, spec: object) => fixture.client.patch({ type: nodeType, name }, { kind: 'merge', body: { spec } })
  await patch('node-1', { unschedulable: true })
  await patch('node-2', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] })
  await fixture.apply(deploymentOf('web', { replicas: 3 }))
  await fixture.apply(
    deploymentOf(
      'gpu',
      { replicas: 1 },
      { tolerations: [{ key: 'gpu', operator: 'Exists' }], nodeSelector: { 'kubernetes.io/hostname': 'node-2' } },
    ),
  )
  await fixture.settle(2)
  const nodesOf = (app: string) =>
    (fixture.all('pods', 'default') as unknown as Pod[])
      .filter((pod) => pod.metadata.labels?.['app'] === app)
      .map((pod) => pod.spec.nodeName)
  assert.deepEqual(nodesOf('web'), ['node-3', 'node-3', 'node-3'])
  assert.deepEqual(nodesOf('gpu'), ['node-2'])
  await patch('node-3', { unschedulable: true })
  await fixture.apply(deploymentOf('late', { replicas: 1 }))
  await fixture.settle(2)
  const [late] = (fixture.all('pods', 'default') as unknown as Pod[]).filter((pod) => pod.metadata.labels?.['app'] === 'late')
  assert.equal(late?.status?.phase, 'Pending')
  assert.equal(late?.status?.conditions?.[0]?.reason, 'Unschedulable')
  await patch('node-1', { unschedulable: null })
  await fixture.settle(2)
  assert.deepEqual(nodesOf('late'), ['node-1'])
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a pod of nobody runs as well, and goes when it is deleted', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'solo' },
    spec: { containers: [{ name: 'c', image: 'x' }] },
  })
  await fixture.settle()
  assert.equal(fixture.peek('pods', 'default/solo')?.status['phase'], 'Running')
  await fixture.remove('pods', 'default/solo')
  await fixture.settle()
  assert.equal(fixture.peek('pods', 'default/solo'), undefined)
  fixture.stop()
})

test('load balancers and Ingresses get an address, claims their storage', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(
    service('web', { type: 'LoadBalancer' }),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  )
  await fixture.settle()
  const addressOf = (resource: string) =>
    (fixture.peek(resource, 'default/web')?.status['loadBalancer'] as { ingress?: { ip: string }[] } | undefined)?.ingress?.[0]
      ?.ip
  assert.match(addressOf('services') ?? '', /^172\.18\.255\.\d+$/)
  assert.match(addressOf('ingresses.networking.k8s.io') ?? '', /^172\.18\.255\.\d+$/)
  assert.notEqual(addressOf('services'), addressOf('ingresses.networking.k8s.io'))
  assert.equal(fixture.peek('persistentvolumeclaims', 'default/data')?.status['phase'], 'Bound')
  await fixture.apply(service('web', { type: 'ClusterIP' }))
  await fixture.settle()
  assert.equal(addressOf('services'), undefined)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a control cluster runs no workloads, but looks after namespaces and owners', async () => {
  const fixture = await createMemberFixture({ profileOf: () => 'control' })
  await fixture.apply(deploymentOf('web', { replicas: 1 }), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fixture.settle(2)
  assert.deepEqual(fixture.all('replicasets.apps'), [])
  assert.deepEqual(fixture.all('nodes'), [])
  assert.ok(fixture.peek('serviceaccounts', 'shop/default'))
  await fixture.remove('namespaces', 'shop')
  await fixture.settle(2)
  assert.equal(fixture.peek('namespaces', 'shop'), undefined)
  fixture.stop()
})

test('controllers that start later take up what is there, and write nothing where nothing is to be done', async () => {
  const storage = createMemoryStorage({ base: createBootstrapLayer(0) })
  const first = await createMemberFixture({ storage })
  await first.apply(deploymentOf('web', { replicas: 2 }), service('web'))
  await first.settle(2)
  first.stop()
  await first.apply(deploymentOf('late', { replicas: 1 }))
  const second = await createMemberFixture({ storage, seed: 2 })
  await second.settle(2)
  assert.equal(second.peek('deployments.apps', 'default/late')?.status['availableReplicas'], 1)
  const writes = second.changes.filter((change) => change.object.metadata.name.startsWith('web'))
  assert.deepEqual(
    writes.map((change) => `${change.type} ${change.groupResource}`),
    [],
  )
  assert.deepEqual(second.warnings, [])
  second.stop()
})

test('leases of nodes are renewed by one timer', async () => {
  const fixture = await createMemberFixture({ renewLeasesEverySeconds: 60 })
  await fixture.settle(110)
  const leases = fixture.all('leases.coordination.k8s.io', 'kube-node-lease')
  assert.deepEqual(
    leases.map((lease) => lease.metadata.name),
    ['node-1', 'node-2', 'node-3'],
  )
  assert.equal(fixture.changes.filter((change) => change.groupResource === 'leases.coordination.k8s.io').length, 6)
  const beat = () => {
    const node = fixture.peek('nodes', 'node-1') as unknown as { status: { conditions: { lastHeartbeatTime: string }[] } }
    return node.status.conditions[3]?.lastHeartbeatTime
  }
  const before = beat() as string
  await fixture.settle(330)
  assert.ok(Date.parse(beat() as string) - Date.parse(before) >= 300_000, 'the status is reported every five minutes')
  fixture.stop()
})

test('aggregated ClusterRoles have the rules of those that they select', async () => {
  const fixture = await createMemberFixture()
  const role = (name: string, labels: Record<string, string>, resource: string) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels },
    rules: [{ apiGroups: ['shop.example.com'], resources: [resource], verbs: ['get'] }],
  })
  const resources = (name: string) =>
    (fixture.peek('clusterroles.rbac.authorization.k8s.io', name) as unknown as { rules?: { resources?: string[] }[] }).rules
      ?.flatMap((rule) => rule.resources ?? [])
      .filter((each) => each === 'carts' || each === 'orders')
  const before = fixture.changes.length
  await fixture.settle(5)
  assert.equal(fixture.changes.slice(before).filter(({ groupResource }) => groupResource.startsWith('clusterroles')).length, 0)
  await fixture.apply(
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'shop' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { shop: 'yes' } }] },
      rules: [],
    },
    role('orders', { shop: 'yes', 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }, 'orders'),
    role('carts', { shop: 'yes' }, 'carts'),
  )
  await fixture.settle(2)
  assert.deepEqual(resources('shop'), ['carts', 'orders'])
  // `view` has it, and through it `edit` and `admin`.
  for (const name of ['view', 'edit', 'admin']) assert.deepEqual(resources(name), ['orders'])
  await fixture.remove('clusterroles', 'orders')
  await fixture.settle(2)
  assert.deepEqual(resources('shop'), ['carts'])
  assert.deepEqual(resources('admin'), [])
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('Secrets of ServiceAccounts get a token and go with their account; the root certificate is restored', async () => {
  const issued: string[] = []
  const fixture = await createMemberFixture({
    rootCertificate: () => 'PEM',
    async issueSecretToken(_cluster, { serviceAccount, secret }) {
      issued.push(`${serviceAccount.namespace}/${serviceAccount.name} ${secret.name}`)
      return 'signed'
    },
  })
  await fixture.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } })
  const secret = (name: string, account: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, annotations: { 'kubernetes.io/service-account.name': account } },
    type: 'kubernetes.io/service-account-token',
  })
  await fixture.apply(secret('robot-token', 'robot'))
  await fixture.settle(2)
  const filled = fixture.peek('secrets', 'default/robot-token') as unknown as { data: Record<string, string> }
  const text = (field: string) => Buffer.from(filled.data[field] ?? '', 'base64').toString()
  assert.deepEqual([text('token'), text('ca.crt'), text('namespace')], ['signed', 'PEM', 'default'])
  assert.deepEqual(issued, ['default/robot robot-token'])
  await fixture.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-root-ca.crt' },
    data: { 'ca.crt': 'forged' },
  })
  await fixture.remove('serviceaccounts', 'default/robot')
  await fixture.settle(2)
  assert.equal(fixture.peek('secrets', 'default/robot-token'), undefined)
  assert.deepEqual(fixture.peek('configmaps', 'default/kube-root-ca.crt')?.['data'], { 'ca.crt': 'PEM' })
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('an object of no namespace that names an owner in one is left alone: which is meant cannot be known', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner' } })
  const { uid } = fixture.peek('configmaps', 'default/owner')!.metadata
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }]
  await fixture.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kept', ownerReferences } })
  await fixture.settle(5)
  assert.equal(fixture.peek('namespaces', 'kept')?.metadata.deletionTimestamp, undefined)
  assert.ok(fixture.peek('namespaces', 'kept'))
  fixture.stop()
})

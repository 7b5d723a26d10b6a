import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'

const context = { user: { name: 'ann', groups: ['dev'] }, warn() {} }
const pod = (name: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'i' }], ...more },
})
const fails = (code: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.equal(error.httpCode, code)
  assert.match(error.message, message)
  return true
}

test('scale reads and writes replicas of its parent', async () => {
  const { client, type, cluster } = await createClusterFixture()
  await client.create(type('deploy'), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
  const target = { type: type('deploy'), namespace: 'default', name: 'd', subresource: 'scale' }
  const scale = await client.get(target)
  assert.equal(scale.kind, 'Scale')
  assert.deepEqual(scale['spec'], { replicas: 2 })
  assert.deepEqual(scale['status'], { replicas: 0, selector: 'app=a' })
  const patched = await client.patch(target, { kind: 'merge', body: { spec: { replicas: 5 } } }, { fieldManager: 'kubectl' })
  assert.deepEqual(patched['spec'], { replicas: 5 })
  const parent = cluster.peek('deployments.apps', 'default/d')!
  assert.equal((parent['spec'] as { replicas: number }).replicas, 5)
  assert.equal(parent.metadata.generation, 2)
  assert.ok(parent.metadata.managedFields?.some((entry) => entry.subresource === 'scale' && entry.manager === 'kubectl'))
  const update = (body: KubeObject) => cluster.api.update(context, target, body, {})
  await assert.rejects(update(scale), fails(409, /the object has been modified/))
  await assert.rejects(update({ ...patched, spec: { replicas: -1 } }), fails(422, /must be greater than or equal to 0/))
  assert.deepEqual((await update({ ...patched, spec: { replicas: 0 } })).object['spec'], {})
})

describe('pods', () => {
  const node = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } } as KubeObject

  test('are bound once', async () => {
    const { client, type, cluster } = await createClusterFixture()
    await client.create(type('po'), pod('p'))
    const target = { type: type('po'), namespace: 'default', name: 'p', subresource: 'binding' }
    const answer = await cluster.api.create(context, target, node, {})
    assert.equal(answer['status'], 'Success')
    const bound = cluster.peek('pods', 'default/p')!
    assert.equal((bound['spec'] as { nodeName: string }).nodeName, 'n1')
    const { conditions } = bound['status'] as { conditions: { type: string; status: string }[] }
    assert.deepEqual(
      conditions.map(({ type: kind, status }) => [kind, status]),
      [['PodScheduled', 'True']],
    )
    await assert.rejects(
      cluster.api.create(context, target, node, {}),
      fails(409, /pods\/binding "p": pod p is already assigned to node "n1"/),
    )
    assert.deepEqual((await client.list(type('po'), { fieldSelector: 'spec.nodeName=n1' })).items.length, 1)
    assert.deepEqual((await client.list(type('po'), { fieldSelector: 'spec.nodeName=' })).items.length, 0)
  })

  test('are evicted as far as their budget goes', async () => {
    const { client, type, cluster } = await createClusterFixture()
    for (const name of ['p', 'q']) {
      await client.create(type('po'), pod(name, { nodeName: 'n1' }))
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
      await client.patch(
        { type: type('po'), namespace: 'default', name, subresource: 'status' },
        { kind: 'merge', body: { status } },
      )
    }
    const budget = await client.create(type('pdb'), {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
    })
    const evict = (name: string) =>
      cluster.api.create(
        context,
        { type: type('po'), namespace: 'default', name, subresource: 'eviction' },
        { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } },
        {},
      )
    const busy = /Cannot evict pod as it would violate the pod's disruption budget/
    await assert.rejects(evict('p'), fails(429, busy))
    await client.update(
      type('pdb'),
      {
        ...budget,
        status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, observedGeneration: 1 },
      },
      { subresource: 'status' },
    )
    await evict('p')
    assert.ok(cluster.peek('pods', 'default/p')?.metadata.deletionTimestamp)
    const { disruptionsAllowed, disruptedPods } = cluster.peek('poddisruptionbudgets.policy', 'default/b')!['status'] as {
      disruptionsAllowed: number
      disruptedPods: object
    }
    assert.equal(disruptionsAllowed, 0)
    assert.deepEqual(Object.keys(disruptedPods), ['p'])
    await assert.rejects(evict('q'), (error) => {
      fails(429, busy)(error)
      const cause = (error as StatusError).status.details?.causes?.[0]
      assert.equal(cause?.reason, 'DisruptionBudget')
      assert.match(cause?.message ?? '', /needs 1 healthy pods and has 2 currently/)
      return true
    })
  })

  test('get the defaults of admission', async () => {
    const { client, type } = await createClusterFixture()
    const made = await client.create(type('po'), pod('p', { priorityClassName: 'system-node-critical' }))
    const spec = made['spec'] as Record<string, unknown>
    assert.equal(spec['serviceAccountName'], 'default')
    assert.equal(spec['priority'], 2_000_001_000)
    assert.deepEqual(
      (spec['tolerations'] as { key: string }[]).map(({ key }) => key),
      ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'],
    )
    await assert.rejects(
      client.create(type('po'), pod('q', { priorityClassName: 'none' })),
      fails(403, /pods "q" is forbidden: no PriorityClass with name none was found/),
    )
  })
})

test('services get addresses and node ports, and give them back', async () => {
  const { client, type } = await createClusterFixture()
  type Spec = { clusterIP?: string; clusterIPs?: string[]; ports: { port: number; nodePort?: number }[]; type: string }
  const service = (name: string, spec: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ port: 80 }], ...spec },
  })
  const spec = (object: KubeObject) => object['spec'] as Spec
  const a = await client.create(type('svc'), service('a', {}))
  assert.match(spec(a).clusterIP!, /^10\.96\.\d+\.\d+$/)
  assert.deepEqual(spec(a).clusterIPs, [spec(a).clusterIP])
  await assert.rejects(
    client.create(type('svc'), service('b', { clusterIP: spec(a).clusterIP })),
    fails(422, /provided IP is already allocated/),
  )
  await assert.rejects(client.create(type('svc'), service('b', { clusterIP: '10.97.0.1' })), fails(422, /not in the valid range/))
  await assert.rejects(client.create(type('svc'), service('b', { clusterIP: '10.96.0.1' })), fails(422, /already allocated/))
  const headless = await client.create(type('svc'), service('h', { clusterIP: 'None' }))
  assert.deepEqual(spec(headless).clusterIPs, ['None'])
  const open = await client.create(type('svc'), service('n', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }))
  assert.equal(spec(open).ports[0]?.nodePort, 30080)
  await assert.rejects(
    client.create(type('svc'), service('m', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })),
    fails(422, /spec\.ports\[0\]\.nodePort: Invalid value: 30080: provided port is already allocated/),
  )
  // An update that leaves out what was allocated keeps it.
  const kept = await client.update(type('svc'), service('n', { type: 'NodePort' }))
  assert.equal(spec(kept).clusterIP, spec(open).clusterIP)
  assert.equal(spec(kept).ports[0]?.nodePort, 30080)
  const closed = await client.update(type('svc'), service('n', { type: 'ClusterIP' }))
  assert.equal(spec(closed).ports[0]?.nodePort, undefined)
  await client.create(type('svc'), service('m', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }))
  const outside = await client.update(type('svc'), service('a', { type: 'ExternalName', externalName: 'x.example.com' }))
  assert.equal(spec(outside).clusterIP, undefined)
  await client.create(type('svc'), service('b', { clusterIP: spec(a).clusterIP }))
  // What only the old type had goes with it, also when a writer applies nothing but the type.
  const target = { type: type('svc'), namespace: 'default', name: 'lb' }
  const apply = (kind: string) =>
    client.patch(target, { kind: 'apply', object: service('lb', { type: kind }) }, { fieldManager: 'm', force: true })
  const balanced = (await apply('LoadBalancer'))['spec'] as Record<string, unknown>
  assert.equal(balanced['externalTrafficPolicy'], 'Cluster')
  assert.equal(balanced['allocateLoadBalancerNodePorts'], true)
  const plain = (await apply('ClusterIP'))['spec'] as Record<string, unknown>
  assert.deepEqual(Object.keys(plain).sort(), [
    'clusterIP',
    'clusterIPs',
    'internalTrafficPolicy',
    'ipFamilies',
    'ipFamilyPolicy',
    'ports',
    'sessionAffinity',
    'type',
  ])
})

test('reviews ask the ports', async () => {
  const { cluster, type } = await createClusterFixture({
    authorizer: {
      authorize: (_cluster, user, { verb, resource }) => ({ allowed: user.name === 'ann' && verb === 'get', reason: resource }),
    },
    authenticator: { authenticate: async (_cluster, { bearerToken }) => (bearerToken === 't' ? context.user : undefined) },
    rulesFor: () => ({ resourceRules: [{ verbs: ['get'] }], nonResourceRules: [], incomplete: false }),
    issueToken: async (_cluster, { serviceAccount, expirationSeconds }) => ({
      token: `for ${serviceAccount}`,
      expiresAtMs: 1_767_225_600_000 + expirationSeconds * 1000,
    }),
  })
  const ask = async (name: string, kind: string, group: string, spec: object) => {
    const body = { apiVersion: `${group}/v1`, kind, metadata: { name: '' }, spec }
    return (await cluster.api.create(context, { type: type(name), namespace: '', name: '' }, body, {}))['status']
  }
  const authorization = 'authorization.k8s.io'
  const attributes = (verb: string) => ({ resourceAttributes: { verb, resource: 'pods', namespace: 'default' } })
  assert.deepEqual(await ask('selfsubjectaccessreviews', 'SelfSubjectAccessReview', authorization, attributes('get')), {
    allowed: true,
    reason: 'pods',
  })
  assert.deepEqual(
    await ask('subjectaccessreviews', 'SubjectAccessReview', authorization, { user: 'bob', ...attributes('get') }),
    { allowed: false, reason: 'pods' },
  )
  const rules = (await ask('selfsubjectrulesreviews', 'SelfSubjectRulesReview', authorization, { namespace: 'x' })) as object
  assert.deepEqual(Object.keys(rules), ['resourceRules', 'nonResourceRules', 'incomplete'])
  const authentication = 'authentication.k8s.io'
  assert.deepEqual(await ask('selfsubjectreviews', 'SelfSubjectReview', authentication, {}), {
    userInfo: { username: 'ann', groups: ['dev'] },
  })
  assert.deepEqual(await ask('tokenreviews', 'TokenReview', authentication, { token: 't' }), {
    authenticated: true,
    user: { username: 'ann', groups: ['dev'] },
  })
  assert.deepEqual(await ask('tokenreviews', 'TokenReview', authentication, { token: 'x' }), {
    user: {},
    error: 'invalid bearer token',
  })
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'sa', namespace: 'default' } }
  await cluster.client().create(type('sa'), account)
  const target = { type: type('sa'), namespace: 'default', name: 'sa', subresource: 'token' }
  const request = (spec: object) =>
    cluster.api.create(
      context,
      target,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: '' }, spec },
      {},
    )
  assert.deepEqual((await request({ audiences: [] }))['status'], {
    token: 'for sa',
    expirationTimestamp: '2026-01-01T01:00:00Z',
  })
  await assert.rejects(request({ expirationSeconds: 10 }), fails(422, /may not specify a duration less than 10 minutes/))
})

test('clients of lesser users are authorised', async () => {
  const { cluster, type } = await createClusterFixture({
    authorizer: { authorize: (_cluster, _user, { verb }) => ({ allowed: verb === 'list', reason: '' }) },
  })
  const client = cluster.client({ user: context.user })
  assert.equal((await client.list(type('ns'))).items.length, 4)
  await assert.rejects(
    client.get({ type: type('ns'), name: 'default' }),
    fails(
      403,
      /namespaces "default" is forbidden: User "ann" cannot get resource "namespaces" in API group "" at the cluster scope/,
    ),
  )
})

test('an approval writes conditions only', async () => {
  const { client, type } = await createClusterFixture()
  const made = await client.create(type('csr'), {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'c' },
    spec: { request: 'LS0t', signerName: 'example.com/s', usages: ['client auth'] },
  })
  const conditions = [{ type: 'Approved', status: 'True', reason: 'r', message: 'm' }]
  const sent = { ...made, spec: { ...(made['spec'] as object), signerName: 'example.com/t' }, status: { conditions } }
  const approved = await client.update(type('csr'), sent, { subresource: 'approval' })
  assert.equal((approved['spec'] as { signerName: string }).signerName, 'example.com/s')
  assert.equal((approved['status'] as { conditions: { type: string }[] }).conditions[0]?.type, 'Approved')
})

test('two evictions of one pod at once both end well', async () => {
  const { client, type, cluster } = await createClusterFixture()
  await client.create(type('po'), pod('p'))
  const target = { type: type('po'), namespace: 'default', name: 'p' }
  await client.patch({ ...target, subresource: 'status' }, { kind: 'merge', body: { status: { phase: 'Running' } } })
  await client.patch(target, { kind: 'merge', body: { metadata: { finalizers: ['example.com/stay'] } } })
  const evict = () =>
    cluster.api.create(
      context,
      { ...target, subresource: 'eviction' },
      { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'default' } },
      {},
    )
  const [one, two] = await Promise.all([evict(), evict()])
  assert.deepEqual([one['status'], two['status']], ['Success', 'Success'])
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'

const map = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})
const deployment = (name: string, replicas = 1): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } },
  },
})
const fails = (code: number, message: RegExp | string, reason?: string) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.equal(error.httpCode, code)
  if (typeof message === 'string') assert.equal(error.message, message)
  else assert.match(error.message, message)
  if (reason !== undefined) assert.equal(error.reason, reason)
  return true
}

describe('create', () => {
  test('sets what the server decides, and refuses the second', async () => {
    const { client, type } = await createClusterFixture()
    const given = {
      ...map('a'),
      metadata: { ...map('a').metadata, uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', labels: {} },
    }
    const made = await client.create(type('cm'), given)
    assert.match(made.metadata.uid ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    assert.equal(made.metadata.creationTimestamp, '2026-01-01T00:00:00Z')
    assert.equal(made.metadata.labels, undefined)
    assert.equal(made.metadata.generation, undefined)
    assert.match(made.metadata.resourceVersion ?? '', /^\d+$/)
    await assert.rejects(client.create(type('cm'), map('a')), fails(409, 'configmaps "a" already exists', 'AlreadyExists'))
    await assert.rejects(
      client.create(type('cm'), { ...map('b'), metadata: { ...map('b').metadata, resourceVersion: '5' } }),
      fails(500, 'resourceVersion should not be set on objects to be created'),
    )
  })

  test('makes names', async () => {
    const { client, type } = await createClusterFixture()
    const base = 'x'.repeat(60)
    const made = await client.create(type('cm'), {
      ...map(''),
      metadata: { name: '', generateName: base, namespace: 'default' },
    })
    assert.match(made.metadata.name, /^x{58}[b-z2-9]{5}$/)
  })

  test('drops, warns of or refuses unknown fields', async () => {
    const { client, type } = await createClusterFixture()
    const odd = () => ({ ...map('a'), oddity: 1 })
    const warnings: string[] = []
    const made = await client.create(type('cm'), odd(), { dryRun: true, onWarning: (text) => warnings.push(text) })
    assert.equal(made['oddity'], undefined)
    assert.deepEqual(warnings, ['unknown field "oddity"'])
    await assert.rejects(
      client.create(type('cm'), odd(), { fieldValidation: 'Strict' }),
      fails(400, 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "oddity"'),
    )
    await assert.rejects(
      client.create(type('deploy'), { ...deployment('d'), spec: { replicas: 'many' } }),
      fails(400, /cannot unmarshal string into Go struct field/),
    )
  })

  test('needs a namespace that is there and stays', async () => {
    const { client, type } = await createClusterFixture()
    const inside = (namespace: string) => ({ ...map('a'), metadata: { name: 'a', namespace } })
    await assert.rejects(client.create(type('cm'), inside('nowhere')), fails(404, 'namespaces "nowhere" not found'))
    await client.create(type('ns'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } })
    await client.create(type('cm'), inside('going'))
    await client.delete({ type: type('ns'), name: 'going' })
    await assert.rejects(client.create(type('cm'), inside('going')), (error) => {
      fails(
        403,
        'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated',
      )(error)
      assert.equal((error as StatusError).status.details?.causes?.[0]?.reason, 'NamespaceTerminating')
      return true
    })
    const going = await client.get({ type: type('ns'), name: 'going' })
    assert.deepEqual(going['status'], { phase: 'Terminating' })
    await client.update(type('ns'), { ...going, spec: { finalizers: [] } }, { subresource: 'finalize' })
    await assert.rejects(client.get({ type: type('ns'), name: 'going' }), fails(404, 'namespaces "going" not found'))
    await assert.rejects(
      client.delete({ type: type('ns'), name: 'default' }),
      fails(403, 'namespaces "default" is forbidden: this namespace may not be deleted'),
    )
  })
})

describe('update', () => {
  test('keeps what writers cannot change, and counts generations of the spec', async () => {
    const { client, type, clock } = await createClusterFixture()
    const deploy = type('deploy')
    const made = await client.create(deploy, { ...deployment('d'), status: { replicas: 7 } })
    assert.deepEqual(made['status'], {})
    assert.equal(made.metadata.generation, 1)
    const status = await client.update(
      deploy,
      { ...made, status: { replicas: 3 }, spec: { replicas: 9 } },
      { subresource: 'status', fieldManager: 'controller' },
    )
    assert.deepEqual(status['status'], { replicas: 3 })
    assert.equal((status['spec'] as { replicas: number }).replicas, 1)
    assert.equal(status.metadata.generation, 1)
    await clock.advance(5000)
    const changed = await client.update(deploy, { ...status, spec: { ...(status['spec'] as object), replicas: 2 }, status: {} })
    assert.equal(changed.metadata.generation, 2)
    assert.deepEqual(changed['status'], { replicas: 3 })
    assert.equal(changed.metadata.creationTimestamp, made.metadata.creationTimestamp)
    assert.equal(changed.metadata.uid, made.metadata.uid)
    assert.deepEqual(
      changed.metadata.managedFields?.map((entry) => [entry.manager, entry.subresource]),
      [
        ['controller', 'status'],
        ['flotilla', undefined],
      ],
    )
  })

  test('that changes nothing writes nothing', async () => {
    const { client, type, clusters, clock } = await createClusterFixture()
    const made = await client.create(type('deploy'), deployment('d'))
    const heard: unknown[] = []
    clusters.onChange((change) => heard.push(change))
    await clock.advance(60_000)
    const same = await client.update(type('deploy'), { ...made, metadata: { ...made.metadata } })
    assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion)
    const patched = await client.patch(
      { type: type('deploy'), namespace: 'default', name: 'd' },
      { kind: 'merge', body: { spec: { replicas: 1 } } },
    )
    assert.equal(patched.metadata.resourceVersion, made.metadata.resourceVersion)
    assert.equal(heard.length, 0)
  })

  test('refuses an old resourceVersion and another uid', async () => {
    const { client, type } = await createClusterFixture()
    const made = await client.create(type('cm'), map('a'))
    await client.update(type('cm'), map('a', { x: '1' }))
    await assert.rejects(
      client.update(type('cm'), { ...made, data: { x: '2' } }),
      fails(
        409,
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
        'Conflict',
      ),
    )
    await assert.rejects(
      client.update(type('cm'), { ...map('a'), metadata: { ...map('a').metadata, uid: 'other' } }),
      fails(409, /Precondition failed: UID in precondition: other, UID in object meta: /),
    )
    await assert.rejects(client.update(type('cm'), map('absent')), fails(404, 'configmaps "absent" not found'))
  })

  test('creates where the kind allows it', async () => {
    const { cluster, type } = await createClusterFixture()
    const context = { user: { name: 'u', groups: [] }, warn() {} }
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'r', namespace: 'default' },
      rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    }
    const target = { type: type('roles'), namespace: 'default', name: 'r' }
    assert.equal((await cluster.api.update(context, target, role, {})).created, true)
    assert.equal((await cluster.api.update(context, target, role, {})).created, false)
  })
})

describe('patch', () => {
  test('json, merge, strategic', async () => {
    const { client, type } = await createClusterFixture()
    const target = { type: type('deploy'), namespace: 'default', name: 'd' }
    await client.create(type('deploy'), deployment('d'))
    type Spec = { replicas: number; template: { spec: { containers: { name: string; image: string }[] } } }
    const spec = (object: KubeObject) => object['spec'] as Spec
    const json = await client.patch(target, {
      kind: 'json',
      operations: [
        { op: 'test', path: '/spec/replicas', value: 1 },
        { op: 'replace', path: '/spec/replicas', value: 4 },
      ],
    })
    assert.equal(spec(json).replicas, 4)
    await assert.rejects(
      client.patch(target, { kind: 'json', operations: [{ op: 'test', path: '/spec/replicas', value: 1 }] }),
      fails(422, 'the server rejected our request due to an error in our request', 'Invalid'),
    )
    const strategic = await client.patch(target, {
      kind: 'strategic',
      body: { spec: { template: { spec: { containers: [{ name: 'side', image: 'b' }] } } } },
    })
    assert.deepEqual(
      spec(strategic)
        .template.spec.containers.map(({ name }) => name)
        .sort(),
      ['main', 'side'],
    )
    const merge = await client.patch(target, { kind: 'merge', body: { metadata: { labels: { a: 'b' } } } })
    assert.deepEqual(merge.metadata.labels, { a: 'b' })
    assert.equal(merge.metadata.generation, strategic.metadata.generation)
    await assert.rejects(
      client.patch(target, { kind: 'merge', body: { metadata: { resourceVersion: '1' } } }),
      fails(409, /the object has been modified/),
    )
    await assert.rejects(
      client.patch(target, { kind: 'merge', body: { metadata: { name: 'e' } } }),
      fails(400, 'the name of the object (e) does not match the name on the URL (d)'),
    )
    await assert.rejects(
      client.patch({ ...target, name: 'absent' }, { kind: 'merge', body: {} }),
      fails(404, 'deployments.apps "absent" not found'),
    )
  })

  test('apply creates, updates, gives up fields and reports conflicts', async () => {
    const { client, type, clock } = await createClusterFixture()
    const target = { type: type('cm'), namespace: 'default', name: 'a' }
    const apply = (data: Record<string, string>, fieldManager: string, force = false) =>
      client.patch(target, { kind: 'apply', object: map('a', data) }, { fieldManager, force })
    const made = await apply({ x: '1', y: '1' }, 'one')
    assert.deepEqual(made['data'], { x: '1', y: '1' })
    await clock.advance(10_000)
    assert.equal((await apply({ x: '1', y: '1' }, 'one')).metadata.resourceVersion, made.metadata.resourceVersion)
    await assert.rejects(
      apply({ x: '2' }, 'two'),
      fails(409, 'Apply failed with 1 conflict: conflict with "one": .data.x', 'Conflict'),
    )
    assert.deepEqual((await apply({ x: '2' }, 'two', true))['data'], { x: '2', y: '1' })
    assert.deepEqual((await apply({}, 'one'))['data'], { x: '2' })
    await assert.rejects(
      client.patch(target, { kind: 'apply', object: { ...map('a'), oddity: 1 } }, { fieldManager: 'one' }),
      (error) => error instanceof StatusError && /oddity/.test(error.message),
    )
  })

  test('an apply that was done before is done again when the object or the applier is another', async () => {
    const { client, type } = await createClusterFixture()
    const target = { type: type('cm'), namespace: 'default', name: 'a' }
    const apply = (fieldManager: string, dryRun = false) =>
      client.patch(target, { kind: 'apply', object: map('a', { x: '1' }) }, { fieldManager, dryRun, force: true })
    const managers = (object: KubeObject) => object.metadata.managedFields?.map(({ manager }) => manager).sort()
    const made = await apply('one')
    assert.equal(await apply('one'), made)
    assert.equal(await apply('one', true), made)
    assert.deepEqual(managers(await apply('two', true)), ['one', 'two'])
    assert.equal(await apply('one'), made)
    const shared = await apply('two')
    assert.deepEqual(managers(shared), ['one', 'two'])
    await client.update(type('cm'), map('a', { x: '2' }))
    assert.deepEqual((await apply('two'))['data'], { x: '1' })
    await client.delete(target)
    assert.deepEqual(managers(await apply('two')), ['two'])
  })

  test('applying what defaults complete again in atomic parts writes nothing', async () => {
    const { client, type, clock } = await createClusterFixture()
    const target = { type: type('deploy'), namespace: 'default', name: 'd' }
    const object = deployment('d')
    const [container] = (object['spec'] as { template: { spec: { containers: Record<string, unknown>[] } } }).template.spec
      .containers
    container!['env'] = [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }]
    const made = await client.patch(target, { kind: 'apply', object }, { fieldManager: 'm' })
    await clock.advance(60_000)
    const again = await client.patch(target, { kind: 'apply', object }, { fieldManager: 'm' })
    assert.equal(again, made)
  })

  test('apply to status leaves the rest alone', async () => {
    const { client, type } = await createClusterFixture()
    await client.create(type('deploy'), deployment('d'))
    const target = { type: type('deploy'), namespace: 'default', name: 'd', subresource: 'status' }
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, status: { replicas: 2 } }
    const after = await client.patch(target, { kind: 'apply', object }, { fieldManager: 'controller' })
    assert.deepEqual(after['status'], { replicas: 2 })
    assert.equal(after.metadata.generation, 1)
    assert.deepEqual(
      after.metadata.managedFields?.map(({ manager, operation, subresource }) => [manager, operation, subresource]),
      [
        ['controller', 'Apply', 'status'],
        ['flotilla', 'Update', undefined],
      ],
    )
  })
})

describe('delete', () => {
  test('goes at once, or waits for finalizers', async () => {
    const { client, type, cluster } = await createClusterFixture()
    const made = await client.create(type('cm'), map('a'))
    const target = { type: type('cm'), namespace: 'default', name: 'a' }
    await assert.rejects(
      client.delete(target, { preconditions: { uid: 'other' } }),
      fails(409, /the UID in the precondition \(other\) does not match the UID in record/),
    )
    await assert.rejects(client.delete(target, { preconditions: { resourceVersion: '1' } }), fails(409, /ResourceVersion/))
    await client.delete(target, { dryRun: true })
    await client.delete(target, { preconditions: { uid: made.metadata.uid ?? '' } })
    await assert.rejects(client.get(target), fails(404, 'configmaps "a" not found'))

    const held = { ...map('b'), metadata: { ...map('b').metadata, finalizers: ['example.com/hold'] } }
    await client.create(type('cm'), held)
    const context = { user: { name: 'u', groups: [] }, warn() {} }
    const first = await cluster.api.delete(context, { ...target, name: 'b' }, {})
    assert.equal(first.gone, false)
    assert.equal(first.object.metadata.deletionTimestamp, '2026-01-01T00:00:00Z')
    assert.equal(first.object.metadata.deletionGracePeriodSeconds, 0)
    const again = await cluster.api.delete(context, { ...target, name: 'b' }, {})
    assert.equal(again.object.metadata.resourceVersion, first.object.metadata.resourceVersion)
    await client.patch({ ...target, name: 'b' }, { kind: 'merge', body: { metadata: { finalizers: null } } })
    await assert.rejects(client.get({ ...target, name: 'b' }), fails(404, 'configmaps "b" not found'))
  })

  test('propagation policies become finalizers', async () => {
    const { client, type, cluster } = await createClusterFixture()
    const context = { user: { name: 'u', groups: [] }, warn() {} }
    for (const [policy, finalizers] of [
      ['Foreground', ['foregroundDeletion']],
      ['Orphan', ['orphan']],
    ] as const) {
      await client.create(type('deploy'), deployment(policy.toLowerCase()))
      const target = { type: type('deploy'), namespace: 'default', name: policy.toLowerCase() }
      const { object, gone } = await cluster.api.delete(context, target, { propagationPolicy: policy })
      assert.equal(gone, false)
      assert.deepEqual(object.metadata.finalizers, finalizers)
      assert.equal(object.metadata.generation, 2)
      const background = await cluster.api.delete(context, target, { propagationPolicy: 'Background' })
      assert.equal(background.gone, true)
    }
  })

  test('pods on a node wait for their kubelet', async () => {
    const { client, type, cluster } = await createClusterFixture()
    const context = { user: { name: 'u', groups: [] }, warn() {} }
    const pod = (name: string, nodeName?: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i' }], ...(nodeName ? { nodeName } : {}) },
    })
    const made = await client.create(type('po'), pod('free'))
    assert.deepEqual(made['status'], { phase: 'Pending', qosClass: 'BestEffort' })
    const target = (name: string) => ({ type: type('po'), namespace: 'default', name })
    assert.equal((await cluster.api.delete(context, target('free'), {})).gone, true)
    await client.create(type('po'), pod('bound', 'n1'))
    const first = await cluster.api.delete(context, target('bound'), {})
    assert.equal(first.gone, false)
    assert.equal(first.object.metadata.deletionTimestamp, '2026-01-01T00:00:30Z')
    assert.equal(first.object.metadata.deletionGracePeriodSeconds, 30)
    const longer = await cluster.api.delete(context, target('bound'), { gracePeriodSeconds: 100 })
    assert.equal(longer.object.metadata.deletionGracePeriodSeconds, 30)
    const sooner = await cluster.api.delete(context, target('bound'), { gracePeriodSeconds: 5 })
    assert.equal(sooner.object.metadata.deletionGracePeriodSeconds, 5)
    assert.equal((await cluster.api.delete(context, target('bound'), { gracePeriodSeconds: 0 })).gone, true)
  })

  test('collections by selector', async () => {
    const { client, type, cluster } = await createClusterFixture()
    for (const name of ['a', 'b', 'c']) {
      await client.create(type('cm'), {
        ...map(name),
        metadata: { ...map(name).metadata, labels: { pick: name === 'c' ? 'no' : 'yes' } },
      })
    }
    const context = { user: { name: 'u', groups: [] }, warn() {} }
    const gone = await cluster.api.deleteCollection(context, type('cm'), { namespace: 'default', labelSelector: 'pick=yes' }, {})
    assert.equal(gone.items.length, 2)
    assert.deepEqual(
      (await client.list(type('cm'))).items.map(({ metadata }) => metadata.name),
      ['c'],
    )
  })
})

test('a dry run goes all the way and stores nothing', async () => {
  const { client, type, cluster } = await createClusterFixture()
  const before = (await client.list(type('cm'))).metadata.resourceVersion
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'default' },
    spec: { type: 'NodePort', ports: [{ port: 80 }] },
  }
  const dry = await client.create(type('svc'), service, { dryRun: true })
  assert.match(String((dry['spec'] as { clusterIP?: string }).clusterIP), /^10\.96\./)
  await client.patch(
    { type: type('deploy'), namespace: 'default', name: 'd' },
    { kind: 'apply', object: deployment('d') },
    { fieldManager: 'm', dryRun: true },
  )
  assert.equal((await client.list(type('cm'))).metadata.resourceVersion, before)
  assert.equal(cluster.peek('services', 'default/s'), undefined)
})

test('objects that were handed out are never changed', async () => {
  const { client, type } = await createClusterFixture()
  const given = deployment('d')
  const copy = structuredClone(given)
  const made = await client.create(type('deploy'), given)
  assert.deepEqual(given, copy)
  const shown = structuredClone(made)
  const target = { type: type('deploy'), namespace: 'default', name: 'd' }
  await client.patch(target, {
    kind: 'strategic',
    body: { spec: { template: { spec: { containers: [{ name: 'main', image: 'x' }] } } } },
  })
  await client.patch(target, { kind: 'merge', body: { metadata: { annotations: { a: '1' } } } })
  await client.patch(target, { kind: 'apply', object: deployment('d', 3) }, { fieldManager: 'm', force: true })
  await client.patch({ ...target, subresource: 'scale' }, { kind: 'merge', body: { spec: { replicas: 8 } } })
  await client.delete(target, { propagationPolicy: 'Foreground' })
  assert.deepEqual(made, shown)
})

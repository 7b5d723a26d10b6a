import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'
import { createMemoryStorage } from '../../storage/memory-storage.js'
import { compareVersions } from './custom-resources.js'

const definition = (versions?: object[]): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', shortNames: ['wd'], categories: ['all'] },
    versions: versions ?? [version('v1')],
  },
})
const version = (name: string, more: object = {}) => ({
  name,
  served: true,
  storage: name === 'v1',
  selectableFields: [{ jsonPath: '.spec.color' }],
  subresources: {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
  },
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          required: ['color'],
          properties: {
            color: { type: 'string', enum: ['red', 'blue'] },
            replicas: { type: 'integer', default: 1 },
          },
        },
        status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
      },
    },
  },
  ...more,
})
const widget = (name: string, spec: object, apiVersion = 'example.com/v1'): KubeObject => ({
  apiVersion,
  kind: 'Widget',
  metadata: { name, namespace: 'default' },
  spec,
})
const fails = (code: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.equal(error.httpCode, code)
  assert.match(error.message, message)
  return true
}

describe('custom resources', () => {
  test('paths of a scale lead to nothing that is not the object’s own', async () => {
    const { client, type } = await createClusterFixture()
    for (const [index, path] of ['.spec.__proto__.polluted', '.spec.constructor.prototype.polluted'].entries()) {
      const name = `w${index}`
      const scale = { specReplicasPath: path, statusReplicasPath: '.status.replicas' }
      const made = definition([version('v1', { subresources: { scale } })])
      if (index === 0) await client.create(type('crd'), made)
      else await client.patch({ type: type('crd'), name: made.metadata.name }, { kind: 'merge', body: { spec: made['spec'] } })
      await client.create(type('widgets'), widget(name, { color: 'red' }))
      const target = { type: type('widgets'), namespace: 'default', name, subresource: 'scale' }
      await client.patch(target, { kind: 'merge', body: { spec: { replicas: 5 } } }).catch(() => {})
      assert.equal(Reflect.get({}, 'polluted'), undefined)
      assert.equal(Reflect.get(Object, 'polluted'), undefined)
    }
  })

  test('are served as soon as they are defined', async () => {
    const { client, type, catalogue } = await createClusterFixture()
    assert.equal(catalogue().forName('widgets'), undefined)
    const made = await client.create(type('crd'), definition())
    const { conditions, acceptedNames, storedVersions } = made['status'] as {
      conditions: { type: string; status: string }[]
      acceptedNames: { listKind: string; singular: string }
      storedVersions: string[]
    }
    assert.deepEqual(
      conditions.map((condition) => [condition.type, condition.status]),
      [
        ['NamesAccepted', 'True'],
        ['Established', 'True'],
      ],
    )
    assert.equal(acceptedNames.listKind, 'WidgetList')
    assert.equal(acceptedNames.singular, 'widget')
    assert.deepEqual(storedVersions, ['v1'])
    assert.deepEqual(type('wd').subresources, ['status', 'scale'])
    assert.equal(catalogue().forKind('example.com/v1', 'Widget'), type('widgets.example.com'))
  })

  test('are pruned, defaulted and validated', async () => {
    const { client, type } = await createClusterFixture()
    await client.create(type('crd'), definition())
    const warnings: string[] = []
    const made = await client.create(type('wd'), widget('w', { color: 'red', odd: true }), {
      onWarning: (text) => warnings.push(text),
    })
    assert.deepEqual(made['spec'], { color: 'red', replicas: 1 })
    assert.deepEqual(warnings, ['unknown field "spec.odd"'])
    assert.equal(made.metadata.generation, 1)
    await assert.rejects(
      client.create(type('wd'), widget('x', { color: 'green' })),
      fails(422, /Widget.example.com "x" is invalid: spec.color: Unsupported value: "green"/),
    )
    await assert.rejects(client.create(type('wd'), widget('x', {})), fails(422, /spec.color: Required value/))
    await assert.rejects(
      client.create(type('wd'), widget('x', { color: 'red', odd: 1 }), { fieldValidation: 'Strict' }),
      fails(400, /strict decoding error: unknown field "spec.odd"/),
    )
    const target = { type: type('wd'), namespace: 'default', name: 'w' }
    await assert.rejects(client.patch(target, { kind: 'strategic', body: { spec: { replicas: 2 } } }), fails(415, /media types/))
    const merged = await client.patch(target, { kind: 'merge', body: { spec: { replicas: 2 }, status: { replicas: 9 } } })
    assert.deepEqual(merged['spec'], { color: 'red', replicas: 2 })
    assert.equal(merged['status'], undefined)
    assert.equal(merged.metadata.generation, 2)
    const status = await client.patch(
      { ...target, subresource: 'status' },
      {
        kind: 'merge',
        body: { status: { replicas: 3, selector: 'a=b' }, spec: { replicas: 7 }, metadata: { labels: { a: 'b' } } },
      },
    )
    assert.deepEqual(status['status'], { replicas: 3, selector: 'a=b' })
    assert.deepEqual(status['spec'], { color: 'red', replicas: 2 })
    assert.equal(status.metadata.labels, undefined)
    assert.equal(status.metadata.generation, 2)
    const scale = await client.get({ ...target, subresource: 'scale' })
    assert.deepEqual([scale['spec'], scale['status']], [{ replicas: 2 }, { replicas: 3, selector: 'a=b' }])
    await assert.rejects(client.update(type('wd'), widget('w', { color: 'red' })), fails(422, /must be specified for an update/))
    assert.equal((await client.list(type('wd'), { fieldSelector: 'spec.color=red' })).items.length, 1)
    assert.equal((await client.list(type('wd'), { fieldSelector: 'spec.color=blue' })).items.length, 0)
    // An empty list of owners says nothing (of built-in kinds it starts ownership anew); one empty owner does.
    const owned = (list: object[]) => client.patch(target, { kind: 'merge', body: { metadata: { managedFields: list } } })
    assert.deepEqual((await owned([])).metadata.managedFields, status.metadata.managedFields)
    assert.equal((await owned([{}])).metadata.managedFields, undefined)
    const applied = await client.patch(
      { ...target, name: 'new' },
      { kind: 'apply', object: widget('new', { color: 'blue' }) },
      { fieldManager: 'me' },
    )
    assert.deepEqual(applied['spec'], { color: 'blue', replicas: 1 })
  })

  test('show the same objects in every version', async () => {
    const { client, type } = await createClusterFixture()
    await client.create(type('crd'), definition([version('v1'), version('v1beta1'), version('v2', { served: false })]))
    await client.create(type('widgets.v1beta1.example.com'), widget('w', { color: 'red' }, 'example.com/v1beta1'))
    const old = await client.get({ type: type('widgets.v1beta1.example.com'), namespace: 'default', name: 'w' })
    const now = await client.get({ type: type('wd'), namespace: 'default', name: 'w' })
    assert.equal(old.apiVersion, 'example.com/v1beta1')
    assert.equal(now.apiVersion, 'example.com/v1')
    assert.equal(old.metadata.resourceVersion, now.metadata.resourceVersion)
    assert.equal(type('wd').version, 'v1')
    assert.throws(() => type('widgets.v2.example.com'))
    assert.deepEqual(['v1beta1', 'v2', 'v10', 'foo', 'v1', 'v2alpha1', 'v1beta2', 'bar'].sort(compareVersions), [
      'v10',
      'v2',
      'v1',
      'v1beta2',
      'v1beta1',
      'v2alpha1',
      'bar',
      'foo',
    ])
  })

  test('stored before another version was, are shown in that one too', async () => {
    const { client, type } = await createClusterFixture()
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
    const versions = ['v1', 'v2'].map((name) => ({ ...version(name, { schema }), selectableFields: [] }))
    const made = await client.create(type('crd'), definition(versions))
    await client.create(type('widgets.v1.example.com'), widget('w', { color: 'red' }))
    const spec = { ...(made['spec'] as object), versions: versions.map((each) => ({ ...each, storage: each.name === 'v2' })) }
    await client.update(type('crd'), { ...made, spec })
    const target = { type: type('widgets.v2.example.com'), namespace: 'default', name: 'w' }
    const old = await client.get(target)
    assert.equal(old.apiVersion, 'example.com/v2')
    const next = await client.update(target.type, { ...old, spec: { color: 'blue' } })
    assert.equal(next.apiVersion, 'example.com/v2')
    assert.equal((await client.get({ ...target, type: type('widgets.v1.example.com') })).apiVersion, 'example.com/v1')
  })

  test('get defaults that are younger than they are', async () => {
    const { client, type } = await createClusterFixture()
    const made = await client.create(type('crd'), definition())
    await client.create(type('wd'), widget('w', { color: 'red' }))
    const target = { type: type('wd'), namespace: 'default', name: 'w' }
    const text = JSON.stringify(made['spec']).replace('"enum":["red","blue"]', '"enum":["red","blue"],"default":"blue"')
    const spec = JSON.parse(text.replace('"replicas":{', '"size":{"type":"string","default":"xl"},"replicas":{'))
    await client.update(type('crd'), { ...made, spec })
    const read = await client.get(target)
    assert.deepEqual(read['spec'], { color: 'red', replicas: 1, size: 'xl' })
    assert.equal(await client.get(target), read, 'made once')
    assert.equal((await client.list(type('wd'))).items[0], read)
  })

  test('need a definition that can be served', async () => {
    const { client, type } = await createClusterFixture()
    const refused: [KubeObject, RegExp][] = [
      [{ ...definition(), metadata: { name: 'gadgets.example.com' } }, /must be spec.names.plural\+"."\+spec.group/],
      [definition([]), /must have exactly one version marked as storage version/],
      [definition([version('v1'), version('v2', { storage: true })]), /must have exactly one version marked as storage version/],
      [definition([version('v1', { schema: undefined })]), /spec.versions\[0\].schema.openAPIV3Schema: Required value/],
    ]
    for (const [object, message] of refused) await assert.rejects(client.create(type('crd'), object), fails(422, message))
  })

  test('go with their definition, which waits for the last', async () => {
    const { client, type, clock, cluster } = await createClusterFixture()
    await client.create(type('crd'), definition())
    await client.create(type('wd'), widget('plain', { color: 'red' }))
    const held = widget('held', { color: 'red' })
    await client.create(type('wd'), { ...held, metadata: { ...held.metadata, finalizers: ['hold.example.com'] } })
    const wd = type('wd')
    let ended = false
    const watching = (async () => {
      for await (const event of client.watch(wd, {})) void event
      ended = true
    })()
    await client.delete({ type: type('crd'), name: 'widgets.example.com' })
    const going = await client.get({ type: type('crd'), name: 'widgets.example.com' })
    assert.ok(going.metadata.deletionTimestamp)
    assert.deepEqual(
      (await client.list(wd)).items.map(({ metadata }) => metadata.name),
      ['held'],
    )
    await assert.rejects(client.create(wd, widget('late', { color: 'red' })), fails(405, /create is not supported/))
    await client.patch(
      { type: wd, namespace: 'default', name: 'held' },
      { kind: 'merge', body: { metadata: { finalizers: null } } },
    )
    await clock.advance(0)
    assert.equal(cluster.peek('customresourcedefinitions.apiextensions.k8s.io', 'widgets.example.com'), undefined)
    await assert.rejects(client.list(wd), fails(404, /could not find the requested resource/))
    await watching
    assert.equal(ended, true)
  })

  test('are served again after a restart', async () => {
    const storage = createMemoryStorage()
    const first = await createClusterFixture({ storage })
    await first.client.create(first.type('crd'), definition())
    await first.client.create(first.type('wd'), widget('w', { color: 'red' }))
    const second = await createClusterFixture({ storage })
    assert.equal((await second.client.list(second.type('wd'))).items.length, 1)
  })
})

test('the end of a definition goes on after a restart', async () => {
  const storage = createMemoryStorage()
  const first = await createClusterFixture({ storage })
  await first.client.create(first.type('crd'), definition())
  await first.client.create(first.type('wd'), widget('w', { color: 'red' }))
  // As if the process had died right behind this write.
  const resource = 'customresourcedefinitions.apiextensions.k8s.io'
  const key = 'widgets.example.com'
  const stored = first.cluster.peek(resource, key)!
  const metadata = { ...stored.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 }
  await storage.open('test').commit({ resource, key, expected: metadata.resourceVersion!, object: { ...stored, metadata } })
  const second = await createClusterFixture({ storage })
  assert.equal(second.cluster.peek(resource, key), undefined)
  assert.equal(second.cluster.peek('widgets.example.com', 'default/w'), undefined)
})

test('event APIs and autoscaler versions show the same objects', async () => {
  const { client, type } = await createClusterFixture()
  await client.create(type('events.v1.events.k8s.io'), {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'default' },
    note: 'hello',
    reason: 'R',
    action: 'A',
    type: 'Normal',
    eventTime: '2026-01-01T00:00:00.000000Z',
    regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
    reportingController: 'c',
    reportingInstance: 'i',
  })
  const core = await client.get({ type: type('ev'), namespace: 'default', name: 'e' })
  assert.equal(core.apiVersion, 'v1')
  assert.equal(core['message'], 'hello')
  assert.deepEqual(core['involvedObject'], { kind: 'Pod', name: 'p', namespace: 'default' })
  assert.equal((await client.list(type('ev'), { fieldSelector: 'involvedObject.name=p' })).items.length, 1)
  const regarding = { fieldSelector: 'regarding.name=p,reportingController=c' }
  assert.equal((await client.list(type('events.v1.events.k8s.io'), regarding)).items.length, 1)
  const again = await client.get({ type: type('events.v1.events.k8s.io'), namespace: 'default', name: 'e' })
  assert.equal(again['note'], 'hello')
  await client.create(type('hpa.v1.autoscaling'), {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', namespace: 'default' },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 70, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
  })
  const v2 = await client.get({ type: type('hpa'), namespace: 'default', name: 'h' })
  assert.equal(v2.apiVersion, 'autoscaling/v2')
  assert.deepEqual((v2['spec'] as { metrics: unknown }).metrics, [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
  ])
  const v1 = await client.get({ type: type('hpa.v1.autoscaling'), namespace: 'default', name: 'h' })
  assert.equal((v1['spec'] as { targetCPUUtilizationPercentage: number }).targetCPUUtilizationPercentage, 70)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'routes.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Route', plural: 'routes' },
    versions: [
      { name: 'v1', served: true, storage: true, schema: typed('hostPort') },
      { name: 'v2', served: true, storage: false, schema: typed('host', 'port') },
    ],
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: 'https://hooks.example.com/convert' }, conversionReviewVersions: ['v1'] },
    },
  },
}
function typed(...names: string[]) {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]))
  const selectableFields = names.map((name) => ({ jsonPath: `.${name}` }))
  return { openAPIV3Schema: { type: 'object', properties }, selectableFields }
}

interface Route extends KubeObject {
  hostPort?: string
  host?: string
  port?: string
}

function convert(route: Route, apiVersion: string): Route {
  if (route.hostPort === undefined) {
    const { host, port, ...rest } = route
    return { ...rest, apiVersion, hostPort: `${host}:${port}` }
  }
  const { hostPort, ...rest } = route
  const [host = '', port = ''] = hostPort.split(':')
  const metadata = { ...rest.metadata, resourceVersion: 'mine', labels: { ...rest.metadata.labels, by: 'hook' } }
  return { ...rest, apiVersion, metadata, host, port }
}

async function start() {
  const asked: { apiVersion: string; names: string[] }[] = []
  const hook = { answers: (objects: Route[], apiVersion: string) => objects.map((each) => convert(each, apiVersion)) }
  const fixture = await createClusterFixture({
    async askConversion(_storage, clientConfig, review) {
      assert.deepEqual(clientConfig, definition.spec.conversion.webhook.clientConfig)
      const { request } = JSON.parse(review) as { request: { uid: string; desiredAPIVersion: string; objects: Route[] } }
      const { uid, desiredAPIVersion: apiVersion, objects } = request
      asked.push({ apiVersion, names: objects.map(({ metadata }) => metadata.name) })
      const convertedObjects = hook.answers(objects, apiVersion)
      return { kind: 'ConversionReview', response: { uid, result: { status: 'Success' }, convertedObjects } }
    },
  })
  const { selectableFields: _first, ...one } = typed('hostPort')
  const { selectableFields: _second, ...two } = typed('host', 'port')
  const versions = definition.spec.versions.map((version, index) => ({
    ...version,
    schema: index === 0 ? one : two,
    selectableFields: version.schema.selectableFields,
  }))
  await fixture.client.create(fixture.type('crd'), { ...definition, spec: { ...definition.spec, versions } })
  const types = { v1: fixture.type('routes.v1.example.com'), v2: fixture.type('routes.v2.example.com') }
  const route = (name: string, version: 'v1' | 'v2', more: object) =>
    fixture.client.create(types[version], {
      apiVersion: `example.com/${version}`,
      kind: 'Route',
      metadata: { name, namespace: 'default' },
      ...more,
    })
  return { ...fixture, ...types, route, asked, hook }
}

test('a webhook converts what is written, read, listed, selected and watched', async () => {
  const { client, v1, v2, route, asked } = await start()
  const events: string[] = []
  const stop = new AbortController()
  const watching = (async () => {
    for await (const { type, object } of client.watch(v2, { namespace: 'default', signal: stop.signal })) {
      const { host, hostPort, metadata } = object as Route
      events.push(`${type} ${metadata.name} ${host}${hostPort ?? ''} ${metadata.labels?.['by']}`)
    }
  })().catch(() => undefined)
  const first: KubeObject = await route('a', 'v1', { hostPort: 'one:80' })
  assert.equal((first as Route).hostPort, 'one:80')
  const second = (await route('b', 'v2', { host: 'two', port: '90', noise: 'x' })) as Route
  assert.deepEqual([second.apiVersion, second.host, second['noise']], ['example.com/v2', 'two', undefined])
  const read = (await client.get({ type: v2, namespace: 'default', name: 'a' })) as Route
  assert.deepEqual([read.host, read.port, read.hostPort], ['one', '80', undefined])
  assert.equal(read.metadata.resourceVersion, first.metadata.resourceVersion)
  const old = (await client.get({ type: v1, namespace: 'default', name: 'b' })) as Route
  assert.deepEqual([old.apiVersion, old.hostPort], ['example.com/v1', 'two:90'])
  const listed = (await client.list(v2, { fieldSelector: 'host=two,port=90' })).items
  assert.deepEqual(
    listed.map(({ metadata }) => metadata.name),
    ['b'],
  )
  assert.deepEqual(
    (await client.list(v1, { fieldSelector: 'hostPort=one:80' })).items.map(({ metadata }) => metadata.name),
    ['a'],
  )
  const patched = await client.patch({ type: v2, namespace: 'default', name: 'a' }, { kind: 'merge', body: { port: '81' } })
  assert.deepEqual([(patched as Route).port, patched.apiVersion], ['81', 'example.com/v2'])
  assert.equal(((await client.get({ type: v1, namespace: 'default', name: 'a' })) as Route).hostPort, 'one:81')
  // Each version is made with what is written, so reading asks nobody.
  const before = asked.length
  await client.list(v1, {})
  await client.list(v2, {})
  assert.equal(asked.length, before)
  await client.delete({ type: v1, namespace: 'default', name: 'b' })
  await new Promise((done) => setTimeout(done, 5))
  stop.abort()
  await watching
  assert.deepEqual(events, ['ADDED a one hook', 'ADDED b two undefined', 'MODIFIED a one hook', 'DELETED b two undefined'])
})

test('what a webhook answers is judged, and its failure is told', async () => {
  const { client, v1, v2, route, hook } = await start()
  const right = hook.answers
  hook.answers = () => {
    throw new Error('connection refused')
  }
  // What is stored needs no conversion; who wants the other version is told.
  await route('a', 'v1', { hostPort: 'one:80' })
  const target = { type: v2, namespace: 'default', name: 'a' }
  await assert.rejects(client.get(target), /conversion webhook for example.com\/v1, Kind=Route failed: connection refused/)
  await assert.rejects(client.list(v2, {}), /connection refused/)
  await assert.rejects(route('c', 'v2', { host: 'two', port: '90' }), /connection refused/)
  const answers: [(objects: Route[], apiVersion: string) => Route[], RegExp][] = [
    [() => [], /returned 0 objects, expected 1/],
    [(objects) => objects, /invalid groupVersion \(expected example.com\/v2, received example.com\/v1\)/],
    [(objects, apiVersion) => objects.map((each) => ({ ...each, apiVersion, kind: 'Other' })), /invalid kind/],
    [
      (objects, apiVersion) => objects.map((each) => ({ ...each, apiVersion, metadata: { ...each.metadata, uid: 'x' } })),
      /must have the same UID/,
    ],
    [() => ['x'] as never, /it is no object/],
  ]
  for (const [answer, message] of answers) {
    hook.answers = answer
    await assert.rejects(client.get(target), message)
  }
  hook.answers = right
  assert.equal(((await client.get(target)) as Route).host, 'one')
  assert.equal(((await client.get({ ...target, type: v1 })) as Route).hostPort, 'one:80')
})

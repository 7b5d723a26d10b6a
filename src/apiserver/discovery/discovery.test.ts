import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EmbeddedApi, startEmbeddedApi } from '../../../test/support/worlds/embedded-api.js'

let api: EmbeddedApi
before(async () => {
  api = await startEmbeddedApi()
})
after(() => api.close())

const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'] },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      },
    ],
  },
}

interface Resource {
  resource: string
  subresources?: { subresource: string; responseKind: object; verbs: string[] }[]
}

test('aggregated discovery has everything in one document, with a validator', async () => {
  const answer = await api.ask('GET', '/apis', { headers: { accept: aggregated } })
  assert.equal(answer.headers['content-type'], 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')
  assert.equal(answer.headers['vary'], 'Accept')
  assert.match(answer.headers['etag'] as string, /^"[0-9A-F]{128}"$/)
  assert.equal(answer.json.apiVersion, 'apidiscovery.k8s.io/v2')
  const apps = answer.json.items.find((item: { metadata: { name: string } }) => item.metadata.name === 'apps')
  const deployments = apps.versions[0].resources.find((item: Resource) => item.resource === 'deployments')
  assert.equal(deployments.scope, 'Namespaced')
  assert.equal(deployments.singularResource, 'deployment')
  assert.deepEqual(deployments.shortNames, ['deploy'])
  assert.deepEqual(deployments.subresources[0], {
    subresource: 'scale',
    responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    verbs: ['get', 'patch', 'update'],
  })
  const known = await api.ask('GET', '/apis', {
    headers: { accept: aggregated, 'if-none-match': answer.headers['etag'] as string },
  })
  assert.equal(known.code, 304)
  assert.equal(known.text, '')
  const older = await api.ask('GET', '/api', {
    headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList' },
  })
  assert.equal(older.json.apiVersion, 'apidiscovery.k8s.io/v2beta1')
  const pods = older.json.items[0].versions[0].resources.find((item: Resource) => item.resource === 'pods')
  const eviction = pods.subresources.find((item: { subresource: string }) => item.subresource === 'eviction')
  assert.deepEqual(eviction.responseKind, { group: 'policy', version: 'v1', kind: 'Eviction' })
})

test('legacy discovery', async () => {
  assert.deepEqual((await api.ask('GET', '/api')).json.versions, ['v1'])
  const groups = (await api.ask('GET', '/apis')).json
  assert.equal(groups.kind, 'APIGroupList')
  const autoscaling = (await api.ask('GET', '/apis/autoscaling')).json
  assert.deepEqual(autoscaling.preferredVersion, { groupVersion: 'autoscaling/v2', version: 'v2' })
  const core = (await api.ask('GET', '/api/v1')).json
  const names = core.resources.map((item: { name: string }) => item.name)
  for (const name of ['pods', 'pods/log', 'pods/eviction', 'serviceaccounts/token', 'namespaces/finalize']) {
    assert.ok(names.includes(name), name)
  }
  assert.equal((await api.ask('GET', '/apis/absent.example.com')).code, 404)
  assert.equal((await api.ask('GET', '/apis/apps/v2')).code, 404)
  const { definitions } = (await api.ask('GET', '/openapi/v2')).json
  assert.equal(definitions['io.k8s.api.core.v1.Pod'].properties.spec.$ref, '#/definitions/io.k8s.api.core.v1.PodSpec')
  assert.equal((await api.ask('GET', '/openapi/v2/more')).code, 404)
  assert.ok((await api.ask('GET', '/')).json.paths.includes('/apis/apps/v1'))
})

test('OpenAPI documents are named by their hash', async () => {
  const index = (await api.ask('GET', '/openapi/v3')).json
  const { serverRelativeURL } = index.paths['apis/apps/v1']
  const document = await api.ask('GET', serverRelativeURL)
  assert.match(document.headers['cache-control'] as string, /immutable/)
  assert.ok(document.json.components.schemas['io.k8s.api.apps.v1.Deployment'])
  const patch = document.json.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch
  assert.ok(patch.parameters.some((parameter: { name: string }) => parameter.name === 'fieldValidation'))
  const moved = await api.ask('GET', '/openapi/v3/apis/apps/v1?hash=OLD')
  assert.equal(moved.code, 301)
  assert.equal(moved.headers['location'], serverRelativeURL)
})

test('a definition appears everywhere and goes again', async () => {
  const before = (await api.ask('GET', '/apis', { headers: { accept: aggregated } })).headers['etag']
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  assert.equal((await api.ask('POST', path, { body: widgets })).code, 201)
  const after = await api.ask('GET', '/apis', { headers: { accept: aggregated } })
  assert.notEqual(after.headers['etag'], before)
  const group = after.json.items.find((item: { metadata: { name: string } }) => item.metadata.name === 'example.com')
  assert.equal(group.versions[0].resources[0].responseKind.kind, 'Widget')
  const { paths } = (await api.ask('GET', '/openapi/v3')).json
  const document = (await api.ask('GET', paths['apis/example.com/v1'].serverRelativeURL)).json
  assert.ok(JSON.stringify(document.components.schemas).includes('"size"'))
  const items = '/apis/example.com/v1/namespaces/default/widgets'
  const body = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 3 } }
  assert.equal((await api.ask('POST', items, { body })).code, 201)
  const table = await api.ask('GET', items, { headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } })
  assert.deepEqual(table.json.rows[0].cells, ['w', 3])
  const strategic = await api.ask('PATCH', `${items}/w`, {
    body: {},
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
  })
  assert.equal(strategic.code, 415)
  await api.ask('DELETE', `${path}/widgets.example.com`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../base/json.js'
import type { ResourceType } from '../object/resource-type.js'
import { builtInSchemas } from './built-in.js'
import { loadDescriptions } from './descriptions.js'
import { openApiV3Document, openApiV3Index } from './openapi.js'
import { builtInResources } from './resources.js'
import type { SchemaCatalogue } from './schema-node.js'
import { fromStructuralSchema } from './structural.js'

const schemasOf = (document: JsonObject) => (document['components'] as { schemas: Record<string, JsonObject> }).schemas
const at = (value: unknown, ...steps: (string | number)[]): unknown =>
  steps.reduce<unknown>((found, step) => (found as Record<string | number, unknown> | undefined)?.[step], value)

/** Every reference of the document leads to a component. */
function assertClosed(document: JsonObject): void {
  const schemas = schemasOf(document)
  for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    assert.ok(schemas[name as string], name)
  }
}

test('apply finds fieldValidation on the PATCH operation of every patchable kind', () => {
  for (const resource of builtInResources) {
    const groupVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
    if (resource.verbs?.includes('patch') !== true) continue
    const document = openApiV3Document(groupVersion, [resource], builtInSchemas)
    const root = resource.group === '' ? `/api/${groupVersion}` : `/apis/${groupVersion}`
    const path = `${root}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.plural}/{name}`
    const patch = at(document, 'paths', path, 'patch') as JsonObject
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], {
      group: resource.group,
      kind: resource.kind,
      version: resource.version,
    })
    const names = (patch['parameters'] as { name: string }[]).map((parameter) => parameter.name)
    for (const name of ['dryRun', 'fieldManager', 'fieldValidation', 'force']) assert.ok(names.includes(name), `${path} ${name}`)
    assertClosed(document)
  }
})

test('schemas carry what merge and apply read', () => {
  const schemas = schemasOf(openApiV3Document('apps/v1', builtInResources, builtInSchemas))
  assert.deepEqual(at(schemas, 'io.k8s.api.core.v1.Container', 'properties', 'ports'), {
    type: 'array',
    items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.ContainerPort' }], default: {} },
    'x-kubernetes-patch-merge-key': 'containerPort',
    'x-kubernetes-patch-strategy': 'merge',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
  })
  assert.deepEqual(at(schemas, 'io.k8s.api.apps.v1.DeploymentSpec', 'required'), ['selector', 'template'])
  assert.equal(at(schemas, 'io.k8s.api.core.v1.LocalObjectReference', 'x-kubernetes-map-type'), 'atomic')
  assert.equal(at(schemas, 'io.k8s.api.core.v1.ContainerPort', 'properties', 'protocol', 'default'), 'TCP')
  assert.deepEqual(at(schemas, 'io.k8s.api.apps.v1.Deployment', 'x-kubernetes-group-version-kind'), [
    { group: 'apps', kind: 'Deployment', version: 'v1' },
  ])
})

test('descriptions are there when they are loaded', async () => {
  const schemas = schemasOf(openApiV3Document('v1', builtInResources, builtInSchemas, await loadDescriptions()))
  assert.match(String(at(schemas, 'io.k8s.api.core.v1.Pod', 'description')), /collection of containers/)
  assert.match(String(at(schemas, 'io.k8s.api.core.v1.Volume', 'properties', 'hostPath', 'description')), /hostPath represents/)
  const bare = schemasOf(openApiV3Document('v1', builtInResources, builtInSchemas))
  assert.equal(at(bare, 'io.k8s.api.core.v1.Pod', 'description'), undefined)
})

test('custom resources', () => {
  const schema = {
    type: 'object',
    description: 'A thing.',
    properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
  }
  const resource: ResourceType = {
    group: 'example.com',
    version: 'v1',
    kind: 'Thing',
    plural: 'things',
    namespaced: true,
    subresources: ['status'],
  }
  const node = fromStructuralSchema(schema)
  const catalogue: SchemaCatalogue = { forKind: (_apiVersion, kind) => (kind === 'Thing' ? node : undefined) }
  const document = openApiV3Document('example.com/v1', [resource], catalogue)
  const thing = schemasOf(document)['com.example.v1.Thing']
  assert.equal(at(thing, 'properties', 'spec', 'properties', 'size', 'type'), 'integer')
  assert.equal(at(thing, 'properties', 'kind', 'type'), 'string')
  assert.equal(
    at(thing, 'properties', 'metadata', 'allOf', 0, '$ref'),
    '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  )
  assert.ok(schemasOf(document)['com.example.v1.ThingList'])
  const path = '/apis/example.com/v1/namespaces/{namespace}/things/{name}'
  const patchBody = at(document, 'paths', path, 'patch', 'requestBody', 'content') as JsonObject
  assert.equal('application/strategic-merge-patch+json' in patchBody, false)
  assert.ok(at(document, 'paths', `${path}/status`, 'put'))
  assertClosed(document)
})

test('the index names each document by its content', () => {
  assert.deepEqual(
    openApiV3Index(['v1', 'apps/v1'], () => 'AB'),
    {
      paths: {
        'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=AB' },
        'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1?hash=AB' },
      },
    },
  )
})

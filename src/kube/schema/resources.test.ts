import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiVersionOf } from '../object/kube-object.js'
import { kindKeyOf } from '../object/resource-type.js'
import { builtInSchemas } from './built-in.js'
import { builtInResources } from './resources.js'

test('every resource has a schema, a unique kind and a unique address', () => {
  const kinds = new Set<string>()
  const plurals = new Set<string>()
  for (const resource of builtInResources) {
    assert.ok(builtInSchemas.forKind(apiVersionOf(resource.group, resource.version), resource.kind), resource.kind)
    kinds.add(kindKeyOf(resource))
    plurals.add(`${resource.group}/${resource.version}/${resource.plural}`)
  }
  assert.equal(kinds.size, builtInResources.length)
  assert.equal(plurals.size, builtInResources.length)
})

test('what kubectl asks discovery for', () => {
  const find = (plural: string) => builtInResources.find((resource) => resource.plural === plural)
  assert.deepEqual(find('deployments')?.shortNames, ['deploy'])
  assert.equal(find('namespaces')?.verbs?.includes('deletecollection'), false)
  assert.ok(find('pods')?.subresources?.includes('eviction'))
  assert.equal(find('nodes')?.namespaced, false)
  assert.equal(find('selfsubjectaccessreviews')?.verbs?.join(), 'create')
  assert.equal(find('horizontalpodautoscalers')?.version, 'v2')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInSchemas } from './built-in.js'
import type { SchemaNode } from './schema-node.js'
import { builtInKinds } from './tables.js'

function at(apiVersion: string, kind: string, path: string): SchemaNode {
  let node = builtInSchemas.forKind(apiVersion, kind)
  for (const step of path.split('.').filter((part) => part !== '')) {
    node = step === '*' ? node?.items : node?.fields?.get(step)?.schema
  }
  assert.ok(node, `${kind}.${path}`)
  return node
}

test('list, map and merge markers are on the field', () => {
  const ports = at('v1', 'Pod', 'spec.containers.*.ports')
  assert.equal(ports.type, 'list')
  assert.equal(ports.listType, 'map')
  assert.deepEqual(ports.listMapKeys, ['containerPort', 'protocol'])
  assert.deepEqual(ports.patchStrategy, ['merge'])
  assert.equal(ports.patchMergeKey, 'containerPort')
  assert.deepEqual(at('v1', 'Pod', 'spec.volumes').patchStrategy, ['merge', 'retainKeys'])
  assert.equal(at('v1', 'Pod', 'spec.nodeSelector').mapType, 'atomic')
  assert.equal(at('v1', 'Pod', 'metadata.finalizers').listType, 'set')
  assert.equal(at('v1', 'Pod', 'spec.containers.*.args').patchStrategy, undefined)
  assert.equal(at('v1', 'Pod', 'spec.containers.*.ports.*.protocol').default, 'TCP')
  assert.equal(at('v1', 'Pod', 'spec.imagePullSecrets.*').mapType, 'atomic')
})

test('inlined structs stand in the JSON of their parent', () => {
  assert.equal(at('v1', 'Pod', 'spec.volumes.*.hostPath.path').type, 'string')
  assert.equal(at('v1', 'Pod', 'spec.containers.*.livenessProbe.httpGet.port').type, 'int-or-string')
  assert.equal(at('v1', 'Pod', 'spec.ephemeralContainers.*.image').type, 'string')
  assert.equal(at('v1', 'Pod', 'apiVersion').type, 'string')
})

test('fields keep their needs, widths and numbers', () => {
  const deployment = at('apps/v1', 'Deployment', 'spec')
  assert.equal(deployment.fields?.get('selector')?.required, true)
  assert.equal(deployment.fields?.get('replicas')?.required, false)
  assert.equal(deployment.fields?.get('replicas')?.number, 1)
  assert.equal(deployment.fields?.get('replicas')?.schema.format, 'int32')
  assert.equal(at('v1', 'Pod', 'spec.containers.*.resources.limits.*').type, 'quantity')
  assert.equal(at('v1', 'Service', 'spec.type').goName, 'v1.ServiceType')
  assert.deepEqual(at('v1', 'Service', 'spec.type').enumeration, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'])
})

test('recursive and special types', () => {
  const props = at('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'spec.versions.*.schema.openAPIV3Schema')
  assert.equal(props.fields?.get('properties')?.schema.items?.fields, props.fields)
  assert.equal(props.fields?.get('default')?.schema.type, 'any')
  assert.equal(at('v1', 'Secret', 'data.*').type, 'bytes')
  assert.equal(at('coordination.k8s.io/v1', 'Lease', 'spec.renewTime').type, 'micro-time')
})

test('meta kinds belong to every apiVersion, unknown kinds to none', () => {
  assert.equal(builtInSchemas.forKind('v1', 'DeleteOptions')?.name, 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')
  assert.equal(builtInSchemas.forKind('v1', 'Deployment'), undefined)
  assert.equal(builtInSchemas.forKind('__proto__', 'constructor'), undefined)
  assert.equal(builtInSchemas.forKind('v1', 'toString'), undefined)
})

test('every kind resolves down to its leaves', () => {
  const seen = new Set<SchemaNode>()
  const walk = (node: SchemaNode) => {
    if (seen.has(node)) return
    seen.add(node)
    if (node.items) walk(node.items)
    for (const field of node.fields?.values() ?? []) walk(field.schema)
  }
  let kinds = 0
  for (const [apiVersion, of] of Object.entries(builtInKinds())) {
    for (const kind of Object.keys(of)) {
      const node = builtInSchemas.forKind(apiVersion, kind)
      assert.ok(node, kind)
      assert.ok(node.fields?.has('kind'), kind)
      walk(node)
      kinds++
    }
  }
  assert.ok(kinds > 120)
})

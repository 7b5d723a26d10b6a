import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../object/kube-object.js'
import { StatusError } from '../object/status-error.js'
import { builtInSchemas } from '../schema/built-in.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { fieldSetOf } from './field-set.js'
import { lastAppliedAnnotation } from './last-applied.js'
import { applyServerSide, recordUpdate } from './server-side-apply.js'

const schema = builtInSchemas.forKind('apps/v1', 'Deployment') as SchemaNode
const configMaps = builtInSchemas.forKind('v1', 'ConfigMap') as SchemaNode
const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`

function deployment(replicas?: number, image = 'web:1'): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
    },
  }
}

function configMap(data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' }, data }
}

const managersOf = (object: KubeObject) =>
  (object.metadata.managedFields ?? []).map((entry) => `${entry.operation} ${entry.manager}`)

test('a conflict names the manager, its version and subresource, and the field', () => {
  let live = recordUpdate({ schema, updated: deployment(3), manager: 'kubectl', nowText: at(0) })
  assert.throws(
    () => applyServerSide({ schema, live, applied: deployment(5), manager: 'argo', nowText: at(1) }),
    (error) => {
      assert.ok(error instanceof StatusError)
      assert.equal(error.httpCode, 409)
      assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas')
      assert.deepEqual(error.status.details?.causes, [
        { reason: 'FieldManagerConflict', message: 'conflict with "kubectl" using apps/v1', field: '.spec.replicas' },
      ])
      return true
    },
  )
  live = recordUpdate({
    schema,
    live,
    updated: { ...live, spec: { ...(live['spec'] as object), replicas: 4 } },
    manager: 'hpa',
    subresource: 'scale',
    nowText: at(2),
  })
  assert.throws(() => applyServerSide({ schema, live, applied: deployment(5), manager: 'argo', nowText: at(3) }), {
    message: 'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas',
  })
  const forced = applyServerSide({ schema, live, applied: deployment(5), manager: 'argo', force: true, nowText: at(3) })
  assert.equal((forced['spec'] as { replicas: number }).replicas, 5)
  assert.deepEqual(managersOf(forced), ['Apply argo', 'Update kubectl'])
})

test('what an applier drops goes, unless somebody else owns it', () => {
  const full = configMap({ a: '1', b: '2' })
  let live = applyServerSide({ schema: configMaps, applied: full, manager: 'one', nowText: at(0) })
  live = applyServerSide({ schema: configMaps, live, applied: configMap({ b: '2' }), manager: 'two', nowText: at(1) })
  live = applyServerSide({ schema: configMaps, live, applied: configMap({}), manager: 'one', nowText: at(2) })
  assert.deepEqual(live['data'], { b: '2' })
  live = applyServerSide({ schema: configMaps, live, applied: configMap({}), manager: 'two', nowText: at(3) })
  assert.equal(live['data'], undefined)
})

test('writing the same again gives the very same object', () => {
  const live = applyServerSide({ schema, applied: deployment(1), manager: 'argo', nowText: at(0) })
  assert.equal(applyServerSide({ schema, live, applied: deployment(1), manager: 'argo', nowText: at(9) }), live)
  const again = recordUpdate({ schema, live, updated: structuredClone(live), manager: 'kubectl', nowText: at(9) })
  assert.deepEqual(again, live)
  assert.equal(again.metadata.managedFields, live.metadata.managedFields)
})

test('at most ten Update managers are told apart', () => {
  let live = recordUpdate({ schema: configMaps, updated: configMap({ k0: 'x' }), manager: 'm0', nowText: at(0) })
  for (let index = 1; index <= 13; index++) {
    const data = { ...(live['data'] as Record<string, string>), [`k${index}`]: 'x' }
    live = recordUpdate({ schema: configMaps, live, updated: { ...live, data }, manager: `m${index}`, nowText: at(index) })
  }
  assert.deepEqual(managersOf(live), [
    'Update ancient-changes',
    ...[5, 6, 7, 8, 9, 10, 11, 12, 13].map((index) => `Update m${index}`),
  ])
  const [oldest] = live.metadata.managedFields ?? []
  assert.ok(oldest)
  assert.deepEqual(Object.keys(oldest.fieldsV1['f:data'] as object), ['.', 'f:k0', 'f:k1', 'f:k2', 'f:k3', 'f:k4'])
  assert.equal(oldest.time, at(4))
})

test('resetting managedFields ends the tracking; the next apply begins it anew', () => {
  let live = recordUpdate({ schema, updated: deployment(1), manager: 'kubectl', nowText: at(0) })
  live = recordUpdate({
    schema,
    live,
    updated: { ...live, metadata: { ...live.metadata, managedFields: [] } },
    manager: 'x',
    nowText: at(1),
  })
  assert.equal(live.metadata.managedFields, undefined)
  live = recordUpdate({ schema, live, updated: deployment(2), manager: 'x', nowText: at(2) })
  assert.equal(live.metadata.managedFields, undefined)
  live = applyServerSide({ schema, live, applied: deployment(2), manager: 'argo', nowText: at(3) })
  assert.deepEqual(managersOf(live), ['Apply argo', 'Update before-first-apply'])
})

test('kubectl may take over what its client-side apply set', () => {
  const applied = deployment(3)
  const annotated: KubeObject = {
    ...applied,
    metadata: { ...applied.metadata, annotations: { [lastAppliedAnnotation]: JSON.stringify(applied) } },
  }
  const live = recordUpdate({ schema, updated: annotated, manager: 'kubectl-client-side-apply', nowText: at(0) })
  const next = applyServerSide({ schema, live, applied: deployment(5), manager: 'kubectl', nowText: at(1) })
  assert.equal((next['spec'] as { replicas: number }).replicas, 5)
  const annotation = next.metadata.annotations?.[lastAppliedAnnotation] ?? ''
  assert.equal((JSON.parse(annotation) as { spec: { replicas: number } }).spec.replicas, 5)
  assert.throws(() => applyServerSide({ schema, live, applied: deployment(5), manager: 'argo', nowText: at(1) }), {
    code: 'conflict',
  })
})

test('what an endpoint resets is not tracked', () => {
  const resetFields = fieldSetOf([['f:status']])
  const applied = { ...deployment(1), status: { replicas: 7 } }
  const live = applyServerSide({ schema, applied, manager: 'argo', resetFields, nowText: at(0) })
  assert.equal(JSON.stringify(live.metadata.managedFields).includes('f:status'), false)
})

test('configurations that do not fit the schema are refused', () => {
  const refused = (applied: unknown, message: string) =>
    assert.throws(() => applyServerSide({ schema, applied: applied as KubeObject, manager: 'm', nowText: at(0) }), { message })
  const about = 'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): '
  const odd = deployment(1)
  refused({ ...odd, spec: { ...(odd['spec'] as object), bogus: 1 } }, `${about}.spec.bogus: field not declared in schema`)
  refused({ ...odd, spec: { replicas: 'x' } }, `${about}.spec.replicas: expected numeric (int or float), got string`)
  refused(
    { ...odd, spec: { template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } } } },
    `${about}.spec.template.spec.containers: duplicate entries for key [name="a"]`,
  )
  refused(
    { ...odd, spec: { template: { spec: { containers: 'x' } } } },
    `${about}.spec.template.spec.containers: expected list, got &{x}`,
  )
  // A name that is left out is the empty one, for validation to refuse.
  const nameless = { ...odd, spec: { template: { spec: { containers: [{ image: 'a' }] } } } }
  const made = applyServerSide({ schema, applied: nameless, manager: 'm', nowText: at(0) })
  assert.match(JSON.stringify(made.metadata.managedFields), /k:\{\\"name\\":\\"\\"\}/)
  refused({ ...odd, metadata: { ...odd.metadata, managedFields: [] } }, 'metadata.managedFields must be nil')
})

test('malformed managedFields are taken as none', () => {
  const broken = { manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'k:{': {} } }
  const updated = { ...configMap({ a: '1' }), metadata: { name: 'c', managedFields: [broken] } } as unknown as KubeObject
  const live = recordUpdate({ schema: configMaps, updated, manager: 'x', nowText: at(0) })
  assert.deepEqual(managersOf(live), ['Update x'])
})

test('who owned a part of what has become atomic owns all of it', () => {
  const granular: SchemaNode = { type: 'map', items: { type: 'string' } }
  const kind = (data: SchemaNode): SchemaNode => ({
    type: 'struct',
    preserveUnknown: true,
    fields: new Map([['data', { schema: data, required: false }]]),
  })
  const live = applyServerSide({ schema: kind(granular), applied: configMap({ a: '1' }), manager: 'one', nowText: at(0) })
  const atomic = kind({ ...granular, mapType: 'atomic' })
  assert.throws(() => applyServerSide({ schema: atomic, live, applied: configMap({ a: '2' }), manager: 'two', nowText: at(1) }), {
    message: 'Apply failed with 1 conflict: conflict with "one": .data',
  })
})

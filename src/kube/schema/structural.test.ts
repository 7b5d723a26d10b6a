import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { canonicalJson, type JsonObject } from '../../base/json.js'
import type { KubeObject } from '../object/kube-object.js'
import type { StatusCause } from '../object/status-error.js'
import { checkFields } from './check-fields.js'
import { validateCustom } from './custom-validation/validate-custom.js'
import { pruneUnknown } from './prune.js'
import { fromStructuralSchema } from './structural.js'
import { applySchemaDefaults } from './structural-defaults.js'

interface Case {
  schema: number
  input: KubeObject
  object: KubeObject
  unknown: string[] | null
  causes: StatusCause[] | null
}
// What apiextensions-apiserver 1.33 makes of these objects: pruned, defaulted, then validated.
const { schemas, cases } = JSON.parse(readFileSync('src/kube/schema/goldens/custom.json', 'utf8')) as {
  schemas: JsonObject[]
  cases: Case[]
}

// Go walks maps in no order.
const sorted = (causes: readonly StatusCause[]) => causes.map(canonicalJson).sort()

test('custom resources are pruned, defaulted and validated as upstream does', () => {
  assert.ok(cases.length > 50)
  for (const { schema, input, object, unknown, causes } of cases) {
    const label = JSON.stringify(input)
    const node = fromStructuralSchema(schemas[schema] as JsonObject)
    const pruned = pruneUnknown(node, input)
    assert.deepEqual(pruned.unknown, unknown ?? [], label)
    const defaulted = applySchemaDefaults(node, pruned.object)
    assert.deepEqual(defaulted, object, label)
    assert.deepEqual(sorted(validateCustom({ schema: node }, { object: defaulted }).causes), sorted(causes ?? []), label)
  }
})

test('nothing to do gives the same object', () => {
  const node = fromStructuralSchema(schemas[0] as JsonObject)
  for (const { schema, object } of cases.filter((one) => one.schema === 0)) {
    assert.equal(schema, 0)
    assert.equal(pruneUnknown(node, object).object, object)
    assert.equal(applySchemaDefaults(node, object), object)
  }
})

test('checkFields reports unknown and duplicate fields of custom resources', () => {
  const node = fromStructuralSchema(schemas[0] as JsonObject)
  const text = '{"apiVersion":"e.com/v1","kind":"T","metadata":{"name":"x","nope":1},"spec":{"replicas":1,"replicas":2,"zzz":1}}'
  const object = JSON.parse(text) as KubeObject
  const problems = ['duplicate field "spec.replicas"', 'unknown field "metadata.nope"', 'unknown field "spec.zzz"']
  const warned = checkFields(node, object, { mode: 'Warn', text })
  assert.deepEqual(warned.warnings, problems)
  assert.deepEqual(warned.object, { apiVersion: 'e.com/v1', kind: 'T', metadata: { name: 'x' }, spec: { replicas: 2 } })
  assert.throws(() => checkFields(node, object, { mode: 'Strict', text }), {
    message: `T in version "v1" cannot be handled as a T: strict decoding error: ${problems.join(', ')}`,
    httpCode: 400,
  })
})

test('the node carries what apply and merge need', () => {
  const node = fromStructuralSchema(schemas[0] as JsonObject)
  const spec = node.fields?.get('spec')?.schema
  assert.equal(node.fields?.get('metadata')?.schema.fields?.get('finalizers')?.schema.listType, 'set')
  assert.deepEqual(spec?.fields?.get('list')?.schema.listMapKeys, ['k'])
  assert.equal(spec?.fields?.get('set')?.schema.listType, 'set')
  assert.equal(spec?.fields?.get('any')?.schema.preserveUnknown, true)
  assert.equal(spec?.fields?.get('port')?.schema.type, 'int-or-string')
  assert.equal(spec?.fields?.get('emb')?.schema.fields?.has('metadata'), true)
  assert.equal(spec?.fields?.get('replicas')?.required, true)
})

test('patterns run in linear time', () => {
  const node = fromStructuralSchema({ type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } })
  const [cause] = validateCustom({ schema: node }, { object: { a: `${'a'.repeat(5000)}!` } }).causes
  assert.equal(cause?.reason, 'FieldValueInvalid')
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseJson } from '../../base/json-text.js'
import type { KubeObject } from '../object/kube-object.js'
import { builtInSchemas } from './built-in.js'
import { checkFields } from './check-fields.js'
import { findDuplicateFields } from './scan-fields.js'

interface Golden {
  text: string
  error?: string
  object?: KubeObject
}
// What the strict JSON serializer of Kubernetes 1.33 makes of these texts.
const goldens = parseJson(readFileSync('src/kube/schema/goldens/decode.json', 'utf8')) as Golden[]

function check(text: string, mode: 'Strict' | 'Warn' | 'Ignore') {
  const object = parseJson(text, 'exact') as KubeObject
  const schema = builtInSchemas.forKind(object.apiVersion, object.kind)
  assert.ok(schema)
  return checkFields(schema, object, { mode, text })
}

test('strict decoding errors are those of upstream', () => {
  for (const { text, error, object } of goldens) {
    if (/1e0/.test(text)) continue
    if (error === undefined) assert.deepEqual(check(text, 'Strict'), { object, warnings: [] }, text)
    else {
      const { kind, apiVersion } = parseJson(text, 'exact') as KubeObject
      const version = apiVersion.replace(/.*\//, '')
      const message = `${kind} in version "${version}" cannot be handled as a ${kind}: ${error}`
      assert.throws(() => check(text, 'Strict'), { message, httpCode: 400 }, text)
    }
  }
})

test('warnings and silence', () => {
  const text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"b"},"spec":{"x":1}}'
  assert.deepEqual(check(text, 'Warn').warnings, ['duplicate field "metadata.name"', 'unknown field "spec"'])
  const ignored = check(text, 'Ignore')
  assert.deepEqual(ignored.warnings, [])
  assert.equal('spec' in ignored.object, false)
  assert.equal(ignored.object.metadata.name, 'b')
})

test('duplicate fields at every depth, each once', () => {
  assert.deepEqual(findDuplicateFields('{"a":[{"b":1,"b":2},{"b":1}],"c":{"d":{},"d":{}}}'), ['a[0].b', 'c.d'])
  assert.deepEqual(findDuplicateFields('{"a":1,"a":2,"a":3}'), ['a'])
  assert.deepEqual(findDuplicateFields('{"a":1,"\\u0061":2}'), ['a'])
  assert.deepEqual(findDuplicateFields('{"x":"{\\"a\\":1,\\"a\\":1}","y":[[],[{"z":1}]]}'), [])
})

test('hostile texts end the scan without an error', () => {
  for (const text of [
    '',
    '{',
    '{"a"',
    '{"a":',
    '"',
    '}{',
    '[,,]',
    '{"a":1,,"a":2}',
    '{"\\u12":1}',
    '['.repeat(100_000),
    '{"a":'.repeat(5000),
  ]) {
    findDuplicateFields(text)
  }
})

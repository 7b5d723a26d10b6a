import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseJson } from '../../base/json-text.js'
import type { KubeObject } from '../object/kube-object.js'
import { builtInSchemas } from './built-in.js'
import { toTyped } from './typed.js'

interface Golden {
  text: string
  error?: string
  strict?: boolean
  object?: KubeObject
}
// What the strict JSON serializer of Kubernetes 1.33 makes of these texts.
const goldens = parseJson(readFileSync('src/kube/schema/goldens/decode.json', 'utf8')) as Golden[]

test('typed objects are what Go marshals', () => {
  let objects = 0
  for (const { text, error, strict, object } of goldens) {
    // Go reads the text of a number, JSON.parse has only its value.
    if (/1e0/.test(text)) continue
    const input = parseJson(text, 'exact') as KubeObject
    const schema = builtInSchemas.forKind(input.apiVersion, input.kind)
    assert.ok(schema, text)
    if (error !== undefined && strict !== true) {
      assert.throws(() => toTyped(schema, input), { message: error }, text)
      continue
    }
    const { object: typed, unknown } = toTyped(schema, input)
    assert.deepEqual(typed, object, text)
    objects++
    for (const path of unknown) assert.ok(error?.includes(`unknown field "${path}"`), `${text}: ${path}`)
    assert.equal(unknown.length, error?.match(/unknown field/g)?.length ?? 0, text)
  }
  assert.ok(objects > 35, String(objects))
})

test('a typed object is its own typed object', () => {
  for (const { object } of goldens) {
    if (object === undefined) continue
    const schema = builtInSchemas.forKind(object.apiVersion, object.kind)
    assert.ok(schema)
    assert.deepEqual(toTyped(schema, object), { object, unknown: [] })
  }
})

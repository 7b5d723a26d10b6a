import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cloneJson, isObject } from '../../base/json.js'
import { StatusError } from '../object/status-error.js'
import { builtInSchemas } from '../schema/built-in.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { applyStrategicMergePatch } from './strategic-merge.js'

// What k8s.io/apimachinery 0.33 (util/strategicpatch) makes of hand-written and random patches.
const cases = JSON.parse(readFileSync('src/kube/apply/goldens/strategic-merge.json', 'utf8')) as {
  kind: string
  original: unknown
  patch: unknown
  result?: unknown
  error?: string
}[]

/** Upstream leaves directives and nulls in what is new; decoding drops them. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => !key.startsWith('$') && member !== null)
      .map(([key, member]) => [key, withoutDirectives(member)]),
  )
}

test('patches merge as upstream merges them', () => {
  for (const { kind, original, patch, result, error } of cases) {
    const schema = builtInSchemas.forKind(kind === 'Deployment' ? 'apps/v1' : 'v1', kind) as SchemaNode
    const about = JSON.stringify(patch)
    const before = cloneJson(original)
    if (error !== undefined) {
      assert.throws(() => applyStrategicMergePatch(schema, original, patch), StatusError, `${about}: ${error}`)
    } else {
      assert.deepEqual(applyStrategicMergePatch(schema, original, patch), withoutDirectives(result), about)
    }
    assert.deepEqual(original, before, `${about} changed its argument`)
  }
})

test('refusals say what is wrong', () => {
  const schema = builtInSchemas.forKind('v1', 'Pod') as SchemaNode
  const pod = { spec: { containers: [{ name: 'a' }] } }
  const refused = (patch: unknown, code: number, message: RegExp) =>
    assert.throws(
      () => applyStrategicMergePatch(schema, pod, patch),
      (error) => error instanceof StatusError && error.httpCode === code && message.test(error.message),
    )
  refused({ spec: { containers: [{ image: 'x' }] } }, 500, /does not contain declared merge key: name/)
  refused({ spec: { $retainKeys: 'x' } }, 400, /invalid patch format of retainKeys/)
  refused([], 400, /strategic merge patch format/)
})

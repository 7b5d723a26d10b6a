import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { builtInSchemas } from '../../src/kube/schema/built-in.js'
import { decodeProtobuf } from '../../src/kube/schema/protobuf/decode.js'
import { toTyped } from '../../src/kube/schema/typed.js'
import { protobufObjects } from './protobuf/objects.js'

test('what client-go encodes is the objects of the cases, and decodes to what JSON would have said', () => {
  const { bodies } = JSON.parse(readFileSync('test/differential/protobuf/bodies.json', 'utf8')) as {
    bodies: Record<string, string>
  }
  assert.deepEqual(Object.keys(bodies), [...protobufObjects.keys()], 'run node tools/schema/protobuf-bodies.mjs')
  for (const [name, object] of protobufObjects) {
    const { apiVersion, kind } = object as { apiVersion: string; kind: string }
    const schema = builtInSchemas.forKind(apiVersion === 'policy/v1beta1' ? 'policy/v1' : apiVersion, kind)
    assert.ok(schema, name)
    const decoded = decodeProtobuf(Buffer.from(bodies[name] as string, 'base64'))
    const typed = { ...(toTyped(schema, object).object as object), apiVersion, kind }
    assert.deepEqual(withoutNothing(decoded), withoutNothing(typed), name)
  }
})

/** Lists without elements are not on the wire. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(withoutNothing)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => [key, withoutNothing(member)] as const)
  return Object.fromEntries(members.filter(([, member]) => member !== null))
}

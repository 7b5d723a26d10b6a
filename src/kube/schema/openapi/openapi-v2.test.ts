import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../base/json.js'
import { encodeOpenApiV2 } from './gnostic.js'
import { openApiV2Document } from './openapi-v2.js'

const v3 = (schemas: JsonObject): JsonObject => ({ components: { schemas } })
const definition = (schema: JsonObject) => (openApiV2Document([v3({ one: schema })])['definitions'] as JsonObject)['one']
const kind = (version: string) => ({ group: 'g', kind: 'K', version })

test('references lose their wrapping, defaults go, types of two kinds are strings', () => {
  const schema = {
    type: 'object',
    properties: {
      ref: {
        allOf: [{ $ref: '#/components/schemas/other' }],
        default: {},
        description: 'that',
        'x-kubernetes-map-type': 'atomic',
      },
      port: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
      list: { type: 'array', items: { $ref: '#/components/schemas/other' }, 'x-kubernetes-patch-merge-key': 'name' },
      map: { type: 'object', additionalProperties: { type: 'string', default: '' } },
    },
  }
  assert.deepEqual(definition(schema), {
    type: 'object',
    properties: {
      ref: { description: 'that', 'x-kubernetes-map-type': 'atomic', $ref: '#/definitions/other' },
      port: { format: 'int-or-string', type: 'string' },
      list: { type: 'array', 'x-kubernetes-patch-merge-key': 'name', items: { $ref: '#/definitions/other' } },
      map: { type: 'object', additionalProperties: { type: 'string' } },
    },
  })
})

test('what may be null or of any shape holds nobody to anything', () => {
  const schema = {
    type: 'object',
    required: ['a', 'b'],
    oneOf: [{ required: ['a'] }],
    properties: {
      a: { type: 'string', nullable: true, minLength: 1 },
      b: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { c: { type: 'string' } } },
    },
  }
  assert.deepEqual(definition(schema), {
    type: 'object',
    required: ['b'],
    properties: { a: { minLength: 1 }, b: { 'x-kubernetes-preserve-unknown-fields': true } },
  })
})

test('a definition of several documents has the kinds of all', () => {
  const documents = ['v1', 'v2', 'v1'].map((version) =>
    v3({ options: { type: 'object', 'x-kubernetes-group-version-kind': [kind(version)] } }),
  )
  const { definitions } = openApiV2Document(documents) as { definitions: Record<string, JsonObject> }
  assert.deepEqual(definitions['options']?.['x-kubernetes-group-version-kind'], [kind('v1'), kind('v2')])
})

test('the Protobuf form has the field numbers of gnostic', () => {
  const document = openApiV2Document([v3({ a: { type: 'string', maxLength: 300, minimum: 1, 'x-y': [1] } })])
  const { version } = document['info'] as { version: string }
  const text = (field: string, value: string) => field + hexLength(value) + Buffer.from(value).toString('hex')
  const message = (field: string, hex: string) => field + (hex.length / 2).toString(16).padStart(2, '0') + hex
  const extension = message('fa01', text('0a', 'x-y') + message('12', text('12', '[1]\n')))
  const schema = message('b201', text('0a', 'string')) + '58ac02' + '49' + '000000000000f03f' + extension
  const definitions = message('0a', text('0a', 'a') + message('12', schema))
  const info = text('0a', 'Kubernetes') + text('12', version)
  assert.equal(
    Buffer.from(encodeOpenApiV2(document)).toString('hex'),
    text('0a', '2.0') + message('12', info) + message('42', '') + message('4a', definitions),
  )
})

function hexLength(text: string): string {
  return Buffer.byteLength(text).toString(16).padStart(2, '0')
}

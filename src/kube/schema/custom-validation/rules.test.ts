import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../base/json.js'
import { checkOpenApiSchema } from '../definitions/openapi-schema.js'
import { fromStructuralSchema } from '../structural.js'
import { Findings } from '../validation/findings.js'
import { celName } from './cel-name.js'
import { declaredType } from './cel-type.js'
import { compileRules } from './compile-rules.js'
import { customRuleTree, definitionEnvironment } from './rule-environment.js'
import { type CustomRules, validateCustom } from './validate-custom.js'

const rules = 'x-kubernetes-validations'

/** A schema whose spec is the given one. */
function schemaOf(spec: JsonObject): JsonObject {
  return { type: 'object', properties: { spec } }
}

function rulesOf(spec: JsonObject): CustomRules {
  const schema = schemaOf(spec)
  return { schema: fromStructuralSchema(schema), rules: customRuleTree(schema) }
}

function texts(of: CustomRules, object: unknown, previous?: unknown): string[] {
  return validateCustom(of, { object, previous }).causes.map(({ field, message }) => `${field}: ${message}`)
}

test('rules judge objects, with messages, reasons and paths', () => {
  const of = rulesOf({
    type: 'object',
    required: ['least', 'most'],
    properties: { least: { type: 'integer' }, most: { type: 'integer' }, name: { type: 'string', maxLength: 9 } },
    [rules]: [
      { rule: 'self.least <= self.most', message: 'least is too much', fieldPath: '.least' },
      {
        rule: '!has(self.name) || self.name.startsWith("a")',
        messageExpression: '"no name: " + self.name',
        reason: 'FieldValueForbidden',
        fieldPath: '.name',
      },
      { rule: 'self.least != 5' },
    ],
  })
  assert.deepEqual(texts(of, { spec: { least: 1, most: 2, name: 'abc' } }), [])
  assert.deepEqual(texts(of, { spec: { least: 5, most: 2, name: 'b' } }), [
    'spec.least: Invalid value: "object": least is too much',
    'spec.name: Forbidden: no name: b',
    'spec: Invalid value: "object": failed rule: self.least != 5',
  ])
  assert.deepEqual(texts(of, { spec: { least: 1 } }), [
    'spec.most: Required value',
    '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  ])
})

test('transition rules see the same part before the write; what did not change may be wrong', () => {
  const of = rulesOf({
    type: 'object',
    properties: {
      fixed: { type: 'string', maxLength: 9, [rules]: [{ rule: 'self == oldSelf', message: 'fixed' }] },
      grows: {
        type: 'integer',
        [rules]: [{ rule: '!oldSelf.hasValue() || self >= oldSelf.value()', optionalOldSelf: true, message: 'grows' }],
      },
      short: { type: 'string', maxLength: 9, [rules]: [{ rule: 'self.size() < 3', message: 'short' }] },
      list: {
        type: 'array',
        maxItems: 9,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['key'],
        items: {
          type: 'object',
          required: ['key'],
          properties: { key: { type: 'string' }, value: { type: 'integer', [rules]: [{ rule: 'self >= oldSelf' }] } },
        },
      },
    },
  })
  const before = {
    spec: {
      fixed: 'a',
      grows: 1,
      short: 'long',
      list: [
        { key: 'x', value: 1 },
        { key: 'y', value: 5 },
      ],
    },
  }
  assert.deepEqual(texts(of, before), ['spec.short: Invalid value: "string": short'])
  assert.deepEqual(texts(of, { spec: { ...before.spec, grows: 2 } }, before), [])
  assert.deepEqual(validateCustom(of, { object: { spec: { ...before.spec, grows: 2 } }, previous: before }).warnings, [
    'spec.short: Invalid value: "string": short',
  ])
  const changed = {
    spec: {
      fixed: 'b',
      grows: 0,
      short: 'longer',
      list: [
        { key: 'y', value: 4 },
        { key: 'z', value: 0 },
      ],
    },
  }
  assert.deepEqual(texts(of, changed, before), [
    'spec.fixed: Invalid value: "string": fixed',
    'spec.grows: Invalid value: "integer": grows',
    'spec.short: Invalid value: "string": short',
    'spec.list[0].value: Invalid value: "integer": failed rule: self >= oldSelf',
  ])
})

test('definitions with rules that are wrong or cost too much are refused', () => {
  const judge = (spec: JsonObject) => {
    const to = new Findings()
    checkOpenApiSchema({ schema: { openAPIV3Schema: schemaOf(spec) } }, 'v', { hasStatus: false, unchanged: false }, to)
    return to.causes.map(({ field, message }) => `${field}: ${message}`)
  }
  const at = 'v.openAPIV3Schema.properties[spec]'
  assert.deepEqual(judge({ type: 'object', [rules]: [{ rule: 'true' }] }), [])
  assert.match(
    judge({ type: 'object', [rules]: [{ rule: 'self.no' }] }).join(),
    /compilation failed: ERROR: <input>:1:5: undefined field 'no'/,
  )
  const quadratic = {
    type: 'array',
    items: { type: 'string' },
    [rules]: [{ rule: 'self.all(a, self.all(b, a == b))' }],
  } as JsonObject
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  assert.deepEqual(
    judge(quadratic)[0],
    `${at}.${rules}[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (${advice})`,
  )
  assert.deepEqual(judge({ ...quadratic, maxItems: 5, items: { type: 'string', maxLength: 5 } }), [])
  const element = { type: 'string', maxLength: 5, [rules]: [{ rule: 'self == oldSelf' }] } as JsonObject
  assert.deepEqual(judge({ type: 'array', maxItems: 5, items: element }), [
    `${at}.items.${rules}[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${at}`,
  ])
})

test('schemas without rules have no tree', () => {
  assert.equal(customRuleTree(schemaOf({ type: 'object', properties: { a: { type: 'string' } } })), undefined)
})

test('names of properties are escaped as rules spell them', () => {
  const names = ['a', 'namespace', 'a-b', 'x.y/z', 'a__b', 'a b', '1a', '']
  const expected = [
    'a',
    '__namespace__',
    'a__dash__b',
    'x__dot__y__slash__z',
    'a__underscores__b',
    undefined,
    undefined,
    undefined,
  ]
  assert.deepEqual(names.map(celName), expected)
})

test('walking the keys of a map is cheap, as the definitions of Istio count on it', () => {
  const schema = {
    type: 'object',
    maxProperties: 4096,
    additionalProperties: { type: 'string', maxLength: 63 },
    'x-kubernetes-validations': [{ rule: 'self.all(key, !key.contains("*"))' }],
  }
  const [rule] = compileRules(schema, declaredType(schema, false)!, definitionEnvironment(schema)!)
  assert.equal(rule?.maxCost, 20_482n)
})

import type { Case, Step } from '../case.js'
import { definitionBody, definitions, type Members } from './definition-body.js'

const steps: Step[] = []

/** Asks whether a definition would be accepted. The names of the first argument are for readers. */
function definition(_about: string, schema: Members | undefined, more: Members = {}, version: Members = {}): void {
  const body = definitionBody(steps.length, schema, more, version)
  steps.push({ method: 'POST', path: definitions, query: { dryRun: 'All' }, body })
}

const o = (properties: Members, more: Members = {}): Members => ({ type: 'object', properties, ...more })
const spec = (schema: Members): Members => o({ spec: schema })

definition('no schema', undefined)
definition('empty schema', {})
definition('root string', { type: 'string' })
definition('no type in prop', spec({}))
definition('wrong type', spec({ type: 'null' }))
definition('wrong type2', spec({ type: 'foo' }))
definition('array no items', spec({ type: 'array' }))
definition('array untyped items', spec({ type: 'array', items: {} }))
definition('items array', spec({ type: 'array', items: [{ type: 'string' }] }))
definition('nested type', spec({ type: 'object', anyOf: [{ type: 'string' }] }))
definition(
  'nested forbidden',
  spec({
    type: 'object',
    properties: { a: { type: 'string' } },
    allOf: [
      {
        title: 't',
        description: 'd',
        default: {},
        nullable: true,
        additionalProperties: { type: 'string' },
        'x-kubernetes-preserve-unknown-fields': true,
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-int-or-string': true,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['a'],
        'x-kubernetes-map-type': 'atomic',
        'x-kubernetes-validations': [{ rule: 'true' }],
        properties: { b: { type: 'string' }, a: { pattern: '(' } },
      },
    ],
  }),
)
definition(
  'not/oneOf incomplete',
  spec({ type: 'object', not: { properties: { x: { required: ['q'] } }, items: {} }, oneOf: [{ properties: { y: {} } }] }),
)
definition('root additionalProperties', { type: 'object', additionalProperties: { type: 'string' } })
definition('root additionalProperties true', { type: 'object', additionalProperties: true })
definition('root nullable', { type: 'object', nullable: true })
definition(
  'properties and additional',
  spec({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } }),
)
definition(
  'properties and additional true',
  spec({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: true }),
)
definition(
  'properties and additional false',
  spec({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }),
)
definition(
  'int or string',
  o({
    a: { 'x-kubernetes-int-or-string': true },
    b: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    c: { 'x-kubernetes-int-or-string': true, allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { pattern: '^a' }] },
  }),
)
definition(
  'int or string bad',
  o({
    a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }] },
    b: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true },
    c: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-embedded-resource': true, type: 'string' },
  }),
)
definition(
  'embedded',
  o({
    a: { type: 'object', 'x-kubernetes-embedded-resource': true },
    b: { 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    c: { type: 'string', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    d: { type: 'object', 'x-kubernetes-embedded-resource': true, additionalProperties: { type: 'string' } },
  }),
)
definition('preserve false', spec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }))
definition(
  'metadata wrong',
  o({ metadata: { type: 'object', properties: { name: { type: 'string', pattern: 'a' }, labels: { type: 'object' } } } }),
)
definition(
  'metadata name',
  o({
    metadata: { type: 'object', properties: { name: { type: 'string', pattern: 'a' }, generateName: { type: 'string' } } },
    kind: { type: 'string', enum: ['a'] },
  }),
)
definition('metadata desc', o({ metadata: { type: 'object', description: 'x' } }))
definition('metadata type', o({ metadata: { type: 'string' }, kind: { type: 'integer' }, apiVersion: { type: 'object' } }))
definition(
  'metadata nested',
  o(
    { spec: o({ metadata: { type: 'object' } }) },
    { anyOf: [{ properties: { metadata: { properties: { name: { pattern: 'a' } } } } }] },
  ),
)
definition(
  'list types',
  o({
    a: { type: 'string', 'x-kubernetes-list-type': 'set' },
    b: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'foo' },
    c: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' },
    d: {
      type: 'array',
      items: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      'x-kubernetes-list-type': 'set',
    },
    e: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-map-keys': ['a'] },
    f: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set', 'x-kubernetes-list-map-keys': ['a'] },
  }),
)
definition(
  'list map',
  o({
    a: { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'string' } },
    b: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a', 'a', 'z', 'n', 'o'],
      items: {
        type: 'object',
        nullable: true,
        required: ['n'],
        properties: { a: { type: 'string' }, n: { type: 'string', nullable: true }, o: { type: 'object' } },
      },
    },
    c: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-preserve-unknown-fields': true },
  }),
)
definition(
  'list set nullable',
  o({ a: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string', nullable: true } } }),
)
definition(
  'map type',
  o({
    a: { type: 'string', 'x-kubernetes-map-type': 'atomic' },
    b: { type: 'object', 'x-kubernetes-map-type': 'foo' },
    c: { 'x-kubernetes-map-type': 'granular', 'x-kubernetes-preserve-unknown-fields': true },
  }),
)
definition(
  'unsupported',
  o({
    a: { type: 'string', id: 'x' },
    b: { $ref: '#/x' },
    c: { type: 'object', patternProperties: { a: { type: 'string' } } },
    d: { type: 'object', dependencies: { a: ['b'] } },
    e: { type: 'array', items: { type: 'string' }, additionalItems: true },
    f: { type: 'object', definitions: { a: { type: 'string' } } },
    g: { type: 'array', items: { type: 'string' }, uniqueItems: true },
  }),
)
definition('schema keyword', spec({ type: 'object', $schema: 'x' }))
definition(
  'pattern',
  o({ a: { type: 'string', pattern: '(' }, b: { type: 'string', pattern: '^(?!x)' }, c: { type: 'string', pattern: 'a{2,1}' } }),
)
definition(
  'defaults bad',
  o({
    spec: o({
      a: { type: 'string', default: 5 },
      b: { type: 'object', default: { x: 1, y: 'z' }, properties: { x: { type: 'string' } } },
      c: { type: 'integer', minimum: 5, default: 3 },
      d: { type: 'array', items: { type: 'string', default: 5 }, default: [1] },
      e: { type: 'string', enum: ['a'], default: 'b' },
    }),
  }),
)
definition(
  'defaults in meta',
  o({
    metadata: { type: 'object', properties: { name: { type: 'string', default: 'x' } } },
    kind: { type: 'string', default: 'Foo' },
  }),
)
definition('default root', o({}, { default: { a: 1 } }))
definition(
  'default embedded',
  o({
    a: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
      default: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '%%/', labels: { a: 1 } } },
    },
    b: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
      default: { apiVersion: 'v1', metadata: { name: 'a/b' } },
    },
    c: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { metadata: { type: 'object', properties: { name: { type: 'string', default: 'A%/' } } } },
    },
  }),
)
definition('nullable default', o({ a: { type: 'string', nullable: true, default: null }, b: { type: 'string', default: null } }))
definition('names bad', o({}), {
  names: { singular: 'X_', shortNames: ['A', 'ok'], categories: ['All'], listKind: '1x', kind: '9' },
})
definition('kind = listKind', o({}), { names: { kind: 'Same', listKind: 'Same' } })
definition('scope', o({}), { spec: { scope: 'Foo' } })
definition('no scope', o({}), { spec: { scope: '' } })
definition('group', o({}), { group: 'nodots' })
definition('group bad', o({}), { group: 'A.b_c' })
definition('protected group', o({}), { group: 'foo.k8s.io' })
definition('protected group ok', o({}), {
  group: 'foo.k8s.io',
  metadata: { annotations: { 'api-approved.kubernetes.io': 'https://github.com/x' } },
})
definition('protected group bad', o({}), {
  group: 'foo.k8s.io',
  metadata: { annotations: { 'api-approved.kubernetes.io': 'nope' } },
})
definition('protected group unapproved', o({}), {
  group: 'foo.kubernetes.io',
  metadata: { annotations: { 'api-approved.kubernetes.io': 'unapproved, because' } },
})
definition('preserveUnknownFields', o({}), { spec: { preserveUnknownFields: true } })
definition('no versions', o({}), { versions: [] })
definition('version names', o({}), {
  versions: [{ name: 'V1', served: true, storage: true, schema: { openAPIV3Schema: o({}) } }],
})
definition('two storage', o({}), {
  versions: ['v1', 'v2'].map((name) => ({ name, served: true, storage: true, schema: { openAPIV3Schema: o({}) } })),
})
definition('dup versions', o({}), {
  versions: ['v1', 'v1'].map((name, i) => ({ name, served: true, storage: i === 0, schema: { openAPIV3Schema: o({}) } })),
})
definition('two versions errors', o({}), {
  versions: ['v1', 'v2'].map((name, i) => ({
    name,
    served: true,
    storage: i === 0,
    schema: { openAPIV3Schema: i ? { type: 'string' } : o({ a: {} }) },
    subresources: { scale: { specReplicasPath: 'x', statusReplicasPath: '' } },
    additionalPrinterColumns: [{ name: '', type: i ? 'x' : '', jsonPath: 'a' }],
  })),
})
definition('two versions shared error', o({}), {
  versions: ['v1', 'v2'].map((name, i) => ({
    name,
    served: true,
    storage: i === 0,
    schema: { openAPIV3Schema: { type: 'string' } },
  })),
})
definition(
  'columns',
  o({}),
  {},
  {
    additionalPrinterColumns: [
      { name: '', type: '', jsonPath: '' },
      { name: 'a', type: 'foo', jsonPath: 'x' },
      { name: 'b', type: 'string', format: 'foo', jsonPath: '.a' },
      { name: 'c', type: 'date', priority: 1, jsonPath: '.' },
    ],
  },
)
definition(
  'scale',
  o({}),
  {},
  { subresources: { scale: { specReplicasPath: '.status.x', statusReplicasPath: '.spec.x', labelSelectorPath: '.foo' } } },
)
definition(
  'scale2',
  o({}),
  {},
  { subresources: { scale: { specReplicasPath: 'spec', statusReplicasPath: '', labelSelectorPath: 'x' } } },
)
definition('status root', o({}, { minProperties: 1, oneOf: [{ required: ['spec'] }] }), {}, { subresources: { status: {} } })
definition(
  'status root ok',
  o({}, { minProperties: 1, required: ['spec'], 'x-kubernetes-validations': [{ rule: 'true' }] }),
  {},
  { subresources: { status: {} } },
)
definition('status root type', { type: 'array', items: { type: 'string' } }, {}, { subresources: { status: {} } })
definition('deprecation', o({}), {}, { deprecationWarning: 'x' })
definition('deprecation empty', o({}), {}, { deprecated: true, deprecationWarning: '' })
definition('deprecation long', o({}), {}, { deprecated: true, deprecationWarning: 'x'.repeat(257) + '\n' })
definition('conversion', o({}), { spec: { conversion: { strategy: 'Foo' } } })
definition('conversion webhook none', o({}), { spec: { conversion: { strategy: 'Webhook' } } })
definition('conversion webhook both', o({}), {
  spec: {
    conversion: {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1', 'v1', 'X'],
        clientConfig: { url: 'https://x', service: { name: 'a', namespace: 'b' } },
      },
    },
  },
})
definition('conversion webhook url', o({}), {
  spec: {
    conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v2'], clientConfig: { url: 'http://x?y' } } },
  },
})
definition('conversion webhook svc', o({}), {
  spec: {
    conversion: {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1'],
        clientConfig: { service: { name: '', namespace: '', path: 'x//y', port: 0 } },
      },
    },
  },
})
definition('conversion none with webhook', o({}), {
  spec: { conversion: { strategy: 'None', webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://x' } } } },
})
definition(
  'selectable',
  o({
    spec: o({
      a: { type: 'string' },
      b: { type: 'array', items: { type: 'string' } },
      m: { type: 'object', additionalProperties: { type: 'string' } },
      n: { type: 'number' },
    }),
  }),
  {},
  {
    selectableFields: [
      { jsonPath: '' },
      { jsonPath: 'spec.a' },
      { jsonPath: '.spec.a' },
      { jsonPath: '.spec.a' },
      { jsonPath: '.spec.b' },
      { jsonPath: '.spec.b[0]' },
      { jsonPath: '.spec.m.x' },
      { jsonPath: '.spec.n' },
      { jsonPath: '.metadata.name' },
      { jsonPath: '.spec.z' },
      { jsonPath: '.spec.' },
      { jsonPath: ".spec['a']" },
    ],
  },
)
definition(
  'selectable many',
  o({ spec: o(Object.fromEntries([...'abcdefghi'].map((k) => [k, { type: 'string' }]))) }),
  {},
  { selectableFields: [...'abcdefghi'].map((k) => ({ jsonPath: `.spec.${k}` })) },
)
definition(
  'rules static',
  o({
    spec: o(
      { a: { type: 'string' } },
      {
        'x-kubernetes-validations': [
          { rule: '' },
          { rule: 'true', message: '  ' },
          { rule: 'true', message: 'a\nb' },
          { rule: 'true\n&& true' },
          { rule: 'true', messageExpression: ' ' },
          { rule: 'true', reason: 'Foo' },
          { rule: 'true', fieldPath: ' ' },
          { rule: 'true', fieldPath: '.x\n' },
          { rule: 'true', fieldPath: '.b' },
          { rule: 'true', fieldPath: '.a' },
        ],
      },
    ),
  }),
)
definition('name mismatch', o({}), { metadata: { name: 'foo.bar.com' } })
definition('multiple enum etc', o({ spec: o({ a: { type: 'string', maxLength: -1 }, b: { type: 'number', multipleOf: 0 } }) }))

/** What definitions are accepted, and what is said of others. */
export const definitionCases: readonly Case[] = [{ name: 'definitions', namespace: 'none', steps }]

import type { Case, Step } from '../case.js'
import { definitionBody, definitions, type Members } from './definition-body.js'

const o = (properties: Members, more: Members = {}): Members => ({ type: 'object', properties, ...more })
const V = 'x-kubernetes-validations'
const r = (...rules: (string | Members)[]) => rules.map((rule) => (typeof rule === 'string' ? { rule } : rule))

const rich = o({
  spec: o({
    s: { type: 'string', maxLength: 3, minLength: 1, pattern: '^a' },
    e: { type: 'string', enum: ['x', 'y'] },
    ne: { type: 'string', nullable: true, enum: ['x'] },
    i: { type: 'integer', minimum: 1, maximum: 5, multipleOf: 2 },
    f: { type: 'number', minimum: 1.5, exclusiveMinimum: true },
    b: { type: 'boolean' },
    is: { 'x-kubernetes-int-or-string': true },
    l: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
    set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    map: {
      type: 'array',
      items: o(
        { k: { type: 'string' }, p: { type: 'string', default: 'TCP' }, v: { type: 'integer', maximum: 10 } },
        { required: ['k'] },
      ),
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k', 'p'],
    },
    m: { type: 'object', additionalProperties: { type: 'integer', maximum: 10 }, maxProperties: 2, minProperties: 1 },
    any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
    raw: { 'x-kubernetes-preserve-unknown-fields': true },
    emb: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    d: { type: 'string', default: 'dd' },
    dn: { type: 'integer', default: 3 },
    dnull: { type: 'string', nullable: true, default: 'z' },
    od: o({ x: { type: 'integer', default: 1 } }, { default: {} }),
    alt: o({ a: { type: 'string' }, b: { type: 'string' } }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
    any2: { type: 'string', anyOf: [{ pattern: '^a' }, { maxLength: 2 }] },
    nt: { type: 'string', not: { enum: ['bad'] } },
    all: { type: 'string', allOf: [{ minLength: 2 }, { pattern: 'z$' }] },
    dt: { type: 'string', format: 'date-time' },
    du: { type: 'string', format: 'duration' },
    ip: { type: 'string', format: 'ipv4' },
    uri: { type: 'string', format: 'uri' },
    by: { type: 'string', format: 'byte' },
    i32: { type: 'integer', format: 'int32' },
    uuid: { type: 'string', format: 'uuid' },
    em: { type: 'string', format: 'email' },
    ho: { type: 'string', format: 'hostname' },
    cidr: { type: 'string', format: 'cidr' },
    mac: { type: 'string', format: 'mac' },
    date: { type: 'string', format: 'date' },
    ip6: { type: 'string', format: 'ipv6' },
    hex: { type: 'string', format: 'hexcolor' },
    isbn: { type: 'string', format: 'isbn' },
    rgb: { type: 'string', format: 'rgbcolor' },
    ssn: { type: 'string', format: 'ssn' },
    cc: { type: 'string', format: 'creditcard' },
    bson: { type: 'string', format: 'bsonobjectid' },
  }),
})

const values: readonly unknown[] = [
  { s: '' },
  { s: 'abcd' },
  { s: 'b' },
  { s: 5 },
  { s: null },
  { e: 'z' },
  { e: null },
  { ne: null },
  { ne: 'q' },
  { i: 0 },
  { i: 7 },
  { i: 3 },
  { i: '3' },
  { i: 2.5 },
  { f: 1.5 },
  { f: 2 },
  { b: 'x' },
  { is: 1.5 },
  { is: true },
  { is: 'x' },
  { l: [] },
  { l: ['a', 'b', 'c'] },
  { l: [1, null] },
  { set: ['a', 'b', 'a'] },
  { map: [{ k: 'a' }, { k: 'a', p: 'TCP' }] },
  { map: [{ v: 3 }] },
  { map: ['x'] },
  { m: {} },
  { m: { a: 1, b: 2, c: 3 } },
  { m: { a: 11 } },
  { m: { a: 'x' } },
  { any: { q: { z: 1 }, a: 5 } },
  { raw: [1, { a: 2 }] },
  { emb: {} },
  { emb: { apiVersion: 'v1' } },
  { emb: { apiVersion: 5, kind: 'X' } },
  { emb: { apiVersion: 'a/b/c', kind: 'x_y' } },
  { emb: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a/b', labels: { 'a b': 'c' }, foo: 'x' } } },
  { emb: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { a: 1 } } } },
  { emb: { apiVersion: 'v1', kind: 'Pod', metadata: 'x' } },
  { emb: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'ok', creationTimestamp: null, namespace: 'A_' } } },
  { emb: { apiVersion: '', kind: '' } },
  { d: null, dn: null, dnull: null },
  { od: { x: null } },
  { od: null },
  { alt: {} },
  { alt: { a: 'x', b: 'y' } },
  { any2: 'bcd' },
  { nt: 'bad' },
  { all: 'a' },
  { all: 'ab' },
  { dt: 'x' },
  { dt: '2020-01-01T00:00:00Z' },
  { dt: '2020-01-01t00:00:00z' },
  { du: '5' },
  { du: '5s' },
  { du: '3 days' },
  { ip: '1.2.3' },
  { ip: '01.2.3.4' },
  { uri: 'x' },
  { uri: 'http://a b' },
  { by: '!!' },
  { by: 'YQ' },
  { i32: 3000000000 },
  { i32: 1.5 },
  { uuid: 'x' },
  { em: 'x' },
  { em: 'A <a@b.c>' },
  { ho: '-x' },
  { ho: 'a_b' },
  { cidr: '1.2.3.4' },
  { cidr: '::/0' },
  { mac: 'x' },
  { mac: '00-00-5e-00-53-01' },
  { mac: '0000.5e00.5301' },
  { date: '2020-13-01' },
  { date: '2020-02-30' },
  { ip6: '::1' },
  { ip6: '1.2.3.4' },
  { ip6: '::ffff:1.2.3.4' },
  { hex: 'x' },
  { hex: '#fff' },
  { isbn: 'x' },
  { isbn: '0321751043' },
  { rgb: 'rgb(1,2)' },
  { rgb: 'rgb(1,2,3)' },
  { ssn: '1' },
  { ssn: '111-22-3333' },
  { cc: '1' },
  { cc: '4111111111111111' },
  { bson: 'x' },
  { bson: '507f1f77bcf86cd799439011' },
  { unknown: 1, s: 'a', deep: { x: 1 } },
  'text',
  null,
  [1],
]

/** Serves a kind of its own, `${id}` in its group, with the schema. */
function serving(schema: Members, version: Members = {}): { steps: Step[]; path: string; object: (body: Members) => Members } {
  const group = '${id}.example.com'
  const body = definitionBody(0, schema, { group }, version)
  const path = `/apis/${group}/v1/namespaces/\${ns}/things0`
  return {
    steps: [
      { method: 'POST', path: definitions, body, silent: true },
      { method: 'GET', path, silent: true, until: 200 },
    ],
    path,
    object: (more) => ({ apiVersion: `${group}/v1`, kind: 'Thing0', metadata: { name: 'a' }, ...more }),
  }
}

function created(name: string, schema: Members, bodies: readonly unknown[]): Case {
  const { steps, path, object } = serving(schema)
  const query = { dryRun: 'All', fieldManager: 'm' }
  return { name, steps: [...steps, ...bodies.map((spec): Step => ({ method: 'POST', path, query, body: object({ spec }) }))] }
}

function changed(name: string, schema: Members, first: unknown, patches: readonly unknown[]): Case {
  const { steps, path, object } = serving(schema)
  const changes = patches.map((spec): Step => ({ method: 'PATCH', path: `${path}/a`, as: 'merge', body: { spec } }))
  return { name, steps: [...steps, { method: 'POST', path, body: object({ spec: first }) }, ...changes] }
}

const judged = o({
  spec: o(
    { a: { type: 'string' }, n: { type: 'integer' }, m: { type: 'integer' }, l: { type: 'array', items: { type: 'string' } } },
    {
      [V]: r(
        { rule: 'self.n < self.m', message: 'n must be less than m', fieldPath: '.n' },
        {
          rule: '!has(self.a) || self.a.startsWith("x")',
          messageExpression: '"a is " + self.a',
          reason: 'FieldValueForbidden',
          fieldPath: '.a',
        },
        { rule: '!has(self.l) || self.l.all(x, x.size() < 3)', reason: 'FieldValueRequired', message: 'short please' },
        { rule: '!has(self.l) || self.l.size() < 4', reason: 'FieldValueDuplicate' },
        { rule: 'self.n != 7 || self.l[5] == "x"' },
        { rule: 'self.n != 8 || self.n / (self.n - 8) == 1', message: 'div' },
        { rule: 'self.n != 9', messageExpression: 'self.l[9]', message: 'fallback' },
        { rule: 'self.n != 10', messageExpression: '"a\\nb"' },
        { rule: 'self.n != 11', messageExpression: '"  "' },
      ),
      required: ['n', 'm'],
    },
  ),
})

const transitions = o({
  spec: o(
    {
      imm: { type: 'string', maxLength: 20, [V]: r({ rule: 'self == oldSelf', message: 'immutable' }) },
      n: {
        type: 'integer',
        [V]: r({ rule: '!oldSelf.hasValue() || self >= oldSelf.value()', optionalOldSelf: true, message: 'only grows' }),
      },
      l: {
        type: 'array',
        maxItems: 5,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: o({ k: { type: 'string', maxLength: 5 }, v: { type: 'integer', [V]: r('self >= oldSelf') } }, { required: ['k'] }),
      },
      m: { type: 'object', maxProperties: 5, additionalProperties: { type: 'integer', [V]: r('self >= oldSelf') } },
    },
    { [V]: r({ rule: 'has(self.imm) == has(oldSelf.imm)', message: 'imm stays' }) },
  ),
})

const kindsOfValues = o({
  spec: o({
    i: {
      'x-kubernetes-int-or-string': true,
      [V]: r({ rule: 'type(self) == int ? self < 10 : self.endsWith("%")', message: 'int or percent' }),
    },
    set: {
      type: 'array',
      maxItems: 5,
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', maxLength: 5 },
      [V]: r({ rule: 'self == ["a", "b"] || self.size() > 2' }),
    },
    d: { type: 'string', format: 'date-time', [V]: r('self > timestamp("2020-01-01T00:00:00Z")') },
    du: { type: 'string', format: 'duration', [V]: r('self < duration("1h")') },
    by: { type: 'string', format: 'byte', maxLength: 30, [V]: r('self == b"hello"') },
    f: { type: 'number', [V]: r('self > 1.5') },
    q: { type: 'string', maxLength: 20, [V]: r('quantity(self).isGreaterThan(quantity("1Gi"))') },
    ip: { type: 'string', maxLength: 40, [V]: r('isIP(self) && ip(self).family() == 4') },
    nul: { type: 'string', nullable: true, maxLength: 3, [V]: r('self == "a"') },
    emb: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
      [V]: r('self.kind == "Pod"'),
    },
    m: {
      type: 'object',
      maxProperties: 3,
      additionalProperties: { type: 'string', maxLength: 3 },
      [V]: r('self.all(k, k.size() < 3)', "'a' in self"),
    },
  }),
})

/** What becomes of objects: decoded, pruned, defaulted, validated by schema, list types and rules. */
export const valueCases: readonly Case[] = [
  created('values', rich, values),
  created('rules judge', judged, [
    { n: 1, m: 2 },
    { n: 3, m: 2 },
    { n: 1, m: 2, a: 'b' },
    { n: 1, m: 2, l: ['aaa', 'b', 'c', 'd'] },
    { n: 7, m: 9, l: ['a'] },
    { n: 8, m: 9 },
    { n: 9, m: 19, l: ['a'] },
    { n: 10, m: 19 },
    { n: 11, m: 19 },
    { n: 11 },
    { n: 'x', m: 2 },
  ]),
  created('rules on kinds of values', kindsOfValues, [
    { i: 11 },
    { i: 5 },
    { i: '5' },
    { i: '5%' },
    { set: ['b', 'a'] },
    { set: ['a'] },
    { d: '2019-01-01T00:00:00Z' },
    { d: '2021-01-01T00:00:00Z' },
    { du: '2h' },
    { du: '5m' },
    { by: 'aGVsbG8=' },
    { by: 'aGVsbG9v' },
    { f: 1 },
    { f: 2 },
    { f: 1.5 },
    { q: '2Gi' },
    { q: '1M' },
    { q: 'zz' },
    { ip: '1.2.3.4' },
    { ip: '::1' },
    { nul: null },
    { nul: 'b' },
    { emb: { apiVersion: 'v1', kind: 'Pod' } },
    { emb: { apiVersion: 'v1', kind: 'Poda' } },
    { m: { abc: 'x' } },
    { m: { a: 'x' } },
  ]),
  changed(
    'transition rules',
    transitions,
    {
      imm: 'a',
      n: 1,
      l: [
        { k: 'a', v: 3 },
        { k: 'b', v: 5 },
      ],
      m: { x: 3 },
    },
    [
      { imm: 'b' },
      { imm: null },
      { n: 0 },
      { n: 5 },
      {
        l: [
          { k: 'b', v: 4 },
          { k: 'a', v: 4 },
          { k: 'c', v: 1 },
        ],
      },
      { m: { x: 2, y: 1 } },
      { m: { x: 4, y: 1 } },
    ],
  ),
]

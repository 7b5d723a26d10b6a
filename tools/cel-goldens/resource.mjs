// A custom resource with every kind of field that the engine treats in its own way, and two objects of it.
const text = { type: 'string' }
export const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 63 },
    long: text,
    count: { type: 'integer', format: 'int64' },
    ratio: { type: 'number' },
    on: { type: 'boolean' },
    when: { type: 'string', format: 'date-time' },
    day: { type: 'string', format: 'date' },
    span: { type: 'string', format: 'duration' },
    raw: { type: 'string', format: 'byte' },
    port: { 'x-kubernetes-int-or-string': true },
    any: { 'x-kubernetes-preserve-unknown-fields': true },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    ports: { type: 'array', maxItems: 10, items: { type: 'integer' } },
    names: { type: 'array', maxItems: 20, items: { type: 'string', maxLength: 10 }, 'x-kubernetes-list-type': 'set' },
    free: { type: 'array', items: text },
    rules: {
      type: 'array',
      maxItems: 5,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['key'],
      items: {
        type: 'object',
        properties: {
          key: { type: 'string', maxLength: 8 },
          value: { type: 'integer' },
          tags: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 5 } },
        },
      },
    },
    labels: { type: 'object', maxProperties: 4, additionalProperties: { type: 'string', maxLength: 12 } },
    limits: { type: 'object', additionalProperties: { type: 'integer' } },
    nested: {
      type: 'object',
      properties: { deep: { type: 'object', properties: { leaf: { type: 'string', maxLength: 4 }, left: text } } },
    },
    'with-dash': text,
    namespace: text,
    'dotted.name/x': { type: 'integer' },
    __under: text,
    nothing: { type: 'string', nullable: true },
  },
}

export const self = {
  name: 'web',
  long: 'a longer text',
  count: 5,
  ratio: 0.5,
  on: true,
  when: '2024-02-29T12:30:45.5Z',
  day: '2024-03-01',
  span: '1h30m',
  raw: 'aGk=',
  port: 'http',
  any: { a: [1, 'two'] },
  open: { b: 1 },
  ports: [80, 443, 8080],
  names: ['b', 'a'],
  free: ['x', 'yy'],
  rules: [
    { key: 'k1', value: 1, tags: ['t'] },
    { key: 'k2', value: 2 },
  ],
  labels: { app: 'web', tier: 'front' },
  limits: { cpu: 4 },
  nested: { deep: { leaf: 'leaf' } },
  'with-dash': 'dash',
  namespace: 'ns',
  'dotted.name/x': 9,
  __under: 'u',
  nothing: null,
}

export const oldSelf = { ...self, count: 4, names: ['a', 'b'], rules: [...self.rules].reverse(), name: 'old' }

/** What the variable `x` of no type holds. */
export const x = {
  a: { b: { c: 'deep' } },
  list: [1, 'two', true, null, [3], { k: 'v' }],
  n: 3,
  big: 9007199254740994,
  f: 1.5,
  t: 'text',
  yes: true,
  none: null,
  empty: {},
}

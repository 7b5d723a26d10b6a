import type { Case, Step } from '../case.js'

/** Integers near and beyond 2^53 and 2^63, in every way in which they come. Texts, since JSON.stringify has no such numbers. */
const literals = [
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '1234567890123456789',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '18446744073709551615',
  '92233720368547758079',
  '1e2',
  '1.0',
  '1e17',
  '9007199254740993.0',
  '9007199254740993e1',
  '0.9007199254740993',
  '-0',
]
const exact = ['9007199254740993', '9223372036854775807', '9223372036854775808', '1e17']

const maps = '/api/v1/namespaces/${ns}/configmaps'
const pods = '/api/v1/namespaces/${ns}/pods'
const group = '${id}.example.com'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const things = `/apis/${group}/v1/namespaces/\${ns}/things`
const one = `${things}/a`
const dry = { dryRun: 'All' }
const merge = { as: 'merge' } as const
const applied = { fieldManager: 'a', force: 'true' }

const pod = (name: string, more: string, generation = '') =>
  `{"metadata":{"name":"${name}"${generation === '' ? '' : `,"generation":${generation}`}},"spec":{${more}"containers":[{"name":"c","image":"i"}]}}`
const grace = (literal: string) => `"terminationGracePeriodSeconds":${literal},`
const toleration = (literal: string) =>
  `"tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":${literal}}],`

const thing = (spec: string, name = 'a') =>
  `{"apiVersion":"${group}/v1","kind":"Thing","metadata":{"name":"${name}"},"spec":${spec}}`

const definition = {
  metadata: { name: `things.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
        additionalPrinterColumns: [
          { name: 'Big', type: 'integer', jsonPath: '.spec.big' },
          { name: 'Num', type: 'number', jsonPath: '.spec.num' },
          { name: 'Any', type: 'string', jsonPath: '.spec.any' },
        ],
        selectableFields: [{ jsonPath: '.spec.big' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              spec: {
                type: 'object',
                properties: {
                  big: { type: 'integer' },
                  wide: { type: 'integer', format: 'int64' },
                  narrow: { type: 'integer', format: 'int32' },
                  num: { type: 'number' },
                  few: { type: 'integer', minimum: 1, maximum: 5 },
                  even: { type: 'integer', multipleOf: 2 },
                  one: { type: 'integer', enum: [1, 2] },
                  ios: { 'x-kubernetes-int-or-string': true },
                  any: { 'x-kubernetes-preserve-unknown-fields': true },
                  replicas: { type: 'integer' },
                  set: { type: 'array', items: { type: 'integer' }, 'x-kubernetes-list-type': 'set' },
                  map: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['k'],
                      properties: { k: { type: 'integer' }, v: { type: 'integer' } },
                    },
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['k'],
                  },
                  rule: {
                    type: 'object',
                    properties: { a: { type: 'integer' }, b: { type: 'integer' }, n: { type: 'number' } },
                    'x-kubernetes-validations': [
                      { rule: '!has(self.a) || !has(self.b) || self.a < self.b', messageExpression: '"a is " + string(self.a)' },
                      { rule: '!has(self.a) || self.a != 9007199254740993', message: 'this one is taken' },
                      { rule: '!has(self.n) || self.n < 1e19', message: 'n is large' },
                    ],
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}
const define: Step[] = [
  { method: 'POST', path: definitions, body: definition, silent: true },
  { method: 'GET', path: things, silent: true, until: 200 },
]

const post = (path: string, raw: string, more: Partial<Step> = {}): Step => ({ method: 'POST', path, raw, query: dry, ...more })
const patch = (path: string, as: string, raw: string, query: Step['query'] = {}): Step => ({
  method: 'PATCH',
  path,
  as,
  raw,
  query: query ?? {},
})

const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }

export const integerCases: readonly Case[] = [
  {
    name: 'fields of built-in kinds',
    steps: [
      ...literals.flatMap((literal) => [
        post(pods, pod('a', grace(literal))),
        post(pods, pod('a', toleration(literal))),
        post(pods, pod('a', grace(literal)), { query: { ...dry, fieldValidation: 'Ignore' } }),
        post(maps, `{"metadata":{"name":"a","generation":${literal}}}`),
        post(`${pods}`, pod('a', `"securityContext":{"runAsUser":${literal}},`)),
      ]),
      ...literals.flatMap((literal) => [
        post(maps, `metadata:\n  name: a\n  generation: ${literal}\n`, { as: 'yaml' }),
        post(pods, `metadata: {name: a}\nspec:\n  priority: ${literal}\n  containers: [{name: c, image: i}]\n`, { as: 'yaml' }),
      ]),
      ...literals.map((literal) => post(pods, pod('a', `"activeDeadlineSeconds":${literal},`))),
      ...literals.map((literal) =>
        post(
          '/api/v1/namespaces/${ns}/services',
          `{"metadata":{"name":"a"},"spec":{"ports":[{"port":80,"targetPort":${literal}}]}}`,
        ),
      ),
      ...literals.map((literal) =>
        post('/api/v1/namespaces/${ns}/resourcequotas', `{"metadata":{"name":"a"},"spec":{"hard":{"pods":${literal}}}}`),
      ),
      ...['0777', '0x20000000000001', '0b1', '9_007_199_254_740_993', '0o400000000000000001', '+9007199254740993'].map(
        (literal) => post(maps, `metadata:\n  name: a\n  generation: ${literal}\n`, { as: 'yaml' }),
      ),
    ],
  },
  {
    name: 'built-in kinds: stored, patched, applied',
    steps: [
      post(pods, pod('a', toleration('9007199254740993'), '9007199254740993'), { query: {} }),
      { method: 'GET', path: `${pods}/a` },
      { method: 'GET', path: pods },
      { method: 'GET', path: `${pods}/a`, headers: { accept: 'application/yaml' } },
      { method: 'GET', path: pods, query: { watch: 'true', resourceVersion: '0' }, events: 1 },
      post(maps, '{"metadata":{"name":"m","generation":9007199254740993,"finalizers":["a.example.com/f"]}}', { query: {} }),
      { method: 'GET', path: `${maps}/m` },
      { method: 'GET', path: maps, headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' } },
      {
        method: 'PUT',
        path: `${maps}/m`,
        raw: '{"metadata":{"name":"m","generation":5,"finalizers":["a.example.com/f"]},"data":{"k":"v"}}',
      },
      patch(`${maps}/m`, 'json-patch', '[{"op":"test","path":"/metadata/generation","value":9007199254740993}]'),
      patch(`${maps}/m`, 'json-patch', '[{"op":"test","path":"/metadata/generation","value":9007199254740992}]'),
      patch(`${maps}/m`, 'json-patch', '[{"op":"replace","path":"/metadata/generation","value":9007199254740995}]'),
      patch(`${maps}/m`, 'merge', '{"metadata":{"generation":9007199254740997}}'),
      patch(`${maps}/m`, 'strategic', '{"metadata":{"generation":9007199254740999}}'),
      patch(`${maps}/m`, 'merge', '{"metadata":{"generation":92233720368547758079}}'),
      patch(`${maps}/m`, 'merge', '{"metadata":{"generation":1e2}}'),
      patch(`${maps}/m`, 'strategic', '{"metadata":{"generation":1e2}}'),
      patch(`${maps}/m`, 'json-patch', '[{"op":"add","path":"/metadata/generation","value":1e2}]'),
      { method: 'DELETE', path: `${maps}/m` },
      { method: 'GET', path: `${maps}/m` },
      patch(
        `${pods}/p`,
        'apply',
        `{"apiVersion":"v1","kind":"Pod",${pod('p', toleration('9007199254740993') + grace('9007199254740995')).slice(1)}`,
        applied,
      ),
      patch(
        `${pods}/p`,
        'apply',
        `{"apiVersion":"v1","kind":"Pod",${pod('p', toleration('9007199254740993') + grace('9007199254740995')).slice(1)}`,
        applied,
      ),
      patch(
        `${pods}/p`,
        'apply',
        `{"apiVersion":"v1","kind":"Pod",${pod('p', toleration('9007199254740992') + grace('9007199254740995')).slice(1)}`,
        applied,
      ),
      patch(
        `${pods}/p`,
        'strategic',
        '{"spec":{"tolerations":[{"key":"n","operator":"Exists","effect":"NoExecute","tolerationSeconds":9007199254740997}]}}',
      ),
      { method: 'DELETE', path: `${pods}/p`, raw: '{"gracePeriodSeconds":9007199254740993}' },
      { method: 'DELETE', path: `${pods}/a`, raw: '{"gracePeriodSeconds":1e2}' },
      ...['"x"', '1.5', '9223372036854775808', '[]', 'true'].map(
        (literal): Step => ({ method: 'DELETE', path: `${pods}/a`, raw: `{"gracePeriodSeconds":${literal}}` }),
      ),
      { method: 'DELETE', path: `${pods}/a`, raw: '{"propagationPolicy":5}' },
      { method: 'DELETE', path: `${pods}/a`, raw: '{"preconditions":[]}' },
      { method: 'DELETE', path: `${pods}/a`, raw: '{"unknown":1,"dryRun":["All"]}' },
    ],
  },
  {
    name: 'custom resources',
    steps: [
      ...define,
      ...['big', 'wide', 'narrow', 'num', 'few', 'even', 'one', 'ios', 'any', 'replicas'].flatMap((field) =>
        literals.map((literal) => post(things, thing(`{"${field}":${literal}}`))),
      ),
      ...literals.map((literal) => post(things, thing(`{"set":[${literal},9007199254740993]}`))),
      ...literals.map((literal) => post(things, thing(`{"map":[{"k":${literal}},{"k":9007199254740993}]}`))),
      ...literals.map((literal) => post(things, thing(`{"rule":{"a":${literal},"b":9007199254740994}}`))),
      ...literals.map((literal) => post(things, thing(`{"rule":{"n":${literal}}}`))),
      ...exact.map((literal) => post(things, thing(`{"any":{"deep":[${literal},"${literal}",{"k":${literal}}]}}`))),
      ...literals.map((literal) =>
        post(things, `apiVersion: ${group}/v1\nkind: Thing\nmetadata: {name: a}\nspec: {big: ${literal}}\n`, { as: 'yaml' }),
      ),
      post(things, thing('{"any":{"a":1,"a":9007199254740993}}')),
      post(things, thing('{"unknown":9007199254740993}')),
    ],
  },
  {
    name: 'custom resources: stored, listed, selected',
    steps: [
      ...define,
      post(things, thing('{"big":9007199254740993,"num":9007199254740993,"any":9007199254740993,"replicas":9007199254740993}'), {
        query: {},
      }),
      post(things, thing('{"big":9007199254740992,"num":1.5,"any":{"a":[9223372036854775807]}}', 'b'), { query: {} }),
      post(things, thing('{"big":1e17,"num":1e17,"any":1e17}', 'c'), { query: {} }),
      { method: 'GET', path: one },
      { method: 'GET', path: things },
      { method: 'GET', path: things, query: { limit: '1' }, silent: true },
      { method: 'GET', path: things, headers: table },
      { method: 'GET', path: things, headers: { accept: 'application/yaml' } },
      { method: 'GET', path: things, query: { pretty: 'true' } },
      { method: 'GET', path: things, query: { fieldSelector: 'spec.big=9007199254740993' } },
      { method: 'GET', path: things, query: { fieldSelector: 'spec.big=9007199254740992' } },
      { method: 'GET', path: things, query: { fieldSelector: 'spec.big=100000000000000000' } },
      { method: 'GET', path: things, query: { watch: 'true', resourceVersion: '0' }, events: 3 },
      { method: 'GET', path: things, query: { watch: 'true', resourceVersion: '0' }, events: 3, headers: table },
      { method: 'GET', path: `${one}/scale` },
    ],
  },
  {
    name: 'custom resources: changed',
    steps: [
      ...define,
      post(things, thing('{"big":9007199254740993,"any":[9007199254740993]}'), { query: {} }),
      // The same again changes nothing, a neighbour does.
      patch(one, 'merge', '{"spec":{"big":9007199254740993}}'),
      patch(one, 'merge', '{"spec":{"big":9007199254740992}}'),
      patch(one, 'merge', '{"spec":{"big":9007199254740995,"any":{"a":9223372036854775807}}}'),
      patch(one, 'merge', '{"spec":{"any":{"a":9223372036854775808}}}'),
      patch(one, 'merge', '{"spec":{"big":1e2}}'),
      patch(one, 'merge', '{"spec":{"big":1.0}}'),
      patch(one, 'json-patch', '[{"op":"add","path":"/spec/big","value":9007199254740993}]'),
      patch(one, 'json-patch', '[{"op":"test","path":"/spec/big","value":9007199254740993}]'),
      patch(one, 'json-patch', '[{"op":"test","path":"/spec/big","value":9007199254740992}]'),
      patch(
        one,
        'json-patch',
        '[{"op":"copy","from":"/spec/big","path":"/spec/wide"},{"op":"test","path":"/spec/wide","value":9007199254740993}]',
      ),
      patch(one, 'json-patch', '[{"op":"move","from":"/spec/wide","path":"/spec/num"}]'),
      patch(one, 'json-patch', '[{"op":"replace","path":"/spec/any","value":[9007199254740993,{"b":-9007199254740993}]}]'),
      patch(one, 'json-patch', '[{"op":"test","path":"/spec/any","value":[9007199254740993,{"b":-9007199254740993}]}]'),
      { method: 'PATCH', path: `${one}/status`, ...merge, raw: '{"status":{"seen":9007199254740993}}' },
      { method: 'PATCH', path: `${one}/scale`, ...merge, raw: '{"spec":{"replicas":9007199254740993}}' },
      { method: 'PATCH', path: `${one}/scale`, ...merge, raw: '{"spec":{"replicas":3}}' },
      { method: 'GET', path: one },
    ],
  },
  {
    name: 'custom resources: applied by many',
    steps: [
      ...define,
      patch(
        one,
        'apply',
        thing('{"big":9007199254740993,"set":[9007199254740993,9007199254740992],"map":[{"k":9007199254740993,"v":1}]}'),
        applied,
      ),
      patch(
        one,
        'apply',
        thing('{"big":9007199254740993,"set":[9007199254740993,9007199254740992],"map":[{"k":9007199254740993,"v":1}]}'),
        applied,
      ),
      patch(one, 'apply', thing('{"big":9007199254740993}'), { fieldManager: 'b' }),
      patch(one, 'apply', thing('{"big":9007199254740992}'), { fieldManager: 'b' }),
      patch(one, 'apply', thing('{"set":[9007199254740993,9007199254740995],"map":[{"k":9007199254740993,"v":2}]}'), {
        fieldManager: 'b',
      }),
      patch(
        one,
        'apply',
        thing('{"set":[9007199254740993,9007199254740995],"map":[{"k":9007199254740992,"v":9007199254740993}]}'),
        { fieldManager: 'b' },
      ),
      patch(one, 'apply', thing('{"set":[9007199254740993],"map":[{"k":9007199254740993,"v":1}]}'), applied),
      patch(one, 'apply', `apiVersion: ${group}/v1\nkind: Thing\nmetadata: {name: a}\nspec: {wide: 9007199254740997}\n`, {
        fieldManager: 'y',
      }),
      patch(one, 'merge', '{"spec":{"set":[9007199254740997]}}', { fieldManager: 'm' }),
      { method: 'GET', path: one },
    ],
  },
]

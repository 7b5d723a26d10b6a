import type { Random } from '../../src/base/random.js'

export interface HostileRequest {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly type?: string
  readonly body?: string | Uint8Array
  readonly headers?: Record<string, string>
}

const maps = '/api/v1/namespaces/default/configmaps'
const victim = `${maps}/victim`
const deployments = '/apis/apps/v1/namespaces/default/deployments'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const json = 'application/json'
const yaml = 'application/yaml'
const deep = (open: string, close: string, levels: number, core = '') => open.repeat(levels) + core + close.repeat(levels)
const megabytes = (count: number) => count * 1024 * 1024

function configMap(data: string, name = 'hostile'): string {
  return `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":${data}}`
}

/** Bodies that are made to hurt: JSON, YAML, patches, protobuf. */
export function hostileBodies(): HostileRequest[] {
  const post = (name: string, body: string | Uint8Array, type = json, path = maps): HostileRequest => ({
    name,
    method: 'POST',
    path,
    type,
    body,
  })
  const patch = (name: string, type: string, body: string, path = victim): HostileRequest => ({
    name: `${type}: ${name}`,
    method: 'PATCH',
    path: type === 'apply-patch+yaml' ? `${path}?fieldManager=hostile&force=true` : path,
    type: `application/${type}`,
    body,
  })
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":"v"`).join()
  const aliases = ['a: &a ["x","x","x","x","x","x","x","x","x","x"]']
  for (let level = 1; level < 12; level++) {
    const [to, from] = [String.fromCharCode(97 + level), String.fromCharCode(96 + level)]
    aliases.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join()}]`)
  }
  const jsonBodies: [string, string | Uint8Array][] = [
    ['deep arrays', deep('[', ']', 500_000)],
    ['deep objects', deep('{"a":', '}', 300_000, '1')],
    ['deep and never closed', '['.repeat(megabytes(2))],
    ['deep in data', configMap(deep('[', ']', 100_000))],
    [
      'deep annotations',
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","annotations":${deep('{"a":', '}', 50_000, '1')}}}`,
    ],
    ['huge number', configMap(`{"a":${'9'.repeat(megabytes(1))}}`)],
    ['huge exponent', configMap('{"a":1e999999999}')],
    ['NaN', configMap('{"a":NaN}')],
    ['duplicate keys', configMap(`{${'"a":"b",'.repeat(100_000)}"a":"c"}`)],
    ['lone surrogate', configMap('{"a":"\\ud800"}')],
    [
      'broken UTF-8',
      Buffer.concat([Buffer.from(configMap('{"a":"')), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from('"}}')]),
    ],
    ['__proto__', configMap('{"__proto__":"x","constructor":"y"}')],
    [
      '__proto__ object',
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto","__proto__":{"labels":{"polluted":"yes"}}},"__proto__":{"polluted":true}}`,
    ],
    [
      'prototype labels',
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto2","labels":{"__proto__":"a","constructor":"b","toString":"c"}}}`,
    ],
    ['many keys', configMap(`{${keys(150_000)}}`)],
    ['NUL', configMap('{"a":"\\u0000"}')],
    ['a NUL in the name', configMap('{}', 'a\\u0000b')],
    ['a slash in the name', configMap('{}', 'a/../../secrets/b')],
    ['a long name', configMap('{}', 'a'.repeat(megabytes(1)))],
    ['an emoji name', configMap('{}', '\u{1F600}')],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '42'],
    ['an array', '[]'],
    ['text', '"ConfigMap"'],
    ['half', configMap('{"a":"b').slice(0, -1)],
    ['a byte order mark', `\ufeff${configMap('{}', 'bom')}`],
    ['wrong types', '{"apiVersion":1,"kind":[],"metadata":"x","data":7}'],
    ['metadata null', '{"apiVersion":"v1","kind":"ConfigMap","metadata":null}'],
    [
      'names of all types',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":{},"namespace":[],"labels":7,"ownerReferences":"x","finalizers":{"a":1},"managedFields":"z"}}',
    ],
    [
      'managed fields',
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"mf","managedFields":[{"manager":"x","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":${deep('{"f:a":', '}', 20_000, '{}')}}]}}`,
    ],
    [
      'a thousand owners',
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owned","ownerReferences":[${Array(5000).fill('{"apiVersion":"v1","kind":"Pod","name":"a","uid":"b"}').join()}]}}`,
    ],
    ['too large', configMap(`{"a":"${'x'.repeat(megabytes(3))}"}`)],
    ['3 MiB of escapes', configMap(`{"a":"${'\\u0041'.repeat(400_000)}"}`)],
  ]
  const yamlBodies: [string, string][] = [
    ['alias bomb', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n${aliases.join('\n')}\n`],
    [
      'merge key bomb',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\nx: &x {a: b}\n${Array.from({ length: 2000 }, (_, index) => `y${index}: {<<: *x}`).join('\n')}\n`,
    ],
    ['recursive alias', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: self}\ndata: &a {b: *a}\n'],
    [
      'tags',
      'apiVersion: !!js/function "function(){}"\nkind: !!python/object:os.system ConfigMap\nmetadata: {name: !!binary aGk=}\n',
    ],
    ['deep flow', `a: ${deep('[', ']', 100_000)}`],
    ['deep blocks', Array.from({ length: 3000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')],
    ['many documents', '---\na: b\n'.repeat(100_000)],
    ['long plain scalar', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: ${'y '.repeat(500_000)}}`],
    ['long keys', `${'? '.repeat(100_000)}a`],
    ['dashes', '- '.repeat(100_000)],
    ['quotes never closed', `a: "${'\\x41'.repeat(100_000)}`],
    ['directives', '%YAML 9.9\n'.repeat(10_000)],
    ['anchors', Array.from({ length: 100_000 }, (_, index) => `&a${index} `).join('')],
    ['octal and dates', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 0o17}\ndata: {a: 2001-01-01, b: .inf, c: ~}\n'],
  ]
  const copies = Array.from({ length: 40 }, (_, index) => ({
    op: 'copy',
    from: index === 0 ? '/data' : `/data/c${index - 1}`,
    path: `/data/c${index}`,
  }))
  const bodies: HostileRequest[] = [
    ...jsonBodies.map(([name, body]) => post(`JSON: ${name}`, body)),
    ...yamlBodies.map(([name, body]) => post(`YAML: ${name}`, body, yaml)),
    ...jsonBodies.slice(0, 14).map(([name, body]) => ({ ...post(`PUT JSON: ${name}`, body), method: 'PUT', path: victim })),
    ...jsonBodies.slice(0, 5).map(([name, body]) => patch(name, 'merge-patch+json', String(body))),
    ...jsonBodies.slice(0, 5).map(([name, body]) => patch(name, 'strategic-merge-patch+json', String(body))),
    ...yamlBodies.map(([name, body]) => patch(name, 'apply-patch+yaml', body)),
    patch(
      'doubling copies',
      'json-patch+json',
      JSON.stringify([{ op: 'add', path: '/data', value: { a: 'x'.repeat(1000) } }, ...copies]),
    ),
    patch('many operations', 'json-patch+json', JSON.stringify(Array(20_000).fill({ op: 'add', path: '/data/a', value: 'b' }))),
    patch(
      '10,000 operations',
      'json-patch+json',
      JSON.stringify(Array(10_000).fill({ op: 'test', path: '/kind', value: 'ConfigMap' })),
    ),
    patch('copy into itself', 'json-patch+json', JSON.stringify([{ op: 'copy', from: '', path: '/data/all' }])),
    patch('move into itself', 'json-patch+json', JSON.stringify([{ op: 'move', from: '/metadata', path: '/metadata/labels' }])),
    patch(
      '__proto__',
      'json-patch+json',
      JSON.stringify([
        { op: 'add', path: '/__proto__/polluted', value: true },
        { op: 'add', path: '/constructor/prototype/polluted', value: true },
      ]),
    ),
    patch('the root', 'json-patch+json', JSON.stringify([{ op: 'replace', path: '', value: null }])),
    patch(
      'far index',
      'json-patch+json',
      JSON.stringify([
        { op: 'add', path: '/metadata/finalizers', value: [] },
        { op: 'add', path: '/metadata/finalizers/999999999', value: 'x' },
      ]),
    ),
    patch('no operations', 'json-patch+json', '{}'),
    patch('long pointer', 'json-patch+json', JSON.stringify([{ op: 'remove', path: '/a'.repeat(200_000) }])),
    patch('__proto__', 'merge-patch+json', '{"__proto__":{"polluted":true},"metadata":{"__proto__":{"polluted":true}}}'),
    patch('everything null', 'merge-patch+json', '{"apiVersion":null,"kind":null,"metadata":null,"data":null}'),
    patch('an array', 'merge-patch+json', '[]'),
    patch(
      'unknown directives',
      'strategic-merge-patch+json',
      '{"$patch":"explode","metadata":{"$retainKeys":7,"$deleteFromPrimitiveList/finalizers":"x","$setElementOrder/ownerReferences":[null,1,{}]}}',
    ),
    patch('replace all', 'strategic-merge-patch+json', '{"$patch":"replace"}'),
    patch('delete all', 'strategic-merge-patch+json', '{"$patch":"delete"}'),
    patch(
      'keys of lists',
      'strategic-merge-patch+json',
      JSON.stringify({ metadata: { ownerReferences: Array(3000).fill({ uid: 'a', $patch: 'delete' }) } }),
    ),
    patch(
      'order of lists',
      'strategic-merge-patch+json',
      JSON.stringify({
        metadata: {
          '$setElementOrder/ownerReferences': Array.from({ length: 20_000 }, (_, uid) => ({ uid })),
          ownerReferences: [],
        },
      }),
    ),
    patch('no kind', 'apply-patch+yaml', '{}'),
    patch(
      'managed fields',
      'apply-patch+yaml',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"victim","managedFields":[{}]}}',
    ),
    patch('unknown type', 'x-patch+json', '{}'),
    patch('no such object', 'json-patch+json', '[]', `${maps}/nobody`),
    {
      name: 'DELETE: options',
      method: 'DELETE',
      path: `${maps}/nobody`,
      type: json,
      body: '{"gracePeriodSeconds":1e400,"propagationPolicy":{"a":1},"preconditions":[1]}',
    },
    { name: 'DELETE: deep options', method: 'DELETE', path: victim, type: json, body: deep('[', ']', 100_000) },
    post(
      'Deployment: wrong everywhere',
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":{"replicas":-99999999999999999999,"selector":[],"template":"x","strategy":{"rollingUpdate":{"maxSurge":"∞%"}}}}',
      json,
      deployments,
    ),
    post(
      'Deployment: thousands of containers',
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: {
            metadata: { labels: { a: 'b' } },
            spec: {
              containers: Array.from({ length: 3000 }, () => ({
                name: 'same',
                image: 'x',
                ports: [{ containerPort: 1 }],
                env: [{ name: 'a', value: '$(a)' }],
              })),
            },
          },
        },
      }),
      json,
      deployments,
    ),
    post(
      'quantities',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'q' },
        spec: {
          containers: [
            { name: 'a', image: 'b', resources: { limits: { cpu: `${'9'.repeat(100_000)}E`, memory: '1e999999999' } } },
          ],
        },
      }),
      json,
      '/api/v1/namespaces/default/pods',
    ),
    ...protobufs().map(([name, body]) => post(`protobuf: ${name}`, body, 'application/vnd.kubernetes.protobuf')),
    ...hostileDefinitions().map(([name, body]) => post(`CRD: ${name}`, body, json, definitions)),
  ]
  return bodies
}

function protobufs(): [string, Uint8Array][] {
  const magic = Buffer.from('k8s\0')
  const field = (number: number, data: Uint8Array) => Buffer.concat([varint((number << 3) | 2), varint(data.length), data])
  const unknown = (raw: Uint8Array, kind = 'ConfigMap') =>
    Buffer.concat([magic, field(1, Buffer.concat([field(1, Buffer.from('v1')), field(2, Buffer.from(kind))])), field(2, raw)])
  let nested: Buffer = Buffer.alloc(0)
  for (let level = 0; level < 2000; level++) nested = field(1, nested)
  const name = field(1, field(1, Buffer.from('pb')))
  return [
    ['nothing', Buffer.alloc(0)],
    ['the magic alone', magic],
    ['another magic', Buffer.from('k9s\0aaaa')],
    ['a length without end', Buffer.concat([magic, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])])],
    ['a varint without end', Buffer.concat([magic, Buffer.alloc(1000, 0xff)])],
    ['a length beyond the end', unknown(Buffer.from([0x0a, 0x7f, 1]))],
    ['groups', unknown(Buffer.from([0x0b, 0x0b, 0x0b, 0x0c]))],
    ['field zero', unknown(Buffer.from([0x02, 0x00]))],
    ['deep', unknown(nested)],
    ['broken UTF-8', unknown(field(1, field(1, Buffer.from([0xff, 0xfe, 0xfd]))))],
    ['another kind', unknown(name, 'Exploder')],
    ['a million empty entries', unknown(Buffer.concat([name, Buffer.alloc(megabytes(2), Buffer.from([0x12, 0x00]))]))],
    ['wrong wire types', unknown(Buffer.from([0x08, 0x01, 0x15, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8]))],
  ]
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128)
  return Buffer.from([...bytes, value])
}

function hostileDefinitions(): [string, string][] {
  let serial = 0
  const definition = (schema: unknown, version: object = {}) => {
    const plural = `evils${serial++}`
    return JSON.stringify({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.evil.example.com` },
      spec: {
        group: 'evil.example.com',
        scope: 'Namespaced',
        names: { plural, singular: plural.slice(0, -1) + serial, kind: `Evil${serial}` },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
      },
    })
  }
  const spec = (properties: object) => definition({ type: 'object', properties: { spec: { type: 'object', properties } } })
  let deepSchema: object = { type: 'string' }
  for (let level = 0; level < 1000; level++) deepSchema = { type: 'object', properties: { a: deepSchema } }
  const rule = (text: string) =>
    definition({
      type: 'object',
      properties: {
        spec: { type: 'object', 'x-kubernetes-validations': [{ rule: text }], properties: { a: { type: 'string' } } },
      },
    })
  return [
    ['a schema of 1,000 levels', definition(deepSchema)],
    ['a reference', definition({ $ref: '#/definitions/a' })],
    [
      '20,000 properties',
      spec(Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`p${index}`, { type: 'string' }]))),
    ],
    ['a pattern that backtracks', spec({ a: { type: 'string', pattern: '^(a+)+$' } })],
    ['a pattern that repeats repeats', spec({ a: { type: 'string', pattern: '((a{1000}){1000}){1000}' } })],
    ['a pattern that is none', spec({ a: { type: 'string', pattern: '(' } })],
    ['a long pattern', spec({ a: { type: 'string', pattern: '(a|b)?'.repeat(50_000) } })],
    ['a long enum', spec({ a: { type: 'string', enum: Array.from({ length: 50_000 }, (_, index) => `e${index}`) } })],
    [
      'a deep default',
      spec({
        a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, default: JSON.parse(deep('{"a":', '}', 1000, '1')) },
      }),
    ],
    [
      '__proto__',
      definition(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"object"},"constructor":{"type":"string"}}}')),
    ],
    ['CEL: deep parentheses', rule('('.repeat(20_000) + 'true' + ')'.repeat(20_000))],
    ['CEL: deep nots', rule(`${'!'.repeat(20_000)}true`)],
    ['CEL: a long or', rule(Array(20_000).fill('true').join(' || '))],
    [
      'CEL: nested macros',
      rule('[1,2,3].all(a, [1,2,3].all(b, [1,2,3].all(c, [1,2,3].all(d, [1,2,3].all(e, [1,2,3].all(f, true))))))'),
    ],
    ['CEL: a huge string', rule(`'${'x'.repeat(500_000)}' == self.a`)],
    ['CEL: a bomb of maps', rule(`${'['.repeat(500)}self.a${']'.repeat(500)} == []`)],
    ['CEL: a pattern', rule("self.a.matches('(a+)+$')")],
    ['CEL: nonsense', rule('\u0000\ud800 ¯\\_(ツ)_/¯')],
    [
      'columns',
      definition(
        { type: 'object' },
        {
          additionalPrinterColumns: Array.from({ length: 2000 }, (_, index) => ({
            name: `c${index}`,
            type: 'string',
            jsonPath: `${'..a'.repeat(50)}[?(@.b=="c")]`,
          })),
        },
      ),
    ],
  ]
}

/** Paths and queries. */
export function hostilePaths(random: Random): HostileRequest[] {
  const get = (name: string, path: string, headers?: Record<string, string>): HostileRequest => ({
    name,
    method: 'GET',
    path,
    ...(headers ? { headers } : {}),
  })
  const token = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  const queries = [
    `labelSelector=${'a%3Db,'.repeat(2000)}a`,
    `labelSelector=${'('.repeat(5000)}`,
    `labelSelector=a%20in%20(${'b,'.repeat(3000)})`,
    'labelSelector=%00',
    'labelSelector=a%3D%3D%3Db',
    'labelSelector=!!a',
    'labelSelector=a%3E%3C1',
    'labelSelector=%F0%9F%98%80',
    'fieldSelector=%00',
    'fieldSelector=metadata.name%3D%3D%3Da',
    'fieldSelector=spec%2C%2C%2C',
    'fieldSelector=metadata.name%3D%5C',
    `fieldSelector=${'metadata.name%3Da,'.repeat(2000)}`,
    'fieldSelector=__proto__%3Da',
    'limit=-1',
    'limit=1e9',
    'limit=99999999999999999999999',
    'limit=a',
    'resourceVersion=-1',
    'resourceVersion=abc',
    'resourceVersion=999999999',
    'resourceVersion=1e3',
    'resourceVersion=99999999999999999999999',
    'resourceVersionMatch=Exact',
    'resourceVersionMatch=Never&resourceVersion=1',
    'watch=true&resourceVersion=abc',
    'watch=true&timeoutSeconds=1e400',
    'watch=true&sendInitialEvents=maybe',
    'watch=1&fieldSelector=%25',
    'timeout=-5s',
    'timeout=9999999999999999h',
    'timeout=abc',
    '%zz=%zz',
    'a&a=&=&&&',
    'pretty=%00',
    'continue=',
    'continue=%00',
    `continue=${'A'.repeat(5000)}`,
    `continue=${token('null')}`,
    `continue=${token('[]')}`,
    ...[
      {},
      { v: 'meta.k8s.io/v1' },
      { v: 'meta.k8s.io/v1', rv: 1e99, start: 'a' },
      { v: 'meta.k8s.io/v1', rv: 1, start: '\0' },
      { v: 'meta.k8s.io/v1', rv: 2, start: '../../secrets/' },
      { v: 'meta.k8s.io/v1', rv: -1, start: 'zzz\0' },
      { v: 'meta.k8s.io/v1', rv: 2, start: '\uffff\uffff' },
      { v: 'meta.k8s.io/v1', rv: 5, start: { a: 1 } },
    ].map((value) => `limit=1&continue=${token(value)}`),
  ]
  const paths = [
    '/api/v1/namespaces/../secrets',
    '/api/v1/namespaces/%2e%2e/secrets',
    '/api/v1/namespaces/default/configmaps/a%2fb',
    '/api/v1/namespaces/default/configmaps/%00',
    '/%',
    '/api/v1/namespaces/%ff/pods',
    '//api//v1',
    '/api/v1/namespaces/default/configmaps/../../../../etc/passwd',
    `/${'a/'.repeat(4000)}`,
    '/api/v1/namespaces/__proto__/configmaps/constructor',
    '/apis/__proto__/v1/constructor',
    '/apis/constructor',
    '/openapi/v3/apis/__proto__/v1',
    '/api/v1/watch/namespaces/x/pods/y/z',
    '/api/v1/proxy',
    '/api/v1/namespaces/default/pods/x/exec',
    '/api/v1/namespaces/default/pods/x/log?tailLines=-1&sinceTime=abc',
    '/api/v1/componentstatuses/__proto__',
    '/metrics?x=%',
    '/.well-known/openid-configuration',
    '/healthz/../readyz',
    '/api/v1/namespaces/default/configmaps/\u00e9',
  ].map((path) => encodeURI(path).replaceAll('%25', '%'))
  const headers: Record<string, string>[] = [
    { accept: 'application/json;as=Table;v=v9;g=x' },
    { accept: ','.repeat(5000) },
    { accept: 'a/b;q=1;'.repeat(800) },
    { accept: '*/*;q=nan' },
    { accept: 'application/json;as=__proto__' },
    { authorization: 'Bearer' },
    { authorization: `Bearer ${'x'.repeat(8000)}` },
    { authorization: 'Basic aaa' },
    { authorization: `Bearer ${token('{"alg":"none"}')}.${token('{"sub":"system:admin"}')}.` },
    { 'impersonate-user': 'x'.repeat(5000) },
    { 'impersonate-group': 'system:masters' },
    { 'impersonate-extra-__proto__': 'x', 'impersonate-user': 'y' },
    { 'impersonate-uid': '1' },
    { 'accept-encoding': 'gzip;q=0, *;q=99' },
    { 'if-none-match': '"'.repeat(4000) },
    { expect: '200-maybe' },
    { 'content-encoding': 'gzip' },
    { 'audit-id': '../..' },
    { range: 'bytes=0-' },
  ]
  const bytes = Array.from({ length: 40 }, () => {
    const length = 1 + Math.floor(random.number() * 40)
    return `/api/v1/${Array.from(
      { length },
      () =>
        `%${Math.floor(random.number() * 256)
          .toString(16)
          .padStart(2, '0')}`,
    ).join('')}`
  })
  return [
    ...queries.map((query) => get(`query ${query.slice(0, 60)}`, `${maps}?${query}`)),
    ...paths.map((path) => get(`path ${path.slice(0, 60)}`, path)),
    ...bytes.map((path) => get(`bytes ${path.slice(0, 60)}`, path)),
    ...headers.map((each) => get(`header ${JSON.stringify(each).slice(0, 60)}`, maps, each)),
    ...['TRACE', 'CONNECTED', 'PROPFIND', 'OPTIONS', 'HEAD', 'LINK']
      .filter((method) => method !== 'CONNECTED')
      .map((method) => ({ name: `method ${method}`, method, path: maps })),
  ]
}

/** A body with some of its bytes changed, doubled or left out. */
export function mangled(body: string | Uint8Array, random: Random): Buffer {
  let bytes = Buffer.from(body as string)
  for (let change = 1 + Math.floor(random.number() * 4); change > 0; change--) {
    const at = Math.floor(random.number() * bytes.length)
    const dice = random.number()
    if (dice < 0.5 && bytes.length > 0) bytes[at] = Math.floor(random.number() * 256)
    else if (dice < 0.75) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 8))])
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + Math.floor(random.number() * 8))])
  }
  return bytes
}

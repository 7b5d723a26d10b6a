import { readFileSync } from 'node:fs'
import type { Case, Step } from '../case.js'
import { nameOf } from '../protobuf/objects.js'
import { envelope, field, integer, key, magic, varint } from '../protobuf/wire.js'
import { collectionOf, type Sample, samples } from './samples.js'

const { bodies } = JSON.parse(readFileSync('test/differential/protobuf/bodies.json', 'utf8')) as {
  bodies: Readonly<Record<string, string>>
}
const dry = { dryRun: 'All' }
const ns = '/api/v1/namespaces/${ns}'
const apps = '/apis/apps/v1/namespaces/${ns}/deployments'
const maps = `${ns}/configmaps`
const pods = `${ns}/pods`
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

function body(name: string): string {
  const found = bodies[name]
  if (found === undefined) throw new Error(`no body ${name}: run node tools/schema/protobuf-bodies.mjs`)
  return found
}

function send(method: Step['method'], path: string, name: string, more: Partial<Step> = {}): Step {
  return { method, path, as: 'protobuf', base64: body(name), ...more }
}

function bytes(method: Step['method'], path: string, content: Buffer, more: Partial<Step> = {}): Step {
  return { method, path, as: 'protobuf', base64: content.toString('base64'), ...more }
}

/** They answer with what the server makes up, or another kind of the same name is there already. */
const varying = new Set(['certificatesigningrequests', 'apiservices'])
const kinds = samples.filter(({ plural }) => !varying.has(plural))

/** Created for real, replaced and deleted; the others only in a dry run, since their names are the same in each run. */
const stored = kinds.filter(
  ({ namespaced, plural, name }) => namespaced && name === 'sample' && !['events', 'resourcequotas'].includes(plural),
)

function lifeOf(sample: Sample): Case {
  const all = collectionOf(sample)
  const one = `${all}/${sample.name}`
  return {
    name: `life of ${nameOf(sample)}`,
    steps: [
      send('POST', all, nameOf(sample)),
      send('POST', all, nameOf(sample)),
      send('PUT', one, nameOf(sample)),
      send('PUT', one, `${nameOf(sample)} labelled`),
      { method: 'GET', path: one },
      send('PUT', `${all}/other`, nameOf(sample)),
      send('DELETE', one, 'delete-other'),
      send('DELETE', one, 'delete-dry'),
      send('DELETE', one, 'delete-background'),
      { method: 'GET', path: one },
    ],
  }
}

const pod = Buffer.from(body('pod'), 'base64')
const map = Buffer.from(body('configmap'), 'base64')
const post = (content: Buffer, path = maps, query: Step['query'] = dry) => bytes('POST', path, content, { query: query ?? {} })
const mapOf = (...fields: readonly Buffer[]) => envelope('v1', 'ConfigMap', Buffer.concat([field(1, field(1, 'a')), ...fields]))
const podOf = (...fields: readonly Buffer[]) =>
  envelope('v1', 'Pod', Buffer.concat([field(1, field(1, 'a')), field(2, ...fields, field(2, field(1, 'c'), field(2, 'i')))]))
const nested = (number: number, depth: number) => {
  let message = Buffer.alloc(0)
  for (let level = 0; level < depth; level++) message = field(number, message)
  return message
}

/** What a server must read though no client of today sends it, and what it must refuse. */
const wires: readonly Step[] = [
  // Fields that nobody knows, of every wire type, at every level.
  post(
    mapOf(
      integer(99, 5),
      field(100, 'x'),
      Buffer.concat([key(101, 1), Buffer.alloc(8)]),
      Buffer.concat([key(102, 5), Buffer.alloc(4)]),
    ),
  ),
  post(mapOf(integer(536_870_911, 5))),
  post(envelope('v1', 'ConfigMap', field(1, field(1, 'a'), field(77, 'x'))), maps, { ...dry, fieldValidation: 'Strict' }),
  post(
    envelope(
      'v1',
      'ConfigMap',
      field(1, field(1, 'a')),
      Buffer.concat([field(3, ''), field(4, 'application/json'), integer(9, 1)]),
    ),
  ),
  post(mapOf(Buffer.concat([key(99, 3), integer(1, 1), key(99, 4)]))),
  post(mapOf(Buffer.concat([key(99, 3), key(98, 3), field(1, 'x'), key(98, 4), key(99, 4)]))),
  post(mapOf(Buffer.concat([key(99, 3), integer(1, 1)]))),
  post(mapOf(key(99, 4))),
  post(mapOf(key(99, 6))),
  post(mapOf(key(99, 7))),
  post(mapOf(key(0, 0), varint(1))),
  post(mapOf(key(0, 2), varint(0))),
  // Known fields in another form.
  post(mapOf(integer(2, 5))),
  post(mapOf(Buffer.concat([key(2, 1), Buffer.alloc(8)]))),
  post(mapOf(field(4, 'true'))),
  post(mapOf(integer(4, 1))),
  post(mapOf(integer(4, 2))),
  post(mapOf(integer(4, 0))),
  post(mapOf(integer(4, 1), integer(4, 0))),
  // Messages in pieces, entries of maps without a key or a value, twice, with more in them.
  post(envelope('v1', 'ConfigMap', Buffer.concat([field(1, field(1, 'a')), field(1, field(11, field(1, 'k'), field(2, 'v')))]))),
  post(envelope('v1', 'ConfigMap', Buffer.concat([field(1, field(1, 'a')), field(1, field(1, 'b'))]))),
  post(mapOf(field(2))),
  post(mapOf(field(2, field(1, 'k')))),
  post(mapOf(field(2, field(2, 'v')))),
  post(mapOf(field(2, field(2, 'v'), field(1, 'k')))),
  post(mapOf(field(2, field(1, 'k'), field(2, 'v')), field(2, field(1, 'k'), field(2, 'w')))),
  post(mapOf(field(2, field(1, 'k'), field(1, 'l'), field(2, 'v'), field(3, 'x')))),
  post(mapOf(field(2, field(1, '__proto__'), field(2, 'v')))),
  post(mapOf(field(2, field(1, 'k'), field(2, Buffer.from([0xff, 0xfe, 0x41]))))),
  post(mapOf(field(3, field(1, 'k'), field(2, Buffer.from([0xff, 0xfe, 0x41]))))),
  post(mapOf(field(2, field(1, Buffer.from([0xc3, 0x28])), field(2, 'v')))),
  // Numbers that are too large, or longer than they must be.
  post(podOf(integer(25, 2n ** 40n + 7n)), pods),
  post(podOf(integer(25, -5)), pods),
  post(podOf(integer(4, 9007199254740993n)), pods),
  post(podOf(integer(4, -9007199254740993n)), pods),
  post(podOf(Buffer.concat([key(4, 0), Buffer.from([0x85, 0x80, 0x80, 0x00])])), pods),
  post(podOf(Buffer.concat([key(4, 0), Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])])), pods),
  post(podOf(Buffer.concat([key(4, 0), Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])])), pods),
  post(podOf(Buffer.concat([key(4, 0), Buffer.alloc(11, 0xff)])), pods),
  post(podOf(field(14, field(16, integer(1, 1), integer(2, 2)))), pods),
  // Supplemental groups packed and not.
  post(podOf(field(14, integer(4, 1), integer(4, 2))), pods),
  post(podOf(field(14, field(4, varint(1), varint(2)))), pods),
  post(podOf(field(14, field(4, varint(1), Buffer.from([0x80])))), pods),
  // Lengths that lie.
  post(mapOf(Buffer.concat([key(2, 2), varint(100), Buffer.from('x')]))),
  post(mapOf(Buffer.concat([key(2, 2), varint(2n ** 31n)]))),
  post(mapOf(Buffer.concat([key(2, 2), varint(2n ** 63n)]))),
  post(mapOf(Buffer.concat([key(2, 2), varint(-1)]))),
  post(Buffer.concat([magic, key(2, 2), varint(1000)])),
  // Envelopes.
  post(magic),
  post(Buffer.concat([magic, Buffer.from([0])])),
  post(magic.subarray(0, 3)),
  post(Buffer.from('k8s\x01')),
  post(Buffer.concat([magic, field(2, field(1, field(1, 'a')))])),
  post(Buffer.concat([magic, field(1, field(1, 'v1')), field(2, field(1, field(1, 'a')))])),
  post(Buffer.concat([magic, field(1, field(2, 'ConfigMap')), field(2, field(1, field(1, 'a')))])),
  post(Buffer.concat([magic, field(1, field(1, 'v1'), field(2, 'ConfigMap'))])),
  post(Buffer.concat([magic, integer(1, 1)])),
  post(Buffer.concat([magic, field(1, integer(1, 1))])),
  post(envelope('', 'ConfigMap', field(1, field(1, 'a')))),
  post(envelope('v1', '', field(1, field(1, 'a')))),
  post(envelope('v2', 'ConfigMap', field(1, field(1, 'a')))),
  post(envelope('v1', 'Nothing', field(1, field(1, 'a')))),
  post(envelope('example.com/v1', 'Thing', field(1, field(1, 'a')))),
  post(envelope('a/b/c', 'ConfigMap', field(1, field(1, 'a')))),
  post(envelope('v1', 'Pod', field(1, field(1, 'a')))),
  post(envelope('v1', 'ConfigMapList', Buffer.alloc(0))),
  post(envelope('v1', 'Status', Buffer.alloc(0))),
  post(envelope('v1', 'ConfigMap', Buffer.alloc(0))),
  post(Buffer.from('{"metadata":{"name":"a"}}')),
  // Cut off at every few bytes.
  ...Array.from({ length: 24 }, (_, index) => post(map.subarray(0, Math.floor((map.length * (index + 1)) / 25)))),
  ...Array.from({ length: 40 }, (_, index) => post(pod.subarray(0, Math.floor((pod.length * (index + 1)) / 41)), pods)),
  // Deep where nothing is deep, and where things are.
  post(mapOf(nested(1, 2000))),
  post(mapOf(nested(99, 2000))),
  post(
    mapOf(Buffer.concat([...Array.from({ length: 2000 }, () => key(99, 3)), ...Array.from({ length: 2000 }, () => key(99, 4))])),
  ),
]

export const protobufCases: readonly Case[] = [
  {
    name: 'kinds of a namespace',
    steps: kinds
      .filter(({ namespaced }) => namespaced)
      .flatMap((sample) => [
        send('POST', collectionOf(sample), nameOf(sample), { query: dry }),
        send('POST', collectionOf(sample), `${nameOf(sample)} labelled`, { query: { ...dry, fieldValidation: 'Strict' } }),
      ]),
  },
  {
    name: 'kinds of a cluster',
    namespace: 'none',
    steps: kinds
      .filter(({ namespaced }) => !namespaced)
      .flatMap((sample) => [
        send('POST', collectionOf(sample), nameOf(sample), { query: dry }),
        send('POST', collectionOf(sample), `${nameOf(sample)} labelled`, { query: { ...dry, fieldValidation: 'Strict' } }),
      ]),
  },
  ...stored.map(lifeOf),
  {
    name: 'rich objects',
    steps: [
      send('POST', pods, 'rich-pod'),
      { method: 'GET', path: `${pods}/rich` },
      send('DELETE', `${pods}/rich`, 'delete'),
      send('POST', definitions, 'rich-crd', { silent: true }),
      { method: 'GET', path: '/apis/pb.example.com/v1/namespaces/${ns}/gizmos', until: 200, silent: true },
      { method: 'GET', path: `${definitions}/gizmos.pb.example.com` },
      send('DELETE', `${definitions}/gizmos.pb.example.com`, 'delete', { silent: true }),
      send('POST', '/api/v1/nodes', 'node-status', { query: dry }),
      send('POST', '/api/v1/namespaces', 'namespace', { query: dry }),
      send('POST', `${ns}/secrets`, 'secret'),
      send('POST', pods, 'pod-invalid'),
    ],
  },
  {
    name: 'metadata',
    steps: [
      send('POST', maps, 'configmap-nameless'),
      send('POST', maps, 'configmap-generated'),
      send('POST', maps, 'configmap-elsewhere'),
      send('POST', maps, 'configmap-versioned'),
      send('POST', maps, 'configmap-generation'),
      send('POST', maps, 'configmap', { query: { fieldManager: 'm', fieldValidation: 'Strict' } }),
      send('PUT', `${maps}/a`, 'configmap-changed', { headers: { 'user-agent': 'proto/v1 (x)' } }),
      send('PUT', `${maps}/a`, 'configmap-versioned'),
      send('PUT', `${maps}/a`, 'configmap-nameless'),
      send('PUT', `${maps}/a`, 'configmap-elsewhere'),
      send('PUT', `${maps}/b`, 'configmap'),
      send('POST', maps, 'configmap', { headers: { accept: 'application/yaml' }, query: dry }),
      send('POST', maps, 'configmap', { as: 'json' }),
      send('POST', maps, 'configmap', { as: 'application/vnd.kubernetes.protobuf;stream=watch' }),
      send('POST', maps, 'configmap', { as: 'application/vnd.kubernetes.protobuf; charset=utf-8' }),
      ...['configmap', 'configmap-changed', 'delete', 'status'].map((name) => send('PATCH', `${maps}/a`, name)),
      ...(['json-patch', 'merge', 'strategic', 'apply'] as const).map((as) =>
        send('PATCH', `${maps}/a`, 'configmap', { as, query: { fieldManager: 'm' } }),
      ),
    ],
  },
  {
    name: 'subresources',
    steps: [
      send('POST', pods, 'pod'),
      send('PUT', `${pods}/p/ephemeralcontainers`, 'pod-ephemeral'),
      send('PUT', `${pods}/p/resize`, 'pod-resize'),
      send('PUT', `${pods}/p/status`, 'pod-status'),
      send('PUT', `${pods}/p/status`, 'configmap'),
      send('POST', `${pods}/p/binding`, 'binding'),
      send('POST', `${pods}/p/binding`, 'pod'),
      send('POST', `${pods}/p/eviction`, 'eviction-old'),
      send('POST', `${pods}/p/eviction`, 'pod'),
      send('POST', `${pods}/p/eviction`, 'eviction'),
      send('POST', `${pods}/none/eviction`, 'eviction'),
      send('POST', apps, 'deployment'),
      send('PUT', `${apps}/d/scale`, 'scale', { silent: true }),
      send('PUT', `${apps}/d/scale`, 'scale-negative'),
      send('PUT', `${apps}/d/scale`, 'deployment'),
      send('PUT', `${apps}/d/status`, 'deployment-status'),
      { method: 'GET', path: `${apps}/d`, silent: true },
      send('POST', `${ns}/serviceaccounts/default/token`, 'token-request-short'),
      send('POST', `${ns}/serviceaccounts/default/token`, 'pod'),
      send('POST', `${ns}/serviceaccounts/none/token`, 'token-request'),
    ],
  },
  {
    name: 'reviews',
    namespace: 'none',
    steps: [
      send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', 'access-review'),
      send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'self-access-review'),
      send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'access-review'),
      send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', 'token-review'),
      send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', 'self-review', { silent: true }),
    ],
  },
  {
    name: 'options of deletions',
    steps: [
      ...[
        'delete',
        'delete-orphan',
        'delete-background',
        'delete-foreground',
        'delete-dry',
        'delete-other',
        'delete-unknown',
        'delete-both',
        'configmap',
        'status',
      ].flatMap((name): Step[] => [
        send('POST', maps, 'configmap', { silent: true }),
        send('DELETE', `${maps}/a`, name),
        { method: 'GET', path: `${maps}/a` },
        send('DELETE', maps, name, { query: { labelSelector: 'none=there' } }),
        { method: 'PATCH', path: `${maps}/a`, as: 'merge', body: { metadata: { finalizers: null } }, silent: true },
        { method: 'DELETE', path: `${maps}/a`, silent: true },
      ]),
      bytes('DELETE', `${maps}/a`, magic),
      bytes('DELETE', `${maps}/a`, Buffer.from('garbage')),
      bytes('DELETE', `${maps}/a`, envelope('v1', 'DeleteOptions', integer(1, 2n ** 60n))),
      bytes('DELETE', `${maps}/a`, envelope('meta.k8s.io/v1', 'DeleteOptions', Buffer.alloc(0))),
      bytes('DELETE', `${maps}/a`, envelope('apps/v1', 'DeleteOptions', Buffer.alloc(0))),
      bytes('DELETE', `${maps}/a`, envelope('v1', 'DeleteOptions', field(1, 'x'))),
    ],
  },
  { name: 'custom resources', namespace: 'none', steps: [send('POST', '/apis/none.example.com/v1/things', 'configmap')] },
  { name: 'on the wire', steps: wires },
]

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../kube/object/status-error.js'
import { clusterKey, splitName } from './cluster-key.js'
import { formatPosition, parsePosition } from './continue-token.js'
import { formatFleetVersion, parseFleetVersion } from './resource-version.js'
import { routeBody, routeOperations } from './route-body.js'
import { selectMembers } from './select-members.js'

const isBadRequest = (error: unknown) => error instanceof StatusError && error.httpCode === 400

test('a key can stand in a label, in a path and in a header, whatever the cluster is called', () => {
  assert.equal(clusterKey('us-east'), 'us-east')
  const odd = [
    'arn:aws:eks:us-east-1:1234:cluster/prod',
    'a b',
    '../..',
    'x\r\nSet-Cookie: a=b',
    'é',
    '',
    'a'.repeat(300),
    'a@b',
    '-x',
  ]
  const keys = odd.map(clusterKey)
  for (const key of keys) assert.match(key, /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/)
  assert.equal(new Set(keys).size, odd.length)
  assert.match(keys[0]!, /^arn-aws-eks-us-east-1-1234-cluster-prod-[0-9a-f]{10}$/)
})

test('a mark in a name means a cluster only where there is one', () => {
  const isKey = (key: string) => key === 'us-east'
  assert.deepEqual(splitName('web@us-east', isKey), { name: 'web', key: 'us-east' })
  assert.deepEqual(splitName('alice@example.com', isKey), { name: 'alice@example.com', key: undefined })
  assert.deepEqual(splitName('alice@example.com@us-east', isKey), { name: 'alice@example.com', key: 'us-east' })
  assert.deepEqual(splitName('@us-east', isKey), { name: '@us-east', key: undefined })
})

test('versions go there and back, those of other views too', () => {
  const versions = new Map([
    ['us-east', '1234'],
    ['eu-west', 'fleet:a=1;b=2'],
  ])
  const text = formatFleetVersion(versions)
  assert.equal(text, 'fleet:us-east=1234;eu-west=fleet%3Aa%3D1%3Bb%3D2')
  assert.deepEqual(parseFleetVersion(text), versions)
  assert.deepEqual(parseFleetVersion(formatFleetVersion(new Map())), new Map())
})

test('versions that are none are refused', () => {
  const hostile = ['', '5', 'fleet', 'fleet:a', 'fleet:=1', 'fleet:a=', 'fleet:a=1;a=2', 'fleet:a=%', 'fleet:a=1;', 'fleet:a b=1']
  for (const text of [...hostile, `fleet:a=${'1'.repeat(2000)}`, `fleet:a=1${';b=1'.repeat(200_000)}`])
    assert.throws(() => parseFleetVersion(text), isBadRequest, text.slice(0, 40))
  // What looks like a path stays a value.
  assert.deepEqual(
    parseFleetVersion('fleet:__proto__=1;a=..%2F..%3Fx'),
    new Map([
      ['__proto__', '1'],
      ['a', '../..?x'],
    ]),
  )
})

test('a position goes there and back, for its own request only', () => {
  const position = {
    at: 'eu-west',
    next: 'their token',
    versions: new Map([['us-east', '5']]),
    silent: new Map([['down', 'connection refused']]),
    ahead: 5,
    columns: ['Name', 'Age'],
    request: '/api/v1/pods',
  }
  const text = formatPosition(position)
  assert.match(text, /^[\w-]+$/)
  assert.deepEqual(parsePosition(text, '/api/v1/pods'), position)
  assert.throws(() => parsePosition(text, '/api/v1/secrets'), isBadRequest)
})

test('positions that are none are refused', () => {
  const of = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const good = { v: 1, at: 'a', rv: 'fleet:', request: 'r' }
  assert.equal(parsePosition(of(good), 'r').at, 'a')
  const hostile: unknown[] = [
    null,
    5,
    [],
    {},
    { ...good, v: 2 },
    { ...good, at: 5 },
    { ...good, rv: '7' },
    { ...good, rv: undefined },
  ]
  hostile.push(
    { ...good, silent: 'x' },
    { ...good, columns: [1] },
    { ...good, columns: Array(500).fill('a') },
    { ...good, next: {} },
  )
  for (const value of hostile) assert.throws(() => parsePosition(of(value), 'r'), isBadRequest, JSON.stringify(value))
  for (const text of ['%%%', 'x'.repeat(800_000), '\u0000']) assert.throws(() => parsePosition(text, 'r'), isBadRequest)
  // Keys that mean something to objects are keys like others.
  const token = Buffer.from('{"v":1,"at":"a","rv":"fleet:","request":"r","silent":{"__proto__":"x"}}').toString('base64url')
  assert.deepEqual([...parsePosition(token, 'r').silent.keys()], ['__proto__'])
})

test('selectors narrow by label, by field and by names', () => {
  const keys = ['us-east', 'us-west', 'eu-west']
  const chosen = (labels: string, fields = '') => {
    const selection = selectMembers({ labels, fields }, (key) => keys.includes(key))
    return [keys.filter(selection.includes).join(' '), selection.labelSelector, selection.fieldSelector]
  }
  assert.deepEqual(chosen(''), ['us-east us-west eu-west', '', ''])
  assert.deepEqual(chosen('app=web,flotilla.dev/cluster in (us-east,eu-west)'), ['us-east eu-west', 'app=web', ''])
  assert.deepEqual(chosen('flotilla.dev/cluster!=us-east'), ['us-west eu-west', '', ''])
  assert.deepEqual(chosen('!flotilla.dev/cluster'), ['', '', ''])
  assert.deepEqual(chosen('', 'metadata.cluster=us-west,status.phase=Running'), ['us-west', '', 'status.phase=Running'])
  assert.deepEqual(chosen('', 'metadata.cluster!=us-west'), ['us-east eu-west', '', ''])
  assert.deepEqual(chosen('', 'metadata.name=web@eu-west'), ['eu-west', '', 'metadata.name=web'])
  assert.deepEqual(chosen('', 'spec.nodeName=n@us-east,metadata.name=a@us-west'), ['', '', 'metadata.name=a,spec.nodeName=n'])
  assert.deepEqual(chosen('', 'metadata.name=web@example.com'), ['us-east us-west eu-west', '', 'metadata.name=web@example.com'])
  assert.throws(() => chosen('a in'), isBadRequest)
  assert.throws(() => chosen('', 'metadata.name'), isBadRequest)
})

test('a body says where it goes, and nothing of that goes there', () => {
  const keyOf = (text: string) => (text === 'us-east' || text === 'arn:x' ? (text === 'arn:x' ? 'arn-x' : text) : undefined)
  const object = {
    kind: 'Pod',
    metadata: {
      name: 'web@us-east',
      labels: { 'flotilla.dev/cluster': 'us-east', app: 'web' },
      resourceVersion: 'fleet:us-east=7;b=9',
    },
  }
  const routed = routeBody(object, keyOf)
  assert.deepEqual([...routed.keys], ['us-east'])
  assert.deepEqual(routed.resolve?.('us-east'), {
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' }, resourceVersion: '7' },
  })
  assert.throws(() => routed.resolve?.('eu-west'), isBadRequest)
  assert.deepEqual([...routeBody({ metadata: { annotations: { 'flotilla.dev/cluster': 'arn:x' } } }, keyOf).keys], ['arn-x'])
  // The label alone leaves no empty labels behind, and one that is taken away names nobody.
  assert.deepEqual(routeBody({ metadata: { labels: { 'flotilla.dev/cluster': null } } }, keyOf), {
    body: { metadata: {} },
    keys: new Set(),
    changed: true,
  })
  const plain = { metadata: { name: 'web', labels: {} } }
  assert.equal(routeBody(plain, keyOf).body, plain)
  const scaler = {
    metadata: { name: 'web' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web@us-east' }, maxReplicas: 3 },
  }
  const scaled = routeBody(scaler, keyOf)
  assert.deepEqual([...scaled.keys], ['us-east'])
  assert.deepEqual(scaled.body, { ...scaler, spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 } })
  for (const odd of [null, 5, 'x', [], {}, { metadata: null }]) assert.equal(routeBody(odd, keyOf).body, odd)
})

test('a JSON Patch does not touch the label of the view', () => {
  const operations = [
    { op: 'add', path: '/metadata/labels/flotilla.dev~1cluster', value: 'x' },
    { op: 'replace', path: '/spec/replicas', value: 3 },
  ]
  assert.deepEqual(routeOperations(operations), { operations: operations.slice(1), changed: true })
})

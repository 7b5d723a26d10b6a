import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import { createMemberFixture, deploymentOf, type MemberFixture } from '../../member-fixture.js'
import { packSubsets } from './endpoints-object.js'

interface Slice extends KubeObject {
  endpoints: {
    addresses: string[]
    conditions: Record<string, boolean>
    hostname?: string
    hints?: unknown
    zone?: string
    targetRef?: object
  }[]
  ports: object[]
  addressType: string
}

const service = (name: string, spec: object = {}, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, labels },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
})

function slicesOf(member: MemberFixture, name: string): Slice[] {
  const all = member.all('endpointslices.discovery.k8s.io', 'default') as unknown as Slice[]
  return all.filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
}

test('250 pods are three slices; a pod that goes changes one of them', async () => {
  const member = await createMemberFixture()
  await member.apply(service('web'), deploymentOf('web', { replicas: 250 }))
  await member.settle(5)
  const before = slicesOf(member, 'web')
  assert.deepEqual(before.map((slice) => slice.endpoints.length).sort(), [100, 100, 50])
  const pod = member.all('pods').find((each) => each.metadata.labels?.['app'] === 'web')!
  member.changes.length = 0
  await member.remove('pods', `default/${pod.metadata.name}`)
  await member.settle(5)
  const written = member.changes.filter((change) => change.groupResource === 'endpointslices.discovery.k8s.io')
  assert.equal(new Set(written.map((change) => change.object.metadata.name)).size, 1)
  assert.equal(
    slicesOf(member, 'web').reduce((sum, slice) => sum + slice.endpoints.length, 0),
    250,
  )
  assert.deepEqual(member.warnings, [])
  member.stop()
})

test('labels of slices, and the one slice of a Service without pods', async () => {
  const member = await createMemberFixture()
  await member.apply(service('db', { clusterIP: 'None' }, { team: 'a', 'endpointslice.kubernetes.io/managed-by': 'me' }))
  await member.settle()
  const [slice] = slicesOf(member, 'db')
  assert.deepEqual(slice!.metadata.labels, {
    team: 'a',
    'service.kubernetes.io/headless': '',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 'db',
  })
  assert.deepEqual([slice!.endpoints ?? [], slice!.ports ?? []], [[], []])
  const { name } = slice!.metadata
  await member.apply(service('db', { clusterIP: 'None' }, { team: 'b' }), deploymentOf('db'))
  await member.settle(5)
  const after = slicesOf(member, 'db')
  assert.deepEqual(
    after.map((each) => each.metadata.name),
    [name],
    'it is used again',
  )
  assert.equal(after[0]!.metadata.labels?.['team'], 'b')
  assert.equal(after[0]!.endpoints.length, 1)
  await member.remove('endpointslices', `default/${name}`)
  await member.settle()
  assert.equal(slicesOf(member, 'db').length, 1, 'made again')
  member.stop()
})

test('a pod without the named port is in a slice without ports, and not in Endpoints', async () => {
  const member = await createMemberFixture()
  await member.apply(service('web', { ports: [{ name: 'x', port: 80, targetPort: 'nothing' }] }), deploymentOf('web'))
  await member.settle(5)
  const [slice] = slicesOf(member, 'web')
  assert.equal(slice!.endpoints.length, 1)
  assert.deepEqual(slice!.ports ?? [], [])
  assert.equal(member.peek('endpoints', 'default/web')!['subsets'], undefined)
  member.stop()
})

test('zones are hinted at when the Service prefers what is close', async () => {
  const member = await createMemberFixture()
  await member.apply(service('web', { trafficDistribution: 'PreferClose' }), deploymentOf('web', { replicas: 3 }))
  await member.settle(5)
  for (const { zone, hints } of slicesOf(member, 'web')[0]!.endpoints) assert.deepEqual(hints, { forZones: [{ name: zone }] })
  await member.apply(service('web'))
  await member.settle(5)
  for (const { hints } of slicesOf(member, 'web')[0]!.endpoints) assert.equal(hints, undefined)
  member.stop()
})

const endpoints = (name: string, subsets: object[], metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name, ...metadata },
  subsets,
})

test('Endpoints of users are mirrored, until the Service has a selector', async () => {
  const member = await createMemberFixture()
  const ports = [{ name: 'sql', port: 5432 }]
  const subset = {
    addresses: [{ ip: '192.0.2.1', hostname: 'db-0' }],
    notReadyAddresses: [{ ip: '192.0.2.2' }, { ip: '2001:db8::2' }],
    ports,
  }
  await member.apply(
    service('db', { selector: undefined, ports: [{ name: 'sql', port: 5432 }] }),
    endpoints('db', [subset], { labels: { team: 'a' }, annotations: { note: 'kept' } }),
  )
  await member.settle()
  const slices = slicesOf(member, 'db')
  assert.deepEqual(slices.map((slice) => slice.addressType).sort(), ['IPv4', 'IPv6'])
  const v4 = slices.find((slice) => slice.addressType === 'IPv4')!
  assert.deepEqual(v4.endpoints, [
    { addresses: ['192.0.2.1'], conditions: { ready: true }, hostname: 'db-0' },
    { addresses: ['192.0.2.2'], conditions: { ready: false } },
  ])
  assert.deepEqual(v4.ports, [{ name: 'sql', port: 5432, protocol: 'TCP' }])
  assert.deepEqual(v4.metadata.labels, {
    team: 'a',
    'kubernetes.io/service-name': 'db',
    'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
  })
  assert.deepEqual(v4.metadata.annotations, { note: 'kept' })
  assert.equal(v4.metadata.ownerReferences?.[0]?.kind, 'Endpoints')
  // A change is written into the same slice.
  await member.apply(
    endpoints('db', [{ addresses: [{ ip: '192.0.2.9' }], ports }], { labels: { team: 'a' }, annotations: { note: 'kept' } }),
  )
  await member.settle()
  const after = slicesOf(member, 'db')
  assert.deepEqual(
    after.map((slice) => slice.metadata.name),
    [v4.metadata.name],
  )
  assert.deepEqual(after[0]!.endpoints, [{ addresses: ['192.0.2.9'], conditions: { ready: true } }])
  await member.apply(service('db', { ports: [{ name: 'sql', port: 5432 }] }))
  await member.settle(3)
  assert.deepEqual(
    slicesOf(member, 'db').map((slice) => slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by']),
    ['endpointslice-controller.k8s.io'],
  )
  assert.deepEqual(member.warnings, [])
  member.stop()
})

test('what is not to be mirrored is not, and Endpoints go with their Service', async () => {
  const member = await createMemberFixture()
  const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }]
  await member.apply(
    service('skipped', { selector: undefined }),
    endpoints('skipped', subsets, { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }),
    endpoints('alone', subsets),
    service('both', { selector: undefined }),
    endpoints('both', subsets),
  )
  await member.settle()
  assert.equal(slicesOf(member, 'skipped').length, 0)
  assert.equal(slicesOf(member, 'alone').length, 0)
  assert.equal(slicesOf(member, 'both').length, 1)
  await member.remove('services', 'default/both')
  await member.settle(5)
  assert.equal(member.peek('endpoints', 'default/both'), undefined)
  assert.equal(slicesOf(member, 'both').length, 0)
  assert.notEqual(member.peek('endpoints', 'default/alone'), undefined)
  member.stop()
})

test('subsets: ports with the same addresses stand together; what is too much is cut', () => {
  const port = (number: number) => ({ name: `p${number}`, port: number, protocol: 'TCP' })
  const holder = (ip: string, ports: number[], ready = true) => ({ address: { ip }, ready, ports: ports.map(port) })
  const { subsets } = packSubsets([holder('a', [1, 2, 3]), holder('b', [1, 2]), holder('c', [], false)])
  assert.deepEqual(
    subsets.map((subset) => [
      subset.addresses?.map(({ ip }) => ip),
      subset.notReadyAddresses?.map(({ ip }) => ip),
      subset.ports?.map((each) => each.port),
    ]),
    [
      [['a', 'b'], undefined, [1, 2]],
      [['a'], undefined, [3]],
      [undefined, ['c'], undefined],
    ],
  )
  const many = packSubsets(Array.from({ length: 1500 }, (_, index) => holder(String(index), [1], index < 900)))
  assert.equal(many.truncated, true)
  assert.deepEqual([many.subsets[0]!.addresses!.length, many.subsets[0]!.notReadyAddresses!.length], [900, 100])
})

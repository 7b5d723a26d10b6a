import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../../base/random.js'
import { VirtualClock } from '../../../../base/virtual-clock.js'
import { BackendPicker } from './backend-picker.js'
import { type Caller, usableBackends } from './choose-backend.js'
import { type Backend, type Front, planService, type Reach, type Slice } from './service-plan.js'

const outside: Caller = { node: undefined, zone: undefined }
const on = (node: string, zone?: string): Caller => ({ node, zone })

function backend(address: string, more: Partial<Backend> = {}): Backend {
  return {
    address,
    port: 80,
    ready: true,
    serving: true,
    terminating: false,
    node: undefined,
    zones: [],
    priority: 0,
    weight: 1000,
    ...more,
  }
}

function front(backends: Backend[], more: Partial<Front> = {}): Front {
  return { address: '127.0.32.20', port: 80, protocol: 'TCP', kind: 'internal', policy: 'Cluster', backends, ...more }
}

const names = (backends: readonly Backend[]) => backends.map((each) => each.address)
const ending = { ready: false, terminating: true }

test('ready endpoints, or else those that serve while they end', () => {
  const idle = backend('c', { ready: false, serving: false })
  assert.deepEqual(names(usableBackends(front([backend('a'), backend('b', ending), idle]), outside)), ['a'])
  assert.deepEqual(names(usableBackends(front([backend('b', ending), idle]), outside)), ['b'])
  assert.deepEqual(names(usableBackends(front([idle]), outside)), [])
})

test('policy Local stays on the node of the caller, or of the node port', () => {
  const backends = [backend('a', { node: 'n1' }), backend('b', { node: 'n2' }), backend('c', { node: 'n2', ...ending })]
  const local = front(backends, { policy: 'Local' })
  assert.deepEqual(names(usableBackends(local, on('n1'))), ['a'])
  assert.deepEqual(names(usableBackends(local, on('n2'))), ['b'])
  assert.deepEqual(names(usableBackends(local, on('n3'))), [])
  assert.deepEqual(names(usableBackends(local, outside)), ['a', 'b'])
  assert.deepEqual(names(usableBackends({ ...local, kind: 'node', node: 'n1' }, on('n2'))), ['a'])
  assert.deepEqual(names(usableBackends({ ...local, kind: 'balancer' }, on('n1'))), ['a', 'b'])
  const onlyEnding = front([backends[0]!, backends[2]!], { policy: 'Local' })
  assert.deepEqual(names(usableBackends(onlyEnding, on('n2'))), ['c'])
})

test('hints for zones count when all ready endpoints have them and one is for the zone', () => {
  const hinted = [backend('a', { zones: ['z1'] }), backend('b', { zones: ['z2'] })]
  assert.deepEqual(names(usableBackends(front(hinted), on('n', 'z1'))), ['a'])
  assert.deepEqual(names(usableBackends(front(hinted), on('n', 'z3'))), ['a', 'b'])
  assert.deepEqual(names(usableBackends(front(hinted), outside)), ['a', 'b'])
  assert.deepEqual(names(usableBackends(front([...hinted, backend('c')]), on('n', 'z1'))), ['a', 'b', 'c'])
})

/** kube-proxy's rules again, word by word (pkg/proxy/topology.go), for callers on a node. */
function naive(of: Front, caller: { node: string; zone: string }): string[] {
  const { backends } = of
  if (of.policy === 'Local') {
    const local = backends.filter((each) => each.node === caller.node)
    if (local.some((each) => each.ready)) return names(local.filter((each) => each.ready))
    return names(local.filter((each) => each.serving && each.terminating))
  }
  let zoned = backends.length > 0
  let forZone = false
  for (const each of backends) {
    if (!each.ready) continue
    if (each.zones.length === 0) zoned = false
    else if (each.zones.includes(caller.zone)) forZone = true
  }
  const ready = backends.filter((each) => each.ready && (!(zoned && forZone) || each.zones.includes(caller.zone)))
  return names(ready.length > 0 ? ready : backends.filter((each) => each.serving && each.terminating))
}

test('chooses as kube-proxy does, whatever the endpoints are', () => {
  const random = createSeededRandom(7)
  const pick = <T>(...values: T[]): T => values[Math.floor(random.number() * values.length)]!
  for (let round = 0; round < 5000; round++) {
    const backends = Array.from({ length: Math.floor(random.number() * 5) }, (_, index) =>
      backend(String(index), {
        ready: pick(true, false),
        serving: pick(true, false),
        terminating: pick(true, false),
        node: pick('n1', 'n2', undefined),
        zones: pick([], ['z1'], ['z2'], ['z1', 'z2']),
      }),
    )
    const each = front(backends, { policy: pick('Cluster', 'Local') })
    const caller = { node: pick('n1', 'n2', 'n3'), zone: pick('z1', 'z2', 'z3') }
    assert.deepEqual(names(usableBackends(each, caller)), naive(each, caller), JSON.stringify({ each, caller }))
  }
})

test('a client stays with its endpoint until it has been away too long, or the endpoint is gone', () => {
  const clock = new VirtualClock({ idle: () => Promise.resolve() })
  let now = clock.now()
  const ports = { clock: { now: () => now }, random: createSeededRandom(3), callerOf: () => outside }
  const all = ['a', 'b', 'c', 'd'].map((name) => backend(name))
  const picker = new BackendPicker(front(all, { affinityMs: 10_000 }), ports)
  const first = picker.pick('10.0.0.1')!
  for (let round = 0; round < 20; round++) {
    now += 9_000
    assert.equal(picker.pick('10.0.0.1'), first)
  }
  picker.update(
    front(
      all.filter((each) => each !== first),
      { affinityMs: 10_000 },
    ),
  )
  const second = picker.pick('10.0.0.1')!
  assert.notEqual(second, first)
  assert.equal(picker.pick('10.0.0.1'), second)
  const seen = new Set<string>()
  for (let round = 0; round < 50; round++) {
    now += 10_000
    seen.add(picker.pick('10.0.0.1')!.address)
  }
  assert.ok(seen.size > 1, 'after the pause any endpoint will do')
})

test('without affinity all endpoints get their part', () => {
  const ports = { clock: { now: () => 0 }, random: createSeededRandom(3), callerOf: () => outside }
  const picker = new BackendPicker(front(['a', 'b', 'c'].map((name) => backend(name))), ports)
  const counts = new Map<string, number>()
  for (let round = 0; round < 3000; round++) {
    const { address } = picker.pick('x')!
    counts.set(address, (counts.get(address) ?? 0) + 1)
  }
  for (const count of counts.values()) assert.ok(count > 850 && count < 1150, `${count}`)
  assert.equal(counts.size, 3)
})

test('a load balancer lets in whom its source ranges name', () => {
  const ports = { clock: { now: () => 0 }, random: createSeededRandom(3), callerOf: () => outside }
  const picker = new BackendPicker(front([backend('a')], { sourceRanges: ['127.0.48.0/20', 'nonsense'] }), ports)
  assert.equal(picker.pick('127.0.48.9')?.address, 'a')
  assert.equal(picker.pick('127.0.0.1'), undefined)
})

const everywhere: Reach = { leads: (address) => address.startsWith('127.'), binds: (address) => address.startsWith('127.') }

function slice(addresses: string[], ports: object[]): Slice {
  const endpoints = addresses.map((address) => ({ addresses: [address] }))
  return { apiVersion: '', kind: '', metadata: { name: 's' }, addressType: 'IPv4', endpoints, ports } as Slice
}

test('a Service is at its ClusterIP, node ports, balancers and external addresses', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '127.0.32.20',
      externalIPs: ['127.0.45.1', '192.0.2.1'],
      externalTrafficPolicy: 'Local',
      ports: [
        { name: 'http', port: 80, nodePort: 30080 },
        { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
        { name: 'sctp', port: 9, protocol: 'SCTP' },
        { name: 'none', port: 81 },
      ],
    },
    status: { loadBalancer: { ingress: [{ ip: '127.0.42.1' }, { ip: '198.51.100.1' }] } },
  }
  const slices = [
    slice(
      ['127.0.48.1', '10.244.0.9'],
      [
        { name: 'http', port: 8080 },
        { name: 'dns', port: 5353, protocol: 'UDP' },
      ],
    ),
    slice(['127.0.48.1'], [{ name: 'http', port: 8080 }]),
  ]
  const fronts = planService(service, slices, [{ node: 'node-1', address: '127.0.40.1' }], everywhere)
  assert.deepEqual(
    fronts.map(({ address, port, protocol, kind, policy }) => `${kind} ${address}:${port}/${protocol} ${policy}`),
    [
      'internal 127.0.32.20:80/TCP Cluster',
      'external 127.0.45.1:80/TCP Local',
      'balancer 127.0.42.1:80/TCP Local',
      'node 127.0.40.1:30080/TCP Local',
      'internal 127.0.32.20:53/UDP Cluster',
      'external 127.0.45.1:53/UDP Local',
      'balancer 127.0.42.1:53/UDP Local',
      'node 127.0.40.1:30053/UDP Local',
    ],
  )
  assert.deepEqual(
    fronts[0]!.backends.map((each) => `${each.address}:${each.port}`),
    ['127.0.48.1:8080'],
  )
})

test('headless and external Services, and those without endpoints, are nowhere', () => {
  const service = (spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { ports: [{ port: 80 }], ...spec },
  })
  const slices = [slice(['127.0.48.1'], [{ port: 80 }])]
  assert.deepEqual(planService(service({ clusterIP: 'None' }), slices, [], everywhere), [])
  assert.deepEqual(planService(service({ type: 'ExternalName' }), slices, [], everywhere), [])
  assert.deepEqual(planService(service({ clusterIP: '127.0.32.9' }), [slice(['10.244.0.1'], [{ port: 80 }])], [], everywhere), [])
  assert.equal(planService(service({ clusterIP: '127.0.32.9' }), slices, [], everywhere).length, 1)
})

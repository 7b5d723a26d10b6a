import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { AddressPool } from './address-pool.js'
import { allocateCidr, assignCidr, type ClusterInfo, explainCidr, type Outcome, validAllocationSize } from './allocate-cidr.js'
import { formatAddress, parseAddress, parseCidr } from './cidr.js'
import { readBroker, readRecord, writeRecord } from './cluster-record.js'
import { decideAddresses } from './decide-addresses.js'
import { egressOf } from './egress.js'

const show = <T>(outcome: Outcome<T>) => ('value' in outcome ? outcome.value : outcome.error)
const record = (...cidrs: string[]): ClusterInfo[] =>
  cidrs.map((cidr, index) => ({ cluster_id: `c${index + 1}`, global_cidr: [cidr] }))

describe('blocks of clusters', () => {
  const sizes: [range: string, size: number, expected: number | string][] = [
    ['242.0.0.0/8', 65_536, 65_536],
    ['242.0.0.0/8', 65_535, 65_536],
    ['242.0.0.0/8', 65_537, 131_072],
    ['242.0.0.0/8', 1, 1],
    ['242.0.0.0/8', 3, 4],
    ['242.0.0.0/8', 8_388_608, 8_388_608],
    ['242.0.0.0/8', 8_388_609, 'cluster size 8388609, should be <= 8388608'],
    ['169.254.0.0/16', 32_768, 32_768],
    ['169.254.0.0/16', 32_769, 'cluster size 32769, should be <= 32768'],
    ['242.0.0.0/8', 0, 'cluster size must be > 0'],
    ['242.0.0.0', 8, 'invalid CIDR address: 242.0.0.0'],
  ]
  for (const [range, size, expected] of sizes)
    test(`${size} of ${range}`, () => assert.equal(show(validAllocationSize(range, size)), expected))

  const allocations: [name: string, range: string, size: number, taken: string[], expected: string][] = [
    ['the first', '242.0.0.0/8', 65_536, [], '242.0.0.0/16'],
    ['the second', '242.0.0.0/8', 65_536, ['242.0.0.0/16'], '242.1.0.0/16'],
    ['in whatever order they are recorded', '242.0.0.0/8', 65_536, ['242.1.0.0/16', '242.0.0.0/16'], '242.2.0.0/16'],
    ['a gap is filled', '242.0.0.0/8', 65_536, ['242.0.0.0/16', '242.2.0.0/16'], '242.1.0.0/16'],
    ['a gap that is too small is passed over', '242.0.0.0/8', 131_072, ['242.0.0.0/16', '242.2.0.0/16'], '242.4.0.0/15'],
    ['smaller after larger', '242.0.0.0/8', 256, ['242.0.0.0/16'], '242.1.0.0/24'],
    ['larger after smaller: whole blocks are skipped', '242.0.0.0/8', 65_536, ['242.0.0.0/24'], '242.1.0.0/16'],
    ['smaller beside smaller', '242.0.0.0/8', 256, ['242.0.0.0/24'], '242.0.1.0/24'],
    ['a small one in the middle of the first', '242.0.0.0/8', 65_536, ['242.0.128.0/24'], '242.1.0.0/16'],
    ['larger than what is asked for', '242.0.0.0/8', 65_536, ['242.0.0.0/9'], '242.128.0.0/16'],
    ['outside of the range does no harm', '242.0.0.0/8', 65_536, ['10.0.0.0/8'], '242.0.0.0/16'],
    ['a range that is not written from its start', '242.5.6.7/8', 65_536, [], '242.0.0.0/16'],
    ['the last one', '242.0.0.0/15', 65_536, ['242.0.0.0/16'], '242.1.0.0/16'],
    ['none is left', '242.0.0.0/15', 65_536, ['242.0.0.0/16', '242.1.0.0/16'], 'no more allocations available in "242.0.0.0/15"'],
    [
      'the end of all addresses',
      '255.255.0.0/16',
      32_768,
      ['255.255.0.0/17', '255.255.128.0/17'],
      'no more allocations available in "255.255.0.0/16"',
    ],
    ['more than the range has', '242.0.0.0/24', 512, [], '242.0.1.255 not a valid subnet of 242.0.0.0/24'],
    ['a record that is none', '242.0.0.0/8', 65_536, ['242.0.0.0'], 'unable to parse CIDR "242.0.0.0"'],
    ['no range', 'x', 65_536, [], 'unable to parse CIDR "x"'],
  ]
  for (const [name, range, size, taken, expected] of allocations)
    test(name, () => {
      assert.equal(show(allocateCidr(range, size, record(...taken))), expected)
      assert.equal(show(allocateCidr(range, size, record(...taken).reverse())), expected)
    })

  test('256 clusters of the default size, one after the other, and then none', () => {
    const clusters: ClusterInfo[] = []
    for (let index = 0; index < 256; index++) {
      const cidr = show(allocateCidr('242.0.0.0/8', 65_536, clusters))
      assert.equal(cidr, `242.${index}.0.0/16`)
      clusters.push({ cluster_id: `c${index}`, global_cidr: [cidr] })
    }
    assert.equal(show(allocateCidr('242.0.0.0/8', 65_536, clusters)), 'no more allocations available in "242.0.0.0/8"')
  })

  test('random sizes: blocks lie in the range, never overlap, and no lower place was free', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = createSeededRandom(seed)
      const range = { first: parseAddress('242.0.0.0')!, size: 4096 }
      const clusters: ClusterInfo[] = []
      // One flag for each address: as simple as can be.
      const taken = new Array<boolean>(range.size).fill(false)
      for (let step = 0; step < 14; step++) {
        const size = 2 ** Math.floor(random.number() * 11)
        const got = allocateCidr('242.0.0.0/20', size, clusters)
        let free: number | undefined
        for (let at = 0; at + size <= range.size && free === undefined; at += size)
          if (!taken.slice(at, at + size).includes(true)) free = at
        if (free === undefined) assert.ok('error' in got, `seed ${seed}`)
        else {
          assert.equal(show(got), `${formatAddress(range.first + free)}/${32 - Math.log2(size)}`, `seed ${seed} step ${step}`)
          taken.fill(true, free, free + size)
          clusters.push({ cluster_id: `${step}`, global_cidr: [show(got)] })
        }
        if (random.number() < 0.2 && clusters.length > 0) {
          const [gone] = clusters.splice(Math.floor(random.number() * clusters.length), 1)
          const block = parseCidr(gone!.global_cidr[0]!)!
          taken.fill(false, block.first - range.first, block.last - range.first + 1)
        }
      }
    }
  })

  const broker = { range: '242.0.0.0/8', defaultSize: 65_536 }
  const joins: [name: string, clusters: ClusterInfo[], request: { cidr?: string; size?: number }, expected: string][] = [
    ['the default size', [], {}, '242.0.0.0/16'],
    ['a size of its own', record('242.0.0.0/16'), { size: 300 }, '242.1.0.0/23'],
    ['what is recorded wins over a size', [{ cluster_id: 'me', global_cidr: ['242.9.0.0/16'] }], { size: 8 }, '242.9.0.0/16'],
    [
      'what is recorded wins over a block',
      [{ cluster_id: 'me', global_cidr: ['242.9.0.0/16'] }],
      { cidr: '242.3.0.0/16' },
      '242.9.0.0/16',
    ],
    ['an empty record counts as none', [{ cluster_id: 'me', global_cidr: [] }], {}, '242.0.0.0/16'],
    ['a block of its own', record('242.0.0.0/16'), { cidr: '242.3.0.0/16' }, '242.3.0.0/16'],
    ['outside of the range', [], { cidr: '10.9.0.0/24' }, '10.9.0.0/24'],
    [
      'a block that overlaps another cluster’s',
      record('242.0.0.0/16'),
      { cidr: '242.0.128.0/24' },
      'error validating overlapping GlobalCIDRs 242.0.128.0/24: invalid CIDR "242.0.128.0/24" overlaps with cluster "c1"',
    ],
    [
      'a block that holds another cluster’s',
      record('242.0.0.0/16'),
      { cidr: '242.0.0.0/8' },
      'error validating overlapping GlobalCIDRs 242.0.0.0/8: invalid CIDR "242.0.0.0/8" overlaps with cluster "c1"',
    ],
    [
      'both',
      [],
      { cidr: '242.0.0.0/16', size: 8 },
      "both globalnet-cluster-size and globalnet-cidr can't be specified. Specify either one",
    ],
    ['a loopback', [], { cidr: '127.0.0.0/16' }, "specified globalnet-cidr is invalid: 127.0.0.0/16 can't be in loopback range"],
    ['too much', [], { size: 2 ** 24 }, 'invalid globalnet-cluster-size cluster size 16777216, should be <= 8388608'],
  ]
  for (const [name, clusters, request, expected] of joins)
    test(`a cluster joins: ${name}`, () =>
      assert.equal(show(assignCidr(broker, clusters, { clusterId: 'me', ...request })), expected))

  test('blocks that no cluster can have', () => {
    assert.equal(explainCidr('10.0.0.0/8'), undefined)
    for (const text of [
      '0.0.0.0/8',
      '127.1.0.0/16',
      '169.254.1.0/24',
      '224.0.0.0/24',
      'x',
      '10.0.0.0/33',
      '10.0.0/8',
      '010.0.0.0/8',
      'fd00::/8',
    ])
      assert.ok(explainCidr(text) !== undefined, text)
  })
})

describe('addresses of a cluster', () => {
  const pool = (cidr: string) => {
    const opened = AddressPool.of(cidr)
    assert.ok('value' in opened)
    return opened.value
  }
  test('one is the highest, several are the lowest in a row; the ends are nobody’s', () => {
    const addresses = pool('242.1.0.0/29')
    assert.equal(addresses.size, 6)
    assert.deepEqual(show(addresses.allocate(1)), ['242.1.0.6'])
    assert.deepEqual(show(addresses.allocate(2)), ['242.1.0.1', '242.1.0.2'])
    assert.deepEqual(show(addresses.allocate(1)), ['242.1.0.5'])
    assert.deepEqual(show(addresses.allocate(0)), [])
    assert.equal(show(addresses.allocate(3)), 'insufficient IPs available (2) to allocate 3')
    addresses.release(['242.1.0.1'])
    assert.equal(show(addresses.allocate(-1)), 'the number to allocate cannot be negative')
    // .1, .3 and .4 are free.
    assert.deepEqual(show(addresses.allocate(2)), ['242.1.0.3', '242.1.0.4'])
    assert.deepEqual(show(addresses.allocate(1)), ['242.1.0.1'])
    assert.equal(show(addresses.allocate(1)), 'insufficient IPs available for allocation')
  })
  test('the whole of a block of the default size', () => {
    const addresses = pool('242.1.0.0/16')
    assert.equal(addresses.size, 65_534)
    assert.deepEqual(
      show(addresses.allocate(8)),
      [1, 2, 3, 4, 5, 6, 7, 8].map((last) => `242.1.0.${last}`),
    )
    assert.deepEqual(show(addresses.allocate(1)), ['242.1.255.254'])
    assert.deepEqual(show(addresses.allocate(1)), ['242.1.255.253'])
  })
  test('no row is long enough', () => {
    const addresses = pool('242.1.0.0/29')
    assert.equal(addresses.reserve(['242.1.0.3', '242.1.0.5']), undefined)
    assert.equal(show(addresses.allocate(3)), 'unable to allocate a contiguous block of 3 IPs - available pool size is 4')
    assert.deepEqual(show(addresses.allocate(2)), ['242.1.0.1', '242.1.0.2'])
  })
  test('what is reserved: all or nothing', () => {
    const addresses = pool('242.1.0.0/29')
    assert.equal(addresses.reserve(['242.1.0.2']), undefined)
    assert.equal(addresses.reserve(['242.1.0.1', '242.1.0.2']), 'the requested IP 242.1.0.2 is already allocated')
    assert.equal(addresses.reserve(['242.2.0.1']), 'the requested IP 242.2.0.1 is not contained in CIDR 242.1.0.0/29')
    assert.equal(addresses.reserve(['242.1.0.0']), 'the requested IP 242.1.0.0 is already allocated')
    assert.equal(addresses.size, 5)
  })
  test('blocks that are too small', () => {
    assert.equal(show(AddressPool.of('242.1.0.0/31')), 'invalid prefix for CIDR "242.1.0.0/31"')
    assert.equal(pool('242.1.0.0/30').size, 2)
    assert.ok('error' in AddressPool.of('x'))
  })
  test('random requests: a naive twin with a list of free addresses', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createSeededRandom(seed)
      const addresses = pool('10.0.0.0/27')
      let free = Array.from({ length: 30 }, (_, index) => index + 1)
      const held: number[] = []
      for (let step = 0; step < 40; step++) {
        if (random.number() < 0.3 && held.length > 0) {
          const [back] = held.splice(Math.floor(random.number() * held.length), 1)
          addresses.release([`10.0.0.${back}`])
          free = [...free, back!].sort((a, b) => a - b)
          continue
        }
        const count = 1 + Math.floor(random.number() * 5)
        const start = free.findIndex((at, index) => free[index + count - 1] === at + count - 1)
        const wanted = count === 1 ? free.slice(-1) : start < 0 ? [] : free.slice(start, start + count)
        const got = addresses.allocate(count)
        assert.deepEqual(
          'value' in got ? got.value : [],
          wanted.map((last) => `10.0.0.${last}`),
          `seed ${seed} step ${step}`,
        )
        free = free.filter((at) => !wanted.includes(at))
        held.push(...wanted)
      }
      assert.equal(addresses.size, free.length)
    }
  })
})

const object = (
  kind: string,
  name: string,
  spec: object,
  allocated?: string | string[],
  more: Partial<KubeObject['metadata']> = {},
): KubeObject => ({
  apiVersion: 'submariner.io/v1',
  kind,
  metadata: {
    name,
    ...(kind.startsWith('Cluster') ? {} : { namespace: 'shop' }),
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...more,
  },
  spec,
  ...(allocated === undefined
    ? {}
    : { status: typeof allocated === 'string' ? { allocatedIP: allocated } : { allocatedIPs: allocated } }),
})

describe('objects and their addresses', () => {
  const decide = (objects: readonly KubeObject[], cidr = '242.1.0.0/24') => {
    const opened = AddressPool.of(cidr)
    assert.ok('value' in opened)
    return decideAddresses(opened.value, objects)
  }
  const table: [name: string, object: KubeObject, addresses: string[], condition: string][] = [
    [
      'the cluster’s egress',
      object('ClusterGlobalEgressIP', 'cluster-egress.submariner.io', { numGlobalIPs: 3 }),
      ['242.1.0.1', '242.1.0.2', '242.1.0.3'],
      'True Success: Allocated 3 global IP(s)',
    ],
    ['one egress address', object('GlobalEgressIP', 'e', {}), ['242.1.0.254'], 'True Success: Allocated 1 global IP(s)'],
    [
      'several',
      object('GlobalEgressIP', 'e', { numberOfIPs: 2 }),
      ['242.1.0.1', '242.1.0.2'],
      'True Success: Allocated 2 global IP(s)',
    ],
    [
      'ingress',
      object('GlobalIngressIP', 'i', { target: 'ClusterIPService' }),
      ['242.1.0.254'],
      'True Success: Allocated global IP',
    ],
    [
      'none wanted',
      object('GlobalEgressIP', 'e', { numberOfIPs: 0 }, ['242.1.0.9']),
      [],
      'False ZeroInput: The specified NumberOfIPs is 0',
    ],
    [
      'fewer than none',
      object('GlobalEgressIP', 'e', { numberOfIPs: -1 }),
      [],
      'False InvalidInput: The NumberOfIPs cannot be negative',
    ],
    [
      'another name',
      object('ClusterGlobalEgressIP', 'mine', {}),
      [],
      'False InvalidInstance: Only the ClusterGlobalEgressIP instance with the well-known name "cluster-egress.submariner.io" is supported',
    ],
    [
      'the other kind’s field does not count',
      object('GlobalEgressIP', 'e', { numGlobalIPs: 2 }),
      ['242.1.0.254'],
      'True Success: Allocated 1 global IP(s)',
    ],
    [
      'what it has it keeps',
      object('GlobalIngressIP', 'i', {}, '242.1.0.77'),
      ['242.1.0.77'],
      'True Success: Allocated global IP',
    ],
    [
      'outside of the block: anew',
      object('GlobalIngressIP', 'i', {}, '242.2.0.77'),
      ['242.1.0.254'],
      'True Success: Allocated global IP',
    ],
    [
      'another number: anew',
      object('GlobalEgressIP', 'e', { numberOfIPs: 2 }, ['242.1.0.40']),
      ['242.1.0.1', '242.1.0.2'],
      'True Success: Allocated 2 global IP(s)',
    ],
  ]
  for (const [name, each, addresses, condition] of table)
    test(name, () => {
      const [decision] = decide([each])
      assert.deepEqual(decision!.addresses, addresses)
      const { status, reason, message } = decision!.condition
      assert.equal(`${status} ${reason}: ${message}`, condition)
      assert.ok(decision!.changed)
    })

  test('those that have addresses are served first; of two with the same, the older keeps it', () => {
    const later = { creationTimestamp: '2026-01-02T00:00:00Z' }
    const decisions = decide([
      object('GlobalEgressIP', 'new', {}),
      object('GlobalIngressIP', 'twin', {}, '242.1.0.254', later),
      object('GlobalIngressIP', 'old', {}, '242.1.0.254'),
    ])
    assert.deepEqual(
      decisions.map(({ object: each, addresses }) => `${each.metadata.name} ${addresses}`),
      ['old 242.1.0.254', 'twin 242.1.0.253', 'new 242.1.0.252'],
    )
  })

  test('the block is used up', () => {
    const decisions = decide(
      [object('GlobalIngressIP', 'a', {}), object('GlobalIngressIP', 'b', {}), object('GlobalIngressIP', 'c', {})],
      '242.1.0.0/30',
    )
    assert.equal(
      decisions[2]!.condition.message,
      'Error allocating a global IP from the pool: insufficient IPs available for allocation',
    )
    assert.deepEqual(decisions[2]!.addresses, [])
  })

  test('decided again on what was decided, nothing changes; objects that go free their addresses', () => {
    const first = decide([object('GlobalEgressIP', 'e', { numberOfIPs: 2 }), object('GlobalIngressIP', 'i', {})])
    const done = first.map(({ object: each, addresses, condition }) => ({
      ...each,
      status: {
        ...(each.kind === 'GlobalIngressIP' ? { allocatedIP: addresses[0] } : { allocatedIPs: addresses }),
        conditions: [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    }))
    assert.ok(decide(done).every(({ changed }) => !changed))
    const going = done.map((each) => ({ ...each, metadata: { ...each.metadata, deletionTimestamp: '2026-01-03T00:00:00Z' } }))
    assert.deepEqual(decide([...going, object('GlobalIngressIP', 'next', {})])[0]!.addresses, ['242.1.0.254'])
  })
})

test('where a pod’s connections come from: its own, its selector’s, its namespace’s, the cluster’s', () => {
  const objects = [
    object('ClusterGlobalEgressIP', 'cluster-egress.submariner.io', {}, ['242.1.0.1']),
    object('GlobalEgressIP', 'all', {}, ['242.1.0.2']),
    object('GlobalEgressIP', 'some', { podSelector: { matchLabels: { app: 'web' } } }, ['242.1.0.3']),
    object('GlobalEgressIP', 'not-yet', { podSelector: { matchLabels: { app: 'web' } } }, [], {
      creationTimestamp: '2025-01-01T00:00:00Z',
    }),
    object('GlobalIngressIP', 'pod', { target: 'HeadlessServicePod', podRef: { name: 'web-0' } }, '242.1.0.4'),
  ]
  const from = (name: string, namespace: string, labels = {}) => egressOf({ name, namespace, labels }, objects)?.addresses
  assert.deepEqual(from('web-0', 'shop', { app: 'web' }), ['242.1.0.4'])
  assert.deepEqual(from('web-1', 'shop', { app: 'web' }), ['242.1.0.3'])
  assert.deepEqual(from('other', 'shop'), ['242.1.0.2'])
  assert.deepEqual(from('web-0', 'elsewhere', { app: 'web' }), ['242.1.0.1'])
  assert.equal(egressOf({ name: 'x', namespace: 'shop', labels: {} }, []), undefined)
})

describe('the broker’s record', () => {
  const settings = readBroker({ apiVersion: '', kind: 'Broker', metadata: { name: 'b' }, spec: { globalnetEnabled: true } })
  test('defaults', () => assert.deepEqual(settings, { enabled: true, range: '242.0.0.0/8', defaultSize: 65_536 }))
  test('is written as subctl writes it, and read again', () => {
    const clusters = [{ cluster_id: 'east', global_cidr: ['242.0.0.0/16'] }]
    const object = writeRecord(undefined, 'submariner-k8s-broker', settings, clusters)
    assert.deepEqual(object, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'submariner-globalnet-info',
        namespace: 'submariner-k8s-broker',
        labels: { component: 'submariner-globalnet' },
      },
      data: {
        globalnetEnabled: 'true',
        globalnetCidrRange: '"242.0.0.0/8"',
        globalnetClusterSize: '65536',
        clusterinfo: '[\n\t{\n\t\t"cluster_id": "east",\n\t\t"global_cidr": [\n\t\t\t"242.0.0.0/16"\n\t\t]\n\t}\n]',
      },
    })
    assert.deepEqual(show(readRecord(object)), clusters)
  })
  test('one that cannot be read is not taken for empty', () => {
    for (const clusterinfo of ['{', '{}', '[1]', '[{"cluster_id":5,"global_cidr":[]}]'])
      assert.ok(
        'error' in readRecord({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { clusterinfo } }),
        clusterinfo,
      )
    assert.deepEqual(show(readRecord(undefined)), [])
  })
})

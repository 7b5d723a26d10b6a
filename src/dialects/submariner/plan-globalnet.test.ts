import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ClusterSketch, fleetFacts, serviceObject } from '../../../test/support/cases/fleet-facts.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { PlannedWrite } from '../../services/model/planned-write.js'
import { globalnetPlanner } from './plan-globalnet.js'

const broker = (spec: object = {}, status?: object): KubeObject => ({
  apiVersion: 'submariner.io/v1alpha1',
  kind: 'Broker',
  metadata: {
    name: 'submariner-broker',
    namespace: 'submariner-k8s-broker',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { globalnetEnabled: true, globalnetCIDRRange: '242.0.0.0/8', ...spec },
  ...(status ? { status } : {}),
})
const record = (...entries: [string, string][]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'submariner-globalnet-info', namespace: 'submariner-k8s-broker' },
  data: {
    globalnetEnabled: 'true',
    globalnetCidrRange: '"242.0.0.0/8"',
    globalnetClusterSize: '65536',
    clusterinfo: JSON.stringify(
      entries.map(([cluster_id, cidr]) => ({ cluster_id, global_cidr: [cidr] })),
      null,
      '\t',
    ),
  },
})
const plan = (clusters: readonly ClusterSketch[], hub: readonly KubeObject[], known?: KubeObject) =>
  globalnetPlanner.plan({ fleet: fleetFacts(clusters, hub), now: '2026-01-02T00:00:00Z', lookedUp: () => known })
const ready = (count: number) => ({
  conditions: [
    {
      type: 'GlobalnetReady',
      status: 'True',
      reason: 'Allocated',
      message: `${count} clusters have a block`,
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
})
const show = (writes: readonly PlannedWrite[]) =>
  writes.map(
    (write) =>
      `${write.action} ${write.place} ${write.type.kind} ${(write.action === 'create' ? write.object : write.seen).metadata.name}`,
  )
const blocksOf = (writes: readonly PlannedWrite[]): string[] => {
  const write = writes.find(({ type }) => type.kind === 'ConfigMap')!
  const { data } = (write.action === 'create' ? write.object : (write as { body: unknown }).body) as {
    data: { clusterinfo: string }
  }
  return (JSON.parse(data.clusterinfo) as { cluster_id: string; global_cidr: string[] }[]).map(
    (each) => `${each.cluster_id} ${each.global_cidr}`,
  )
}
const bare = (name: string, labels = {}): ClusterSketch => ({ name, labels, objects: [] })

describe('blocks', () => {
  test('clusters join in the order of their names', () => {
    const writes = plan([bare('west'), bare('east')], [broker()])
    assert.deepEqual(show(writes), ['patch hub Broker submariner-broker', 'create hub ConfigMap submariner-globalnet-info'])
    assert.deepEqual(blocksOf(writes), ['east 242.0.0.0/16', 'west 242.1.0.0/16'])
  })
  test('those that are recorded keep theirs, gone ones too; a free place is filled', () => {
    const known = record(['west', '242.0.0.0/16'], ['gone', '242.2.0.0/16'])
    const writes = plan([bare('west'), bare('east'), bare('north')], [broker()], known)
    assert.deepEqual(blocksOf(writes), ['west 242.0.0.0/16', 'gone 242.2.0.0/16', 'east 242.1.0.0/16', 'north 242.3.0.0/16'])
  })
  test('labels ask for a block or a size', () => {
    const clusters = [
      bare('a', { 'services.flotilla.dev/globalnet-cidr': '242.7.0.0-24' }),
      bare('b', { 'services.flotilla.dev/globalnet-size': '300' }),
      bare('c', { 'services.flotilla.dev/globalnet-cidr': '242.7.0.0-16' }),
      bare('d', { 'services.flotilla.dev/globalnet-size': 'many' }),
    ]
    const writes = plan(clusters, [broker()])
    assert.deepEqual(blocksOf(writes), ['a 242.7.0.0/24', 'b 242.0.0.0/23'])
    assert.match(
      JSON.stringify(writes[0]),
      /c: error validating overlapping GlobalCIDRs 242.7.0.0\/16: .*; d: invalid globalnet-cluster-size cluster size must be > 0/,
    )
  })
  test('a record that cannot be read stays as it is', () => {
    const broken = { ...record(), data: { clusterinfo: '{' } }
    assert.deepEqual(show(plan([bare('a')], [broker()], broken)), ['patch hub Broker submariner-broker'])
  })
  test('without Globalnet, or a broker, nothing is planned', () => {
    const off = broker({ globalnetEnabled: false })
    assert.deepEqual(plan([bare('a')], [off]), [])
    assert.deepEqual(plan([bare('a')], []), [])
    assert.equal(globalnetPlanner.isNeeded(fleetFacts([], [off])), false)
    assert.equal(globalnetPlanner.isNeeded(fleetFacts([], [broker()])), true)
    assert.deepEqual(globalnetPlanner.lookups(fleetFacts([], [off])), [])
  })
})

describe('objects of a cluster', () => {
  const known = record(['east', '242.0.0.0/16'])
  const hub = [broker({}, ready(1))]
  const serviceExport: KubeObject = {
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceExport',
    metadata: { name: 'api', namespace: 'shop' },
  }
  const in_ = (...objects: KubeObject[]): ClusterSketch[] => [{ name: 'east', objects }]
  const egress: KubeObject = {
    apiVersion: 'submariner.io/v1',
    kind: 'ClusterGlobalEgressIP',
    metadata: { name: 'cluster-egress.submariner.io', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { numGlobalIPs: 8 },
  }
  test('the cluster’s egress, and ingress for exported services', () => {
    const service = serviceObject('api', {}, { clusterIP: '10.0.0.1', type: 'ClusterIP' })
    assert.deepEqual(show(plan(in_(serviceExport, service), hub, known)), [
      'create east ClusterGlobalEgressIP cluster-egress.submariner.io',
      'create east GlobalIngressIP api',
    ])
    for (const spec of [{ clusterIP: 'None' }, { clusterIP: '10.0.0.1', type: 'LoadBalancer' }, {}])
      assert.equal(plan(in_(serviceExport, serviceObject('api', {}, spec)), hub, known).length, 1)
  })
  test('addresses come into the status', () => {
    const [write] = plan(in_(egress), hub, known) as (PlannedWrite & { body: object; subresource: string })[]
    assert.equal(write!.subresource, 'status')
    assert.deepEqual(write!.body, {
      status: {
        allocatedIPs: [1, 2, 3, 4, 5, 6, 7, 8].map((last) => `242.0.0.${last}`),
        conditions: [
          {
            type: 'Allocated',
            status: 'True',
            reason: 'Success',
            message: 'Allocated 8 global IP(s)',
            lastTransitionTime: '2026-01-02T00:00:00Z',
          },
        ],
      },
    })
    const done = { ...egress, status: (write!.body as { status: object }).status }
    assert.deepEqual(plan(in_(done), hub, known), [])
  })
  test('ingress of ours goes with its export; what a person made stays', () => {
    const made = (name: string, labels = {}): KubeObject => ({
      apiVersion: 'submariner.io/v1',
      kind: 'GlobalIngressIP',
      metadata: { name, namespace: 'shop', labels },
      spec: { target: 'ClusterIPService', serviceRef: { name } },
    })
    const writes = plan(
      in_(egress, made('ours', { 'app.kubernetes.io/managed-by': 'services.flotilla.dev' }), made('theirs')),
      hub,
      known,
    )
    assert.deepEqual(
      show(writes).filter((each) => each.startsWith('delete')),
      ['delete east GlobalIngressIP ours'],
    )
  })
  test('nothing before the block is recorded, in clusters that cannot be reached, or where Submariner is at work', () => {
    assert.ok(plan(in_(egress), hub).every(({ place }) => place === 'hub'))
    assert.deepEqual(plan([{ name: 'east', objects: [egress], reach: 'unknown' }], hub, known), [])
    const submariner: KubeObject = {
      apiVersion: 'submariner.io/v1alpha1',
      kind: 'Submariner',
      metadata: { name: 'submariner', namespace: 's' },
    }
    assert.deepEqual(plan(in_(egress, submariner), hub, known), [])
  })
})

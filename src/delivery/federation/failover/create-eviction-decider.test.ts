import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterFacts } from '../../placement/contract.js'
import type { Eviction, FailoverRules, Federated, MemberResult } from '../contract.js'
import { createEvictionDecider } from './create-eviction-decider.js'
import { type FailoverSettings, type Observation, safeSettings } from './settings.js'

const deployment = (replicas: number, ready: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', generation: 1 },
  spec: { replicas },
  status: { observedGeneration: 1, readyReplicas: ready },
})
const failover: FailoverRules = {
  cluster: { purge: 'Gracefully', graceSeconds: 600, silence: { toleratedSeconds: 300 } },
  application: { toleratedSeconds: 60, purge: 'Directly', graceSeconds: 600 },
}
const federated = (previous: Record<string, number>, more: Partial<Federated> = {}): Federated => ({
  id: 'test/web',
  workload: { object: deployment(4, 0), replicas: 4 },
  policies: {
    placements: [
      {
        name: 'all',
        selectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
        placement: { division: { strategy: 'dynamic-weights' } },
      },
    ],
  },
  previous: { replicas: previous },
  rules: { existing: 'adopt', retain: [], onRemoval: 'delete' },
  failover,
  ...more,
})
const copy = (replicas: number, ready: number): MemberResult => ({
  state: 'Applied',
  step: 'none',
  message: '',
  since: 0,
  live: deployment(replicas, ready),
})
const cluster = (name: string, more: Partial<ClusterFacts> = {}): ClusterFacts => ({ name, ready: true, free: 10, ...more })

function fleet(start: { settings?: Partial<FailoverSettings>; observations?: Observation[] } = {}) {
  const state = { settings: { ...safeSettings, ...start.settings }, observations: start.observations ?? [], nowMs: 1_000_000 }
  const decider = createEvictionDecider({ observations: () => state.observations, settings: () => state.settings })
  return {
    state,
    forget: (id: string) => decider.forget(id),
    decide: (object: Federated, clusters: ClusterFacts[], copies: Record<string, MemberResult | undefined>, blind = false) =>
      decider.decide({ federated: object, clusters, copies: new Map(Object.entries(copies)), blind, nowMs: state.nowMs }),
  }
}
const both = { a: copy(2, 2), b: copy(2, 2) }
const three = (more: Partial<ClusterFacts>) => [cluster('a', more), cluster('b'), cluster('c')]

test('a silent cluster is left only when somebody else says so, too', () => {
  const { state, decide } = fleet()
  const object = federated({ a: 2, b: 2 })
  assert.deepEqual(decide(object, three({ ready: false }), both).evictions, [])
  state.nowMs += 301_000
  const alone = decide(object, three({ ready: false }), both)
  assert.deepEqual(alone.evictions, [])
  assert.deepEqual(alone.held, [{ cluster: 'a', why: 'it does not answer this hub, and nobody else has said so' }])
  state.observations = [{ by: 'agent of c', down: false }]
  assert.match(decide(object, three({ ready: false }), both).held?.[0]?.why ?? '', /but agent of c sees it/)
  state.observations = [{ by: 'agent of c', down: true }]
  const [eviction] = decide(object, three({ ready: false }), both).evictions
  assert.equal(eviction?.reason, 'ClusterUnreachable')
  assert.equal(eviction?.replicas, 2)
  assert.match(eviction?.message ?? '', /nor agent of c/)
})

test('a cluster that answers in between starts anew', () => {
  const { state, decide } = fleet({ observations: [{ by: 'x', down: true }] })
  const object = federated({ a: 2, b: 2 })
  decide(object, three({ ready: false }), both)
  state.nowMs += 200_000
  decide(object, three({ ready: true }), both)
  state.nowMs += 200_000
  assert.deepEqual(decide(object, three({ ready: false }), both).evictions, [])
})

test('a hub that sees most clusters silent moves nothing', () => {
  const { state, decide } = fleet({ observations: [{ by: 'x', down: true }] })
  const object = federated({ a: 2, b: 2 })
  decide(object, three({ ready: false }), both, true)
  state.nowMs += 400_000
  assert.deepEqual(decide(object, three({ ready: false }), both, true).evictions, [])
})

test('a taint that somebody set is obeyed at once, one that is tolerated is not', () => {
  const { decide } = fleet()
  const taints = [{ key: 'drain', effect: 'NoExecute' }]
  assert.equal(decide(federated({ a: 2, b: 2 }), three({ taints }), both).evictions[0]?.reason, 'TaintUntolerated')
  const tolerant = federated({ a: 2, b: 2 }, { id: 'test/tolerant' })
  const [policy] = tolerant.policies.placements
  const placement = { ...policy!.placement, tolerations: [{ key: 'drain', operator: 'Exists' }] }
  const object = { ...tolerant, policies: { placements: [{ ...policy!, placement }] } }
  assert.deepEqual(decide(object, three({ taints }), both).evictions, [])
})

test('an application that is unhealthy for long is moved, unless there is no room elsewhere', () => {
  const { state, decide } = fleet()
  const object = federated({ a: 2, b: 2 })
  const sick = { a: copy(2, 0), b: copy(2, 2) }
  assert.equal(decide(object, three({}), sick).againAt, state.nowMs + 60_000)
  state.nowMs += 61_000
  const full = [cluster('a'), cluster('b', { free: 0 }), cluster('c', { free: 0 })]
  const stays = decide(object, full, sick)
  assert.deepEqual(stays.evictions, [])
  assert.match(stays.held?.[0]?.why ?? '', /unhealthy there for more than 60 s; it stays, for there is no room for it elsewhere/)
  assert.equal(decide(object, three({}), sick).evictions[0]?.reason, 'ApplicationUnhealthy')
})

test('what would only be taken away stays', () => {
  const { state, decide } = fleet()
  const object = federated({ a: 0, b: 0 }, { workload: { object: { ...deployment(1, 1), kind: 'DaemonSet' } } })
  const [policy] = object.policies.placements
  const everywhere = {
    ...object,
    policies: {
      placements: [
        {
          ...policy!,
          selectors: [{ apiVersion: 'apps/v1', kind: 'DaemonSet' }],
          placement: { division: { strategy: 'duplicated' as const } },
        },
      ],
    },
  }
  const live = {
    ...deployment(1, 1),
    kind: 'DaemonSet',
    status: { observedGeneration: 1, desiredNumberScheduled: 3, numberReady: 0 },
  }
  const copies = { a: { ...copy(1, 1), live }, b: copy(1, 1) }
  decide(everywhere, [cluster('a'), cluster('b')], copies)
  state.nowMs += 61_000
  assert.match(
    decide(everywhere, [cluster('a'), cluster('b')], copies).held?.[0]?.why ?? '',
    /no other cluster would take it over/,
  )
})

test('frozen, slow and one at a time', () => {
  const sick = { a: copy(2, 0), b: copy(2, 0) }
  const object = federated({ a: 2, b: 2 })
  const late = (settings: Partial<FailoverSettings>) => {
    const { state, decide } = fleet({ settings })
    decide(object, three({}), sick)
    state.nowMs += 61_000
    return decide(object, three({}), sick)
  }
  assert.match(late({ frozen: 'release night' }).held?.[0]?.why ?? '', /failover is frozen: release night/)
  assert.match(late({ movesPerMinute: 0 }).held?.[0]?.why ?? '', /at most 0 workloads a minute/)
  const { evictions, held } = late({})
  assert.deepEqual(
    evictions.map(({ cluster: from }) => from),
    ['a'],
  )
  assert.match(held?.[0]?.why ?? '', /being moved from a already: one cluster at a time/)
})

test('the fleet’s rate holds over all workloads', () => {
  const { state, decide } = fleet({ settings: { movesPerMinute: 2 } })
  const taints = [{ key: 'drain', effect: 'NoExecute' }]
  const moved = () =>
    ['one', 'two', 'three'].map((id) => decide(federated({ a: 2, b: 2 }, { id }), three({ taints }), both).evictions.length)
  assert.deepEqual(moved(), [1, 1, 0])
  assert.deepEqual(moved(), [1, 1, 0], 'what is not on record yet is neither asked for nor counted again')
  state.nowMs += 30_000
  assert.deepEqual(moved(), [1, 1, 1])
  state.settings = { ...state.settings, frozen: 'release night' }
  assert.deepEqual(moved(), [0, 0, 0], 'what is not on record yet stops with a freeze')
})

test('few silent clusters are left at a time', () => {
  const { state, decide } = fleet({ observations: [{ by: 'x', down: true }] })
  const clusters = ['a', 'b', 'c', 'd', 'e'].map((name) => cluster(name, { ready: name > 'b' }))
  const one = federated({ a: 4 }, { id: 'one' })
  const two = federated({ b: 4 }, { id: 'two' })
  for (const wait of [0, 301_000]) {
    state.nowMs += wait
    decide(one, clusters, { a: copy(4, 4) })
    decide(two, clusters, { b: copy(4, 4) })
  }
  assert.equal(decide(one, clusters, { a: copy(4, 4) }).evictions.length, 1)
  assert.match(decide(two, clusters, { b: copy(4, 4) }).held?.[0]?.why ?? '', /1 of 5 clusters are being left already/)
})

test('a graceful move ends when the others are ready, or after the grace', () => {
  const { state, decide } = fleet()
  const record: Eviction = {
    cluster: 'a',
    reason: 'TaintUntolerated',
    message: '',
    since: state.nowMs,
    purge: 'Gracefully',
    graceSeconds: 600,
  }
  const object = federated({ b: 4 }, { evictions: [record], failover: { cluster: failover.cluster! } })
  const waits = decide(object, three({}), { a: copy(2, 2), b: copy(4, 3) })
  assert.deepEqual(waits.evictions, [record])
  assert.equal(waits.againAt, state.nowMs + 600_000)
  assert.equal(decide(object, three({}), { a: copy(2, 2), b: copy(4, 4) }).evictions[0]?.purge, 'Directly')
  state.nowMs += 600_000
  assert.equal(decide(object, three({}), { a: copy(2, 2), b: copy(4, 3) }).evictions[0]?.purge, 'Directly')
  const going = federated({ b: 4 }, { evictions: [{ ...record, purge: 'Directly' }] })
  assert.equal(decide(going, three({}), { a: copy(2, 2), b: copy(4, 4) }).evictions.length, 1)
  assert.deepEqual(decide(going, three({}), { b: copy(4, 4) }).evictions, [])
})

test('a move that is left to people stays on record; a cluster that is gone needs none', () => {
  const { state, decide } = fleet()
  const never: Eviction = { cluster: 'a', reason: 'ClusterUnreachable', message: '', since: state.nowMs - 1e9, purge: 'Never' }
  assert.deepEqual(decide(federated({ b: 4 }, { evictions: [never] }), three({}), both).evictions, [never])
  assert.deepEqual(decide(federated({ b: 4 }, { evictions: [never] }), [cluster('b')], { b: copy(4, 4) }).evictions, [])
})

test('what is gone is forgotten: a source, a cluster or a copy of the same name is another one', () => {
  const { state, decide, forget } = fleet({ settings: { movesPerMinute: 1 }, observations: [{ by: 'x', down: true }] })
  const drained = three({ taints: [{ key: 'drain', effect: 'NoExecute' }] })
  const object = federated({ a: 2, b: 2 })
  assert.equal(decide(object, drained, both).evictions.length, 1)
  forget(object.id)
  const again = decide(object, drained, both)
  assert.deepEqual(again.evictions, [], 'a move that was begun is not taken over from the one that was deleted')
  assert.match(again.held?.[0]?.why ?? '', /at most 1 workloads a minute/)

  state.settings = safeSettings
  const silent = three({ ready: false })
  const patient = federated({ a: 2, b: 2 }, { id: 'patient' })
  decide(patient, silent, both)
  state.nowMs += 301_000
  decide(patient, [cluster('b'), cluster('c')], { b: copy(2, 2) })
  assert.deepEqual(decide(patient, silent, both).evictions, [], 'the cluster that has joined under the name waits anew')
  state.nowMs += 301_000
  assert.equal(decide(patient, silent, both).evictions.length, 1)

  const sick = { a: copy(2, 0), b: copy(2, 2) }
  const ailing = federated({ a: 2, b: 2 }, { id: 'ailing' })
  decide(ailing, three({}), sick)
  state.nowMs += 61_000
  decide(ailing, three({}), { b: copy(4, 4) })
  assert.deepEqual(decide(ailing, three({}), sick).evictions, [], 'a new copy has not been unhealthy for long')
})

test('a source that is deleted while it leaves a silent cluster does not keep others from leaving theirs', () => {
  const { state, decide, forget } = fleet({ observations: [{ by: 'x', down: true }] })
  const clusters = ['a', 'b', 'c', 'd', 'e'].map((name) => cluster(name, { ready: name > 'b' }))
  const [one, two] = [federated({ a: 4 }, { id: 'one' }), federated({ b: 4 }, { id: 'two' })]
  for (const wait of [0, 301_000]) {
    state.nowMs += wait
    decide(one, clusters, { a: copy(4, 4) })
    decide(two, clusters, { b: copy(4, 4) })
  }
  assert.equal(decide(two, clusters, { b: copy(4, 4) }).evictions.length, 0)
  forget('one')
  assert.equal(decide(two, clusters, { b: copy(4, 4) }).evictions.length, 1)
})

test('state is preserved by direct moves alone, and what has not been seen holds the move', () => {
  const { decide } = fleet()
  const drained = three({ taints: [{ key: 'drain', effect: 'NoExecute' }] })
  const preserve = (live: KubeObject) => ({ ready: String((live['status'] as { readyReplicas: number }).readyReplicas) })
  const move = (purge: 'Directly' | 'Gracefully', copies: Record<string, MemberResult | undefined>) =>
    decide(federated({ a: 2, b: 2 }, { id: purge, failover: { cluster: { purge, preserve } } }), drained, copies)
  const [direct] = move('Directly', both).evictions
  assert.deepEqual([direct?.preserved, direct?.before], [{ ready: '2' }, ['a', 'b']])
  assert.equal(move('Gracefully', both).evictions[0]?.preserved, undefined)
  const unseen = { id: 'unseen', failover: { cluster: { purge: 'Directly', preserve } as const } }
  const held = decide(federated({ a: 2, b: 2 }, unseen), drained, { a: undefined, b: copy(2, 2) })
  assert.deepEqual(held.evictions, [])
  assert.match(held.held?.[0]?.why ?? '', /it stays, for what is to be preserved of it has not been seen/)
})

test('a kind of somebody else is as healthy as its dialect reads it', () => {
  const { state, decide } = fleet()
  const job = (phase: string): KubeObject => ({ ...deployment(1, 0), kind: 'FlinkDeployment', status: { phase } })
  const live = (phase: string) => ({ ...copy(1, 0), live: job(phase) })
  const health = ({ status }: KubeObject) => (status as { phase: string }).phase === 'RUNNING'
  const [policy] = federated({}).policies.placements
  const selectors = [{ apiVersion: 'apps/v1', kind: 'FlinkDeployment' }]
  const placement = { division: { strategy: 'duplicated' as const }, spread: [{ by: 'cluster' as const, maxGroups: 1 }] }
  const object = federated(
    { a: 1 },
    {
      workload: { object: job(''), replicas: 1 },
      policies: { placements: [{ ...policy!, selectors, placement }] },
      failover: { ...failover, health },
    },
  )
  decide(object, three({}), { a: live('FAILED') })
  state.nowMs += 61_000
  const [eviction] = decide(object, three({}), { a: live('FAILED') }).evictions
  assert.equal(eviction?.reason, 'ApplicationUnhealthy')
  const moving = { ...object, evictions: [{ ...eviction, purge: 'Gracefully' as const }] }
  const purge = (phase: string) => decide(moving, three({}), { a: live('FAILED'), b: live(phase) }).evictions[0]?.purge
  assert.equal(purge('CREATED'), 'Gracefully')
  assert.equal(purge('RUNNING'), 'Directly')
})

test('a move that is over stays over, though it is still on record when the copy comes back', () => {
  const { state, decide } = fleet()
  const record: Eviction = { cluster: 'a', reason: 'ClusterUnreachable', message: '', since: state.nowMs, purge: 'Directly' }
  const object = federated({ b: 4 }, { evictions: [record] })
  const evicted = (copies: Record<string, MemberResult>, of = object) => decide(of, three({}), copies).evictions
  assert.deepEqual(evicted(both), [record])
  assert.deepEqual(evicted({ b: copy(4, 4) }), [])
  assert.deepEqual(evicted(both), [], 'the cluster has its share again')
  assert.deepEqual(evicted(both, federated({ a: 2, b: 2 })), [])
  const again = { ...record, since: state.nowMs + 1 }
  assert.deepEqual(evicted(both, federated({ a: 2, b: 2 }, { evictions: [again] })), [again])
})

test('a move from a cluster that is silent is not over because most of the fleet is silent, too', () => {
  const { decide } = fleet()
  const eviction: Eviction = {
    cluster: 'a',
    reason: 'ClusterUnreachable',
    message: '',
    since: 0,
    purge: 'Directly',
    graceSeconds: 600,
  }
  const object = federated({ b: 4 }, { evictions: [eviction] })
  const copies = { b: copy(4, 4) }
  assert.equal(decide(object, three({ ready: false }), copies).evictions.length, 1)
  // While the hub is blind, silent clusters count as ready for placements.
  assert.equal(decide(object, three({ ready: true }), copies, true).evictions.length, 1)
  assert.equal(decide(object, three({ ready: true }), copies).evictions.length, 0)
})

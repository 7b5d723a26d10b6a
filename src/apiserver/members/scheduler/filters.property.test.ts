import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LogicalCluster } from '../../contract.js'
import type { Node, Pod } from '../engine/objects.js'
import { chooseNode, enoughNodes, Filters } from './choose-node.js'
import { ClassViews } from './class-view.js'
import { ClusterState } from './cluster-state.js'
import { Nominations } from './nominations.js'
import type { PodAffinityTerm, SpreadConstraint } from './spec.js'

/**
 * The filters over the incremental state, against a twin that reads the objects as the API has them, node by node, with no
 * index, cache or class.
 */
const rounds = 150

test('filters agree with a naive twin on random clusters', () => {
  let feasible = 0
  let rejected = 0
  for (let seed = 1; seed <= rounds; seed++) {
    const world = new RandomWorld(seed)
    for (let step = 0; step < 16; step++) {
      for (let times = 0; times < 3; times++) world.change()
      const pod = world.pod(`new-${step}`)
      const mine = world.feasible(pod)
      const theirs = [...world.nodes.values()].filter((node) => naive(world, pod, node)).map((node) => node.metadata.name)
      assert.deepEqual(mine, theirs, `seed ${seed}, step ${step}: ${JSON.stringify(pod)}`)
      feasible += mine.length
      rejected += world.nodes.size - mine.length
      world.place(pod, mine)
    }
  }
  // Neither side of the comparison may be trivial.
  assert.ok(feasible > rounds * 2 && rejected > rounds * 2, `${feasible} feasible, ${rejected} rejected`)
})

test('the chosen node fits, and the search among many nodes ends early', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const world = new RandomWorld(seed)
    for (let step = 0; step < 5; step++) world.change()
    const pod = world.pod('chosen')
    const choice = chooseNode(world.cycle(pod), createSeededRandom(seed))
    const fits = world.feasible(pod)
    assert.equal(choice.node === undefined, fits.length === 0)
    if (choice.node) assert.ok(fits.includes(choice.node.name))
  }
  assert.deepEqual([10, 99, 100, 1000, 5000, 20_000].map(enoughNodes), [10, 99, 100, 420, 500, 1000])
})

class RandomWorld {
  readonly nodes = new Map<string, Node>()
  readonly pods = new Map<string, Pod>()
  readonly namespaces = new Map<string, KubeObject>()
  readonly #state = new ClusterState()
  readonly #views = new ClassViews()
  readonly #random: () => number
  #count = 0

  constructor(seed: number) {
    const random = createSeededRandom(seed)
    this.#random = () => random.number()
    for (const name of ['n1', 'n2']) {
      this.namespaces.set(name, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { team: this.#pick(['red', 'blue']) } },
      })
    }
    const nodes = 2 + Math.floor(this.#random() * 5)
    for (let index = 0; index < nodes; index++) this.#setNode(`node-${index}`)
  }

  cycle(pod: Pod) {
    const cluster = {
      peek: (resource: string, key: string) => (resource === 'namespaces' ? this.namespaces.get(key) : undefined),
      peekAll: () => [],
    } as unknown as LogicalCluster
    const view = this.#views.of(this.#state, this.#state.classOf(pod))
    return { cluster, state: this.#state, view, nominations: new Nominations(), key: keyOf(pod), priority: 0 }
  }

  feasible(pod: Pod): string[] {
    const filters = new Filters(this.cycle(pod))
    const fits = this.#state.nodes.filter((usage, index) => filters.reject(usage, index) === undefined)
    const names = new Set(fits.map(({ name }) => name))
    return [...this.nodes.keys()].filter((name) => names.has(name))
  }

  place(pod: Pod, on: readonly string[]): void {
    const nodeName = on[Math.floor(this.#random() * on.length)]
    if (nodeName !== undefined) this.#setPod({ ...pod, spec: { ...pod.spec, nodeName } })
  }

  /** Nodes change, pods come by hands other than the scheduler's, begin to end, and go. */
  change(): void {
    const present = [...this.pods.keys()]
    const key = this.#pick(present.length === 0 ? [''] : present)
    const pod = this.pods.get(key)
    const dice = this.#random()
    if (dice < 0.3) this.#setNode(this.#pick([...this.nodes.keys()]))
    else if (dice < 0.4 && pod) {
      this.pods.delete(key)
      this.#state.removePod(key)
    } else if (dice < 0.46 && pod) {
      this.#setPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
    } else if (dice < 0.55 && pod) {
      this.#setPod({ ...pod, metadata: { ...pod.metadata, labels: this.#labels() } })
    } else if (dice < 0.58 && this.nodes.size > 2) {
      const name = this.#pick([...this.nodes.keys()])
      this.nodes.delete(name)
      this.#state.removeNode(name)
    } else if (dice < 0.61) this.#setNode(`late-${this.#count++}`)
    else {
      const made = this.pod(`by-hand-${this.#count++}`)
      this.#setPod({ ...made, spec: { ...made.spec, nodeName: this.#pick([...this.nodes.keys()]) } })
    }
  }

  pod(name: string): Pod {
    const affinity = {
      ...(this.#random() < 0.25 ? { nodeAffinity: this.#nodeAffinity() } : {}),
      ...(this.#random() < 0.15 ? { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: this.#terms() } } : {}),
      ...(this.#random() < 0.12 ? { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: this.#terms() } } : {}),
    }
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: this.#random() < 0.8 ? 'n1' : 'n2', uid: `${name}-${this.#count++}`, labels: this.#labels() },
      spec: {
        containers: [
          {
            name: 'c',
            resources: { requests: { cpu: `${Math.floor(this.#random() * 4) * 250}m` } },
            ...(this.#random() < 0.15 ? { ports: [{ containerPort: 1, hostPort: this.#pick([80, 81]) } as never] } : {}),
          },
        ],
        ...(this.#random() < 0.2 ? { nodeSelector: { disk: this.#pick(['ssd', 'hdd']) } } : {}),
        ...(this.#random() < 0.4
          ? { tolerations: [this.#pick([{ operator: 'Exists' }, { key: 'a', operator: 'Exists' }, { key: 'a', value: 'x' }])] }
          : {}),
        ...(Object.keys(affinity).length > 0 ? { affinity } : {}),
        ...(this.#random() < 0.4 ? { topologySpreadConstraints: this.#spread() } : {}),
      },
    }
  }

  #nodeAffinity() {
    const requirement = () => ({
      key: this.#pick(['zone', 'disk', 'size']),
      operator: this.#pick(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
      values: [this.#pick(['z1', 'ssd', '5', '7'])],
    })
    const terms = Array.from({ length: 1 + Math.floor(this.#random() * 2) }, () => ({
      matchExpressions: this.#random() < 0.1 ? [] : [requirement()],
    }))
    return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } }
  }

  #terms(): PodAffinityTerm[] {
    return Array.from({ length: 1 + Math.floor(this.#random() * 2) }, () => ({
      topologyKey: this.#pick(['zone', 'host']),
      labelSelector: { matchLabels: { app: this.#pick(['a', 'b', 'c']) } },
      ...(this.#random() < 0.2 ? { namespaces: [this.#pick(['n1', 'n2'])] } : {}),
      ...(this.#random() < 0.2 ? { namespaceSelector: this.#random() < 0.3 ? {} : { matchLabels: { team: 'red' } } } : {}),
      ...(this.#random() < 0.2 ? { matchLabelKeys: ['version'] } : {}),
    }))
  }

  #spread(): SpreadConstraint[] {
    return Array.from({ length: 1 + Math.floor(this.#random() * 2) }, () => ({
      maxSkew: 1 + Math.floor(this.#random() * 2),
      topologyKey: this.#pick(['zone', 'host']),
      whenUnsatisfiable: this.#random() < 0.8 ? 'DoNotSchedule' : 'ScheduleAnyway',
      labelSelector: { matchLabels: { app: this.#pick(['a', 'b', 'c']) } },
      ...(this.#random() < 0.3 ? { minDomains: 1 + Math.floor(this.#random() * 4) } : {}),
      ...(this.#random() < 0.3 ? { nodeAffinityPolicy: this.#pick(['Honor', 'Ignore']) } : {}),
      ...(this.#random() < 0.3 ? { nodeTaintsPolicy: this.#pick(['Honor', 'Ignore']) } : {}),
      ...(this.#random() < 0.2 ? { matchLabelKeys: ['version'] } : {}),
    }))
  }

  #labels(): Record<string, string> {
    return { app: this.#pick(['a', 'b', 'c']), ...(this.#random() < 0.5 ? { version: this.#pick(['1', '2']) } : {}) }
  }

  #setNode(name: string): void {
    const amounts = { cpu: this.#pick(['2', '8']), memory: '4Gi', pods: this.#pick(['5', '20']) }
    const node: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          host: name,
          ...(this.#random() < 0.85 ? { zone: this.#pick(['z1', 'z2', 'z3']) } : {}),
          ...(this.#random() < 0.5 ? { disk: this.#pick(['ssd', 'hdd']) } : {}),
          ...(this.#random() < 0.5 ? { size: this.#pick(['4', '6', '8']) } : {}),
        },
      },
      spec: {
        ...(this.#random() < 0.1 ? { unschedulable: true } : {}),
        ...(this.#random() < 0.2
          ? {
              taints: [
                { key: 'a', value: this.#pick(['x', 'y']), effect: this.#pick(['NoSchedule', 'NoExecute', 'PreferNoSchedule']) },
              ],
            }
          : {}),
      },
      status: {
        allocatable: amounts,
        conditions: [{ type: 'Ready', status: this.#random() < 0.9 ? 'True' : 'Unknown' }],
      } as Node['status'],
    }
    this.nodes.set(name, node)
    this.#state.setNode(node)
  }

  #setPod(pod: Pod): void {
    this.pods.set(keyOf(pod), pod)
    this.#state.setPod(keyOf(pod), pod)
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T
  }
}

const keyOf = (pod: Pod) => `${pod.metadata.namespace}/${pod.metadata.name}`
const labels = (object: KubeObject): Record<string, string> => object.metadata.labels ?? {}

function naive(world: RandomWorld, pod: Pod, node: Node): boolean {
  const there = [...world.pods.values()].filter((each) => each.spec.nodeName === node.metadata.name)
  return (
    (node.spec?.unschedulable !== true ||
      (pod.spec.tolerations ?? []).some(({ key, operator }) => !key && operator === 'Exists')) &&
    toleratesAll(pod, node) &&
    wantsNode(pod, node) &&
    hasRoom(pod, node, there) &&
    spreads(world, pod, node) &&
    isWelcome(world, pod, node)
  )
}

function toleratesAll(pod: Pod, node: Node): boolean {
  const ready = node.status?.conditions?.[0]?.status === 'True'
  const taints = [...(node.spec?.taints ?? []), ...(ready ? [] : [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])]
  return taints.every(
    (taint) =>
      taint.effect === 'PreferNoSchedule' ||
      (pod.spec.tolerations ?? []).some(({ key, operator, value }) =>
        operator === 'Exists' ? !key || key === taint.key : key === taint.key && value === (taint as { value?: string }).value,
      ),
  )
}

function wantsNode(pod: Pod, node: Node): boolean {
  const own = labels(node)
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) if (own[key] !== value) return false
  const terms = (
    pod.spec['affinity'] as {
      nodeAffinity?: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: { matchExpressions: { key: string; operator: string; values: string[] }[] }[]
        }
      }
    }
  )?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms
  if (!terms) return true
  return terms.some(
    ({ matchExpressions }) =>
      matchExpressions.length > 0 &&
      matchExpressions.every(({ key, operator, values }) => {
        const value = own[key]
        if (operator === 'In') return value !== undefined && values.includes(value)
        if (operator === 'NotIn') return value === undefined || !values.includes(value)
        if (operator === 'Exists') return value !== undefined
        if (operator === 'DoesNotExist') return value === undefined
        const [left, right] = [Number(value), Number(values[0])]
        if (value === undefined || Number.isNaN(left) || Number.isNaN(right)) return false
        return operator === 'Gt' ? left > right : left < right
      }),
  )
}

const cpuOf = (pod: Pod) => Number.parseInt(pod.spec.containers[0]?.resources?.requests?.['cpu'] ?? '0', 10)
const portOf = (pod: Pod) => (pod.spec.containers[0]?.ports?.[0] as { hostPort?: number } | undefined)?.hostPort

function hasRoom(pod: Pod, node: Node, there: readonly Pod[]): boolean {
  const { cpu, pods } = (node.status as unknown as { allocatable: { cpu: string; pods: string } }).allocatable
  if (there.length + 1 > Number(pods)) return false
  if (portOf(pod) !== undefined && there.some((each) => portOf(each) === portOf(pod))) return false
  return cpuOf(pod) === 0 || there.reduce((sum, each) => sum + cpuOf(each), cpuOf(pod)) <= Number(cpu) * 1000
}

/** Whether `other` has the labels, narrowed by the values that `pod` has for these keys. */
function selects(matchLabels: Record<string, string>, keys: readonly string[] | undefined, pod: Pod, other: Pod): boolean {
  if (!Object.entries(matchLabels).every(([key, value]) => labels(other)[key] === value)) return false
  return (keys ?? []).every((key) => labels(pod)[key] === undefined || labels(pod)[key] === labels(other)[key])
}

function spreads(world: RandomWorld, pod: Pod, node: Node): boolean {
  const hard = ((pod.spec['topologySpreadConstraints'] ?? []) as SpreadConstraint[]).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule',
  )
  for (const constraint of hard) {
    const own = labels(node)[constraint.topologyKey]
    if (own === undefined) return false
    const counts = new Map<string, number>()
    for (const each of world.nodes.values()) {
      const value = labels(each)[constraint.topologyKey]
      if (value === undefined || !hard.every(({ topologyKey }) => labels(each)[topologyKey] !== undefined)) continue
      if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !wantsNode(pod, each)) continue
      if (constraint.nodeTaintsPolicy === 'Honor' && !toleratesAll(pod, each)) continue
      let count = 0
      for (const other of world.pods.values()) {
        if (other.spec.nodeName !== each.metadata.name || other.metadata.namespace !== pod.metadata.namespace) continue
        if (other.metadata.deletionTimestamp) continue
        if (selects(constraint.labelSelector?.matchLabels ?? {}, constraint.matchLabelKeys, pod, other)) count++
      }
      counts.set(value, (counts.get(value) ?? 0) + count)
    }
    const least = counts.size < (constraint.minDomains ?? 1) || counts.size === 0 ? 0 : Math.min(...counts.values())
    const self = selects(constraint.labelSelector?.matchLabels ?? {}, constraint.matchLabelKeys, pod, pod) ? 1 : 0
    if ((counts.get(own) ?? 0) + self - least > constraint.maxSkew) return false
  }
  return true
}

type Terms = { requiredDuringSchedulingIgnoredDuringExecution: PodAffinityTerm[] } | undefined
const termsOf = (pod: Pod, kind: 'podAffinity' | 'podAntiAffinity') =>
  (pod.spec['affinity'] as Record<string, Terms> | undefined)?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []

function means(world: RandomWorld, term: PodAffinityTerm, pod: Pod, other: Pod): boolean {
  const namespace = other.metadata.namespace ?? ''
  const { namespaces = [], namespaceSelector } = term
  const team = namespaceSelector?.matchLabels?.['team']
  const bySelector =
    namespaceSelector !== undefined && (team === undefined || world.namespaces.get(namespace)?.metadata.labels?.['team'] === team)
  const own = namespaces.length === 0 && namespaceSelector === undefined && namespace === pod.metadata.namespace
  if (!own && !bySelector && !namespaces.includes(namespace)) return false
  return selects(term.labelSelector?.matchLabels ?? {}, term.matchLabelKeys, pod, other)
}

function isWelcome(world: RandomWorld, pod: Pod, node: Node): boolean {
  const sameDomain = (key: string, other: Pod) => {
    const value = labels(node)[key]
    const theirs = world.nodes.get(other.spec.nodeName ?? '')
    return value !== undefined && theirs !== undefined && labels(theirs)[key] === value
  }
  const others = [...world.pods.values()]
  const wanted = termsOf(pod, 'podAffinity')
  if (!wanted.every(({ topologyKey }) => labels(node)[topologyKey] !== undefined)) return false
  const companions = others.filter((other) => wanted.every((term) => means(world, term, pod, other)))
  if (wanted.length > 0 && !wanted.every(({ topologyKey }) => companions.some((other) => sameDomain(topologyKey, other)))) {
    const anywhere = companions.some((other) => {
      const theirs = world.nodes.get(other.spec.nodeName ?? '')
      return theirs !== undefined && wanted.some(({ topologyKey }) => labels(theirs)[topologyKey] !== undefined)
    })
    if (anywhere || !wanted.every((term) => means(world, term, pod, pod))) return false
  }
  for (const other of others) {
    if (termsOf(pod, 'podAntiAffinity').some((term) => means(world, term, pod, other) && sameDomain(term.topologyKey, other)))
      return false
    if (termsOf(other, 'podAntiAffinity').some((term) => means(world, term, other, pod) && sameDomain(term.topologyKey, other)))
      return false
  }
  return true
}

import type { Taint } from '../contract.js'
import { tolerates } from '../filters/taints.js'
import type { Amounts } from './pod-requests.js'
import { matchesNode, type ReplicaNeeds } from './replica-needs.js'

export interface NodeFacts {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  readonly allocatable: Amounts
  readonly ready: boolean
  readonly cordoned?: boolean
}

export interface PodFacts {
  /** Absent while it waits for a node. */
  readonly node?: string
  readonly requests: Amounts
  /** Succeeded or Failed: it takes no room. */
  readonly finished?: boolean
}

export interface FreeReplicas {
  readonly replicas: number
  /** In words, such as "14 on 3 of 5 nodes; cpu is the first to run out on 2 of them". */
  readonly why: string
}

/**
 * How many more replicas a cluster takes, node by node: what is allocatable minus what the pods there request, in whole replicas.
 * Two halves of a replica on two nodes are none. Pods that wait for a node have their places taken first, the largest first.
 * A resource that a node does not offer has no room; `pods` counts pods.
 */
export function freeReplicas(nodes: readonly NodeFacts[], pods: readonly PodFacts[], needs: ReplicaNeeds): FreeReplicas {
  const free = new Map<string, Map<string, number>>()
  for (const node of nodes) free.set(node.name, new Map(node.allocatable))
  const waiting: PodFacts[] = []
  for (const pod of pods) {
    if (pod.finished === true) continue
    if (pod.node === undefined) {
      waiting.push(pod)
      continue
    }
    const room = free.get(pod.node)
    if (room !== undefined) take(room, pod.requests)
  }
  const usable = nodes.filter((node) => explainNode(node, needs) === undefined)
  waiting.sort((a, b) => weightOf(b.requests) - weightOf(a.requests))
  for (const pod of waiting) {
    const place = usable.find((node) => fits(free.get(node.name) as Map<string, number>, pod.requests).count > 0)
    if (place !== undefined) take(free.get(place.name) as Map<string, number>, pod.requests)
  }
  let replicas = 0
  let hosts = 0
  const short = new Map<string, number>()
  for (const node of usable) {
    const { count, by } = fits(free.get(node.name) as Map<string, number>, needs.requests)
    replicas += count
    if (count > 0) hosts++
    if (by !== undefined) short.set(by, (short.get(by) ?? 0) + 1)
  }
  const limits = [...short].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} runs out first on ${count}`)
  const unusable = nodes.length - usable.length
  const why = [
    `${replicas} fit on ${hosts} of ${nodes.length} nodes`,
    ...(unusable > 0 ? [`${unusable} take no pods of it`] : []),
    ...(waiting.length > 0 ? [`${waiting.length} waiting pods counted`] : []),
    ...limits,
  ].join('; ')
  return { replicas, why }
}

/** Why a node takes no replica at all; undefined when it may. */
function explainNode(node: NodeFacts, needs: ReplicaNeeds): string | undefined {
  if (!node.ready) return 'is not ready'
  if (node.cordoned === true) return 'is cordoned'
  if (!matchesNode(needs, node)) return 'does not match the node selector or affinity'
  const taint = node.taints?.find(
    (each) => each.effect !== 'PreferNoSchedule' && !needs.tolerations?.some((one) => tolerates(one, each)),
  )
  return taint && `has the taint ${taint.key}`
}

/** Every pod counts as one of `pods`, whatever it requests. */
function fits(room: ReadonlyMap<string, number>, requests: Amounts): { count: number; by: string | undefined } {
  let count = room.get('pods') ?? Number.MAX_SAFE_INTEGER
  let by: string | undefined = room.has('pods') ? 'pods' : undefined
  for (const [name, amount] of requests) {
    if (amount <= 0 || name === 'pods') continue
    const most = Math.floor((room.get(name) ?? 0) / amount)
    if (most < count) {
      count = most
      by = name
    }
  }
  return { count: Math.max(0, count), by }
}

function take(room: Map<string, number>, requests: Amounts): void {
  for (const [name, amount] of requests) if (name !== 'pods') room.set(name, (room.get(name) ?? 0) - amount)
  const pods = room.get('pods')
  if (pods !== undefined) room.set('pods', pods - 1)
}

/** Larger pods first: by CPU and memory, a core as heavy as 4 GiB. */
function weightOf(requests: Amounts): number {
  return (requests.get('cpu') ?? 0) / 1000 + (requests.get('memory') ?? 0) / 2 ** 32
}

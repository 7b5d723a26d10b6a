import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LogicalCluster } from '../../contract.js'
import type { MemberController, Work } from '../contract.js'
import type { Node, Pod } from '../engine/objects.js'
import { notReadyTaint, type Taint, unreachableTaint, unschedulableTaint } from '../scheduler/spec.js'
import { graceMs, isDown } from './chaos-state.js'
import type { PodsByNode } from './pods-by-node.js'
import { isSimulated, type NodeCondition } from './simulated-node.js'

const zonesKey = 'zones/'
const monitored = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']
/** A node whose kubelet has never said anything is waited for a little longer. */
const startupGraceMs = 60_000

/**
 * Notices nodes whose kubelet has gone silent, calls them Unknown, taints nodes by their conditions and marks the pods on
 * lost ones as not ready. NoExecute taints wait while so many nodes are lost that the fault is likely elsewhere.
 */
export function createNodeLifecycle(pods: PodsByNode): MemberController {
  /** Since when a node of ours is down, by cluster and name. */
  const downSince = new Map<string, number>()
  return {
    name: 'node-controller',
    watches: {
      pods: (change) => pods.hear(change),
      nodes({ cluster, type, object, previous }, queue) {
        const { name } = object.metadata
        if (type === 'DELETED') {
          downSince.delete(`${cluster} ${name}`)
          queue.addSoon(zonesKey)
          return
        }
        queue.add(name)
        if (readyStatus(object) !== (previous && readyStatus(previous))) queue.addSoon(zonesKey)
      },
    },
    async reconcile(work) {
      if (work.key === zonesKey) {
        const nodes = [...(work.cluster.peekAll('nodes') as Iterable<Node>)].filter((node) => readyStatus(node) !== 'True')
        for (const node of nodes) await taint(work, node)
        return undefined
      }
      const node = work.cluster.peek('nodes', work.key) as Node | undefined
      if (node === undefined) return undefined
      const silence = silentSince(work, node, downSince)
      const grace = silence?.grace ?? 0
      const left = silence === undefined ? undefined : silence.since + grace - work.now()
      const seen = left !== undefined && left <= 0 ? await markUnknown(work, node) : node
      await taint(work, seen)
      if (readyStatus(seen) !== 'True') await markPods(work, pods.on(work.cluster.name, work.key))
      if (left !== undefined && left > 0) return left
      return undefined
    },
    forget(cluster) {
      pods.forget(cluster)
      for (const key of downSince.keys()) if (key.startsWith(`${cluster} `)) downSince.delete(key)
    },
  }
}

export function readyStatus(node: KubeObject): string | undefined {
  return conditionsOf(node).find(({ type }) => type === 'Ready')?.status
}

function conditionsOf(node: KubeObject): readonly NodeCondition[] {
  return (node['status'] as { conditions?: NodeCondition[] } | undefined)?.conditions ?? []
}

/** The last sign of life, and how long its absence is put up with. Undefined for simulated nodes that are up. */
function silentSince(work: Work, node: Node, downSince: Map<string, number>): { since: number; grace: number } | undefined {
  const { name, creationTimestamp } = node.metadata
  const id = `${work.cluster.name} ${name}`
  if (isSimulated(node)) {
    if (!isDown(node)) {
      downSince.delete(id)
      return undefined
    }
    const since = downSince.get(id) ?? work.now()
    downSince.set(id, since)
    return { since, grace: graceMs(node) }
  }
  const lease = work.cluster.peek('leases.coordination.k8s.io', `kube-node-lease/${name}`)
  const renewed = (lease?.['spec'] as { renewTime?: string } | undefined)?.renewTime
  const beat = conditionsOf(node).find(({ type }) => type === 'Ready')?.lastHeartbeatTime
  const last = Math.max(Date.parse(renewed ?? '') || 0, Date.parse(beat ?? '') || 0)
  if (last > 0) return { since: last, grace: graceMs(node) }
  return { since: Date.parse(creationTimestamp ?? '') || work.now(), grace: startupGraceMs }
}

async function markUnknown(work: Work, node: Node): Promise<Node> {
  const before = conditionsOf(node)
  const nowText = work.nowText()
  const conditions = before.map((condition) =>
    !monitored.includes(condition.type) || condition.status === 'Unknown'
      ? condition
      : {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: nowText,
        },
  )
  for (const type of monitored) {
    if (conditions.some((condition) => condition.type === type)) continue
    conditions.push({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp ?? nowText,
      lastTransitionTime: nowText,
    })
  }
  if (equalJson(before, conditions)) return node
  const written = await work.write.status(node, {
    ...node,
    status: { ...node.status, conditions } as NonNullable<Node['status']>,
  })
  if (readyStatus(node) === 'True') {
    const { name } = node.metadata
    void work.write.record(node, { reason: 'NodeNotReady', message: `Node ${name} status is now: NodeNotReady` }, nowText)
  }
  return written
}

const byCondition: readonly { type: string; status: string; key: string }[] = [
  { type: 'Ready', status: 'False', key: notReadyTaint },
  { type: 'Ready', status: 'Unknown', key: unreachableTaint },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
]

/** Keeps the taints that conditions and cordons stand for; others are left alone. */
async function taint(work: Work, node: Node): Promise<void> {
  const present: readonly Taint[] = node.spec?.taints ?? []
  const conditions = conditionsOf(node)
  const wanted: Taint[] = byCondition
    .filter(({ type, status }) => conditions.some((condition) => condition.type === type && condition.status === status))
    .map(({ key }) => ({ key, effect: 'NoSchedule' }))
  const ready = readyStatus(node)
  // Its kubelet is about to speak; until then the scheduler takes it for tainted anyway.
  if (ready === undefined && isSimulated(node) && !isDown(node)) return
  if (ready === undefined) wanted.push({ key: notReadyTaint, effect: 'NoSchedule' })
  if (node.spec?.unschedulable) wanted.push({ key: unschedulableTaint, effect: 'NoSchedule' })
  if (ready !== 'True' && ready !== undefined && mayEvict(work.cluster, node)) {
    wanted.push({ key: ready === 'False' ? notReadyTaint : unreachableTaint, effect: 'NoExecute' })
  }
  const owned = ({ key, effect }: Taint) =>
    (effect === 'NoSchedule' && (key === unschedulableTaint || byCondition.some((each) => each.key === key))) ||
    (effect === 'NoExecute' && (key === notReadyTaint || key === unreachableTaint))
  const same = (a: Taint) => (b: Taint) => a.key === b.key && a.effect === b.effect
  const kept = present.filter((each) => !owned(each) || wanted.some(same(each)))
  const added = wanted.filter((each) => !present.some(same(each))).map((each) => ({ ...each, timeAdded: work.nowText() }))
  if (added.length === 0 && kept.length === present.length) return
  const spec = { ...node.spec, taints: [...kept, ...added] }
  if (spec.taints.length === 0) delete (spec as { taints?: unknown }).taints
  await work.write.update({ ...node, spec })
}

/** Nodes lost in a zone from which on it counts as disrupted, and the size up to which a cluster then evicts nothing. */
const disrupted = { share: 0.55, atLeast: 3, smallCluster: 50 }

/** Not when all nodes are lost, nor in a small cluster when most of a zone is. */
function mayEvict(cluster: LogicalCluster, node: Node): boolean {
  const zones = new Map<string, { ready: number; lost: number }>()
  let total = 0
  for (const each of cluster.peekAll('nodes')) {
    total++
    const zone = zones.get(zoneOf(each)) ?? { ready: 0, lost: 0 }
    zones.set(zoneOf(each), zone)
    if (readyStatus(each) === 'True') zone.ready++
    else zone.lost++
  }
  if ([...zones.values()].every(({ ready }) => ready === 0)) return false
  const { ready, lost } = zones.get(zoneOf(node)) ?? { ready: 0, lost: 0 }
  if (ready === 0) return true
  return !(lost >= disrupted.atLeast && lost / (ready + lost) >= disrupted.share && total <= disrupted.smallCluster)
}

function zoneOf({ metadata }: KubeObject): string {
  const labels = metadata.labels ?? {}
  return `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`
}

/** Nobody knows how the pods of a lost node are: Services stop sending to them. */
async function markPods(work: Work, keys: readonly string[]): Promise<void> {
  await Promise.all(
    keys.map(async (key) => {
      const pod = work.cluster.peek('pods', key) as Pod | undefined
      const ready = pod?.status?.conditions?.find(({ type }) => type === 'Ready')
      if (pod === undefined || ready?.status !== 'True') return
      const nowText = work.nowText()
      const conditions = (pod.status?.conditions ?? []).map((condition) =>
        condition === ready ? { ...condition, status: 'False', lastTransitionTime: nowText } : condition,
      )
      await work.write.status(pod, { ...pod, status: { ...pod.status, conditions } })
      await work.write.warn(pod, 'NodeNotReady', 'Node is not ready', nowText)
    }),
  )
}

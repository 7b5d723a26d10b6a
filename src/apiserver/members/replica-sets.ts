import { equalJson } from '../../base/json.js'
import { controllerOf } from '../../kube/object/owner.js'
import { fromLabelSelector, matchesLabels } from '../../kube/object/selector.js'
import type { ClusterChange, LogicalCluster } from '../contract.js'
import type { ClusterQueue, MemberController, Work } from './contract.js'
import type { Pod, ReplicaSet } from './objects.js'
import type { PodMaker } from './placement.js'
import { availableAt, isActive, isReady, podFromTemplate, podsOf } from './pods.js'

/** Keeps as many pods of a template as asked for: for ReplicaSets and, with the same rules, ReplicationControllers. */
export function createReplicaSets(pods: PodMaker, kind: 'ReplicaSet' | 'ReplicationController'): MemberController {
  const resource = kind === 'ReplicaSet' ? 'replicasets.apps' : 'replicationcontrollers'
  return {
    name: kind === 'ReplicaSet' ? 'replicaset-controller' : 'replication-controller',
    manager: 'kube-controller-manager',
    watches: {
      [resource]: (change, queue) => queue.add(keyIn(change)),
      pods: ownerOfKind(kind),
    },
    reconcile: (work) => reconcileReplicas(work, pods, resource),
  }
}

/** `namespace/name` of the changed object. */
export function keyIn({ object }: ClusterChange): string {
  return object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name
}

/** Changes of what a controller of this kind controls concern it, soon. */
export function ownerOfKind(kind: string): (change: ClusterChange, queue: ClusterQueue) => void {
  return ({ object, previous }, queue) => {
    for (const state of previous === undefined ? [object] : [object, previous]) {
      const owner = controllerOf(state)
      if (owner?.kind === kind) queue.addSoon(`${state.metadata.namespace}/${owner.name}`)
    }
  }
}

/** Pods made or deleted at once, before a look at what came of it. */
const mostAtOnce = 500

async function reconcileReplicas(work: Work, pods: PodMaker, resource: string): Promise<number | undefined> {
  const { cluster, write } = work
  const found = cluster.peek(resource, work.key) as ReplicaSet | undefined
  if (found === undefined) return undefined
  const set = withSelector(found)
  const wanted = set.spec.replicas ?? 1
  let active = podsOf(cluster, set).filter(isActive)
  if (set.metadata.deletionTimestamp === undefined) {
    active = [...active, ...(await adopt(work, set))]
    if (active.length < wanted) {
      const missing = Math.min(wanted - active.length, mostAtOnce)
      await Promise.all(Array.from({ length: missing }, () => pods.create(work, podFromTemplate(set, set.spec.template))))
    } else if (active.length > wanted) {
      const surplus = rankForDeletion(active).slice(0, Math.min(active.length - wanted, mostAtOnce))
      await Promise.all(surplus.map((pod) => write.delete(pod)))
    }
    active = podsOf(cluster, set).filter(isActive)
  }
  return updateStatus(work, resource, active)
}

/** ReplicationControllers have a plain map for a selector. */
function withSelector(set: ReplicaSet): ReplicaSet {
  if (set.kind !== 'ReplicationController') return set
  return { ...set, spec: { ...set.spec, selector: { matchLabels: set.spec.selector as Record<string, string> } } }
}

/** Takes pods that match and that nobody controls. */
async function adopt({ cluster, write }: Work, set: ReplicaSet): Promise<Pod[]> {
  const selector = fromLabelSelector(set.spec.selector, { validate: false })
  const adopted: Promise<Pod>[] = []
  for (const pod of cluster.peekAll('pods', set.metadata.namespace) as Iterable<Pod>) {
    if (controllerOf(pod) !== undefined || !isActive(pod) || !matchesLabels(selector, pod.metadata.labels)) continue
    const reference = podFromTemplate(set, set.spec.template).metadata.ownerReferences ?? []
    adopted.push(
      write.update({
        ...pod,
        metadata: { ...pod.metadata, ownerReferences: [...(pod.metadata.ownerReferences ?? []), ...reference] },
      }),
    )
  }
  return Promise.all(adopted)
}

/** Whom to delete first: without a node, pending, not ready, cheaper to lose, younger. */
function rankForDeletion(pods: readonly Pod[]): Pod[] {
  const cost = (pod: Pod) => Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0)
  const rank = (pod: Pod) => [
    pod.spec.nodeName ? 1 : 0,
    pod.status?.phase === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    cost(pod),
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ]
  return [...pods].sort((a, b) => {
    const left = rank(a)
    const right = rank(b)
    for (let index = 0; index < left.length; index++) {
      const order = (left[index] as number) - (right[index] as number)
      if (order !== 0) return order
    }
    return a.metadata.name < b.metadata.name ? -1 : 1
  })
}

async function updateStatus(work: Work, resource: string, active: readonly Pod[]): Promise<number | undefined> {
  const set = work.cluster.peek(resource, work.key) as ReplicaSet | undefined
  if (set === undefined) return undefined
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const { ready, available, nextAt } = countReady(active, minReadySeconds, work.now())
  const labels = set.spec.template.metadata?.labels ?? {}
  const labelled = active.filter((pod) =>
    Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value),
  ).length
  const status = {
    replicas: active.length,
    ...(labelled > 0 ? { fullyLabeledReplicas: labelled } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    observedGeneration: set.metadata.generation ?? 1,
  }
  if (!isWorthWriting(set, active)) return undefined
  if (!equalJson(set.status, status)) await work.write.status(set, { ...set, status })
  return nextAt === undefined ? undefined : Math.max(nextAt - work.now(), 50)
}

/** Pods that were just made become ready in a moment: their number alone is not worth a write of its own. */
function isWorthWriting(set: ReplicaSet, active: readonly Pod[]): boolean {
  if (set.status?.observedGeneration !== undefined && set.status.observedGeneration === set.metadata.generation) return true
  return active.length === 0 || active.some((pod) => pod.status?.conditions !== undefined)
}

export function countReady(
  pods: readonly Pod[],
  minReadySeconds: number,
  now: number,
): { ready: number; available: number; nextAt: number | undefined } {
  let ready = 0
  let available = 0
  let nextAt: number | undefined
  for (const pod of pods) {
    if (!isReady(pod)) continue
    ready++
    const at = availableAt(pod, minReadySeconds) ?? Number.POSITIVE_INFINITY
    if (at <= now) available++
    else nextAt = Math.min(nextAt ?? at, at)
  }
  return { ready, available, nextAt }
}

/** The object with this key, typed by the caller. */
export function peekKey<T>(cluster: LogicalCluster, resource: string, key: string): T | undefined {
  return cluster.peek(resource, key) as T | undefined
}

import { messageOf } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import type { Condition } from '../../../kube/object/kube-object.js'
import { controllerOf } from '../../../kube/object/owner.js'
import { hasReason } from '../../../kube/object/status-error.js'
import type { ClusterChange } from '../../contract.js'
import type { ClusterQueue, MemberController, Work } from '../contract.js'
import type { Pod, ReplicaSet } from '../engine/objects.js'
import { type PeekAll, PodClaims } from './claim-pods.js'
import { availableAt, isActive, isReady, podFromTemplate, podsOf } from './pods.js'
import { createPod, deletePod } from './recorded-pods.js'

/** Keeps as many pods of a template as asked for: for ReplicaSets and, with the same rules, ReplicationControllers. */
export function createReplicaSets(peekAll: PeekAll, kind: 'ReplicaSet' | 'ReplicationController'): MemberController {
  const resource = kind === 'ReplicaSet' ? 'replicasets.apps' : 'replicationcontrollers'
  const claims = new PodClaims({
    resource,
    peekAll,
    selectorOf: (set) => withSelector(set as ReplicaSet).spec.selector,
    activeOnly: true,
  })
  const ownerOf = ownerOfKind(kind)
  return {
    name: controllerName(kind),
    manager: 'kube-controller-manager',
    watches: {
      [resource]: (change, queue) => queue.add(keyIn(change)),
      pods(change, queue) {
        claims.hear(change, queue)
        ownerOf(change, queue)
      },
    },
    reconcile: (work) => reconcileReplicas(work, claims, { resource, component: controllerName(kind) }),
    forget: (cluster) => claims.forget(cluster),
  }
}

function controllerName(kind: string): string {
  return kind === 'ReplicaSet' ? 'replicaset-controller' : 'replication-controller'
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

interface Sort {
  readonly resource: string
  readonly component: string
}

async function reconcileReplicas(work: Work, claims: PodClaims, { resource, component }: Sort): Promise<number | undefined> {
  const { cluster } = work
  let failure: unknown
  const found = cluster.peek(resource, work.key) as ReplicaSet | undefined
  if (found === undefined) return undefined
  const set = withSelector(found)
  const wanted = set.spec.replicas ?? 1
  await claims.settle(work, found)
  let active = podsOf(work, set).filter(isActive)
  if (set.metadata.deletionTimestamp === undefined) {
    if (active.length < wanted) {
      // What failed before is tried with one pod first.
      const atOnce = set.status?.conditions?.some(({ type }) => type === 'ReplicaFailure') ? 1 : mostAtOnce
      const missing = Math.min(wanted - active.length, atOnce)
      const make = () => createPod(work, found, podFromTemplate(set, set.spec.template), component)
      const results = await Promise.allSettled(Array.from({ length: missing }, make))
      failure = results.find((result) => result.status === 'rejected')?.reason
    } else if (active.length > wanted) {
      const surplus = rankForDeletion(active).slice(0, Math.min(active.length - wanted, mostAtOnce))
      await Promise.all(surplus.map((pod) => deletePod(work, found, pod, component)))
    }
    active = podsOf(work, set).filter(isActive)
  }
  const again = await updateStatus(work, resource, active, failure)
  if (failure !== undefined) throw failure
  return again
}

/** ReplicationControllers have a plain map for a selector. */
function withSelector(set: ReplicaSet): ReplicaSet {
  if (set.kind !== 'ReplicationController') return set
  return { ...set, spec: { ...set.spec, selector: { matchLabels: set.spec.selector as Record<string, string> } } }
}

/** Whom to delete first: without a node, pending, not ready, cheaper to lose, younger. */
export function rankForDeletion(pods: readonly Pod[]): Pod[] {
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

async function updateStatus(work: Work, resource: string, active: readonly Pod[], failure: unknown): Promise<number | undefined> {
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
    ...failureCondition(set, failure, work.nowText()),
  }
  if (failure === undefined && !isWorthWriting(set, active)) return undefined
  if (!equalJson(set.status, status)) await work.write.status(set, { ...set, status })
  return nextAt === undefined ? undefined : Math.max(nextAt - work.now(), 50)
}

/** Why there are fewer pods than asked for, as long as it is so. Other conditions stay. */
function failureCondition(set: ReplicaSet, failure: unknown, nowText: string): { conditions?: Condition[] } {
  const present = set.status?.conditions ?? []
  const known = present.find(({ type }) => type === 'ReplicaFailure')
  const others = present.filter((condition) => condition !== known)
  const refused = hasReason(failure, 'Forbidden') || hasReason(failure, 'Invalid')
  const condition: Condition | undefined = !refused
    ? undefined
    : (known ?? {
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: nowText,
        reason: 'FailedCreate',
        message: messageOf(failure),
      })
  const conditions = condition === undefined ? others : [...others, condition]
  return conditions.length > 0 ? { conditions } : {}
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

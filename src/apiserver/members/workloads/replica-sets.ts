import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { controllerOf } from '../../../kube/object/owner.js'
import { fromLabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import type { ClusterChange } from '../../contract.js'
import type { ClusterQueue, MemberController, Work } from '../contract.js'
import type { Pod, ReplicaSet } from '../engine/objects.js'
import { availableAt, isActive, isReady, podFromTemplate, podsOf } from './pods.js'

/** Keeps as many pods of a template as asked for: for ReplicaSets and, with the same rules, ReplicationControllers. */
export function createReplicaSets(
  peekAll: (cluster: string, resource: string, namespace: string) => Iterable<KubeObject>,
  kind: 'ReplicaSet' | 'ReplicationController',
): MemberController {
  const resource = kind === 'ReplicaSet' ? 'replicasets.apps' : 'replicationcontrollers'
  const orphans = new Orphans()
  const ownerOf = ownerOfKind(kind)
  return {
    name: kind === 'ReplicaSet' ? 'replicaset-controller' : 'replication-controller',
    manager: 'kube-controller-manager',
    watches: {
      [resource]: (change, queue) => queue.add(keyIn(change)),
      pods(change, queue) {
        orphans.hear(change)
        ownerOf(change, queue)
        if (change.type === 'DELETED' || controllerOf(change.object) !== undefined) return
        for (const set of peekAll(change.cluster, resource, change.object.metadata.namespace ?? '') as Iterable<ReplicaSet>) {
          const selector = fromLabelSelector(withSelector(set).spec.selector, { validate: false })
          if (matchesLabels(selector, change.object.metadata.labels))
            queue.addSoon(`${set.metadata.namespace}/${set.metadata.name}`)
        }
      },
    },
    reconcile: (work) => reconcileReplicas(work, orphans, resource),
    forget: (cluster) => orphans.forget(cluster),
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

async function reconcileReplicas(work: Work, orphans: Orphans, resource: string): Promise<number | undefined> {
  const { cluster, write } = work
  const found = cluster.peek(resource, work.key) as ReplicaSet | undefined
  if (found === undefined) return undefined
  const set = withSelector(found)
  const wanted = set.spec.replicas ?? 1
  let active = podsOf(work, set).filter(isActive)
  if (set.metadata.deletionTimestamp === undefined) {
    active = [...active, ...(await adopt(work, set, orphans))]
    if (active.length < wanted) {
      const missing = Math.min(wanted - active.length, mostAtOnce)
      await Promise.all(Array.from({ length: missing }, () => write.create(podFromTemplate(set, set.spec.template))))
    } else if (active.length > wanted) {
      const surplus = rankForDeletion(active).slice(0, Math.min(active.length - wanted, mostAtOnce))
      await Promise.all(surplus.map((pod) => write.delete(pod)))
    }
    active = podsOf(work, set).filter(isActive)
  }
  return updateStatus(work, resource, active)
}

/** ReplicationControllers have a plain map for a selector. */
function withSelector(set: ReplicaSet): ReplicaSet {
  if (set.kind !== 'ReplicationController') return set
  return { ...set, spec: { ...set.spec, selector: { matchLabels: set.spec.selector as Record<string, string> } } }
}

/** Takes pods that match and that nobody controls. */
async function adopt({ cluster, write }: Work, set: ReplicaSet, orphans: Orphans): Promise<Pod[]> {
  const selector = fromLabelSelector(set.spec.selector, { validate: false })
  const adopted: Promise<Pod>[] = []
  for (const key of orphans.in(cluster.name, set.metadata.namespace ?? '')) {
    const pod = cluster.peek('pods', key) as Pod | undefined
    if (pod === undefined || controllerOf(pod) !== undefined || !isActive(pod)) continue
    if (!matchesLabels(selector, pod.metadata.labels)) continue
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

/** Pods that nobody controls, by cluster: few as a rule. */
class Orphans {
  readonly #clusters = new Map<string, Set<string>>()

  hear(change: ClusterChange): void {
    const key = keyIn(change)
    if (change.type === 'DELETED' || controllerOf(change.object) !== undefined) this.#clusters.get(change.cluster)?.delete(key)
    else {
      const keys = this.#clusters.get(change.cluster)
      if (keys === undefined) this.#clusters.set(change.cluster, new Set([key]))
      else keys.add(key)
    }
  }

  *in(cluster: string, namespace: string): Generator<string> {
    for (const key of [...(this.#clusters.get(cluster) ?? [])]) if (key.startsWith(`${namespace}/`)) yield key
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
  }
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

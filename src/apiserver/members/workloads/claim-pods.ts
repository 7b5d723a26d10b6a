import type { KubeObject } from '../../../kube/object/kube-object.js'
import { controllerOf, controllerReferenceTo } from '../../../kube/object/owner.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'
import type { ClusterChange } from '../../contract.js'
import type { ClusterQueue, Work } from '../contract.js'
import type { Pod } from '../engine/objects.js'
import { isActive, isTerminating, podsOf } from './pods.js'

export type PeekAll = (cluster: string, resource: string, namespace?: string) => Iterable<KubeObject>

export interface ClaimRules {
  /** Of the owners: `replicasets.apps`. */
  readonly resource: string
  readonly peekAll: PeekAll
  readonly selectorOf: (owner: KubeObject) => LabelSelectorSpec | undefined
  /** What more than labels makes a pod one of the owner's. */
  readonly fits?: (owner: KubeObject, pod: Pod) => boolean
  /** Pods that have ended are left as they are. */
  readonly activeOnly?: boolean
  /** What a pod gets beside its owner when it is adopted. */
  readonly adopted?: (pod: Pod) => Pod
}

/**
 * Whose pods are whose, by their labels: a controller adopts pods that match its selector and that nobody controls, and lets
 * those of its own go that do not match any more.
 */
export class PodClaims {
  readonly #rules: ClaimRules
  /** Pods that nobody controls, by cluster: few as a rule. */
  readonly #orphans = new Map<string, Set<string>>()

  constructor(rules: ClaimRules) {
    this.#rules = rules
  }

  /** Owners in whose favour a pod without a controller speaks have to look. */
  hear({ cluster, type, object }: ClusterChange, queue: ClusterQueue): void {
    const { namespace = '', name } = object.metadata
    const key = `${namespace}/${name}`
    if (type === 'DELETED' || controllerOf(object) !== undefined) {
      this.#orphans.get(cluster)?.delete(key)
      return
    }
    const keys = this.#orphans.get(cluster)
    if (keys === undefined) this.#orphans.set(cluster, new Set([key]))
    else keys.add(key)
    for (const owner of this.#rules.peekAll(cluster, this.#rules.resource, namespace)) {
      if (this.#matcher(owner)(object as Pod)) queue.addSoon(`${namespace}/${owner.metadata.name}`)
    }
  }

  /** Adopts and lets go. An owner that is being deleted does neither. */
  async settle(work: Work, owner: KubeObject): Promise<void> {
    if (isTerminating(owner)) return
    const { activeOnly = false, adopted = (pod: Pod) => pod } = this.#rules
    const matches = this.#matcher(owner)
    const writes: Promise<unknown>[] = []
    for (const pod of podsOf(work, owner)) {
      if ((activeOnly && !isActive(pod)) || matches(pod)) continue
      const others = pod.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? []
      const { ownerReferences: _, ...metadata } = pod.metadata
      const freed = others.length > 0 ? { ...metadata, ownerReferences: others } : metadata
      writes.push(work.write.update({ ...pod, metadata: freed }))
    }
    for (const key of this.#orphansIn(work.cluster.name, owner.metadata.namespace ?? '')) {
      const pod = work.cluster.peek('pods', key) as Pod | undefined
      if (pod === undefined || controllerOf(pod) !== undefined || isTerminating(pod)) continue
      if ((activeOnly && !isActive(pod)) || !matches(pod)) continue
      const ownerReferences = [...(pod.metadata.ownerReferences ?? []), controllerReferenceTo(owner)]
      writes.push(work.write.update(adopted({ ...pod, metadata: { ...pod.metadata, ownerReferences } })))
    }
    if (writes.length > 0) await Promise.all(writes)
  }

  forget(cluster: string): void {
    this.#orphans.delete(cluster)
  }

  #orphansIn(cluster: string, namespace: string): string[] {
    const keys = this.#orphans.get(cluster)
    return keys === undefined || keys.size === 0 ? [] : [...keys].filter((key) => key.startsWith(`${namespace}/`))
  }

  #matcher(owner: KubeObject): (pod: Pod) => boolean {
    const { selectorOf, fits } = this.#rules
    const wanted = selectorOf(owner)
    if (wanted === undefined) return () => false
    const selector = fromLabelSelector(wanted, { validate: false })
    return (pod) => matchesLabels(selector, pod.metadata.labels) && (fits === undefined || fits(owner, pod))
  }
}

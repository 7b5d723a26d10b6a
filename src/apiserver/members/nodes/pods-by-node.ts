import type { ClusterChange } from '../../contract.js'
import type { Pod } from '../engine/objects.js'

/** The keys of the pods that are bound to each node, in every cluster. */
export class PodsByNode {
  readonly #clusters = new Map<string, Map<string, Set<string>>>()

  hear({ cluster, type, object, previous }: ClusterChange): void {
    const pod = object as Pod
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`
    const before = (previous as Pod | undefined)?.spec.nodeName
    const after = type === 'DELETED' ? undefined : pod.spec.nodeName
    if (before !== undefined && before !== after) this.#remove(cluster, before, key)
    if (type === 'DELETED' && pod.spec.nodeName) this.#remove(cluster, pod.spec.nodeName, key)
    if (!after || (before === after && previous !== undefined)) return
    let nodes = this.#clusters.get(cluster)
    if (nodes === undefined) this.#clusters.set(cluster, (nodes = new Map()))
    const keys = nodes.get(after)
    if (keys === undefined) nodes.set(after, new Set([key]))
    else keys.add(key)
  }

  on(cluster: string, node: string): readonly string[] {
    return [...(this.#clusters.get(cluster)?.get(node) ?? [])]
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
  }

  #remove(cluster: string, node: string, key: string): void {
    const nodes = this.#clusters.get(cluster)
    const keys = nodes?.get(node)
    if (keys?.delete(key) && keys.size === 0) nodes?.delete(node)
  }
}

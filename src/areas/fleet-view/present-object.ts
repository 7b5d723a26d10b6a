import { isObject } from '../../base/json.js'
import { clusterLabel, clusterNameAnnotation, nameInView } from './cluster-key.js'

/** A cluster as objects of the view tell it. */
export interface ViewCluster {
  readonly key: string
  readonly name: string
}

/**
 * Where objects carry the mark of their cluster. Clients look for what they get under the names by which they asked: who asks
 * for `web`, or in the namespace `shop@us-east`, gets `web`, or objects of `shop@us-east`; everywhere else names are marked.
 */
export interface Naming {
  readonly name: 'marked' | 'plain'
  readonly namespace: 'marked' | 'plain'
}

/**
 * Makes an object of a cluster one of the view, in place: its label says which cluster it is of, and its names as `naming` has
 * it. A label of the object's own by that name is covered.
 */
export function presentObject(object: unknown, cluster: ViewCluster, naming: Naming): void {
  if (!isObject(object) || !isObject(object['metadata'])) return
  const { metadata } = object
  for (const field of ['name', 'namespace'] as const) {
    const own = metadata[field]
    if (naming[field] === 'marked' && typeof own === 'string' && own !== '') metadata[field] = nameInView(own, cluster.key)
  }
  metadata['labels'] = { ...(isObject(metadata['labels']) ? metadata['labels'] : {}), [clusterLabel]: cluster.key }
  if (cluster.name === cluster.key) return
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {}
  metadata['annotations'] = { ...annotations, [clusterNameAnnotation]: cluster.name }
}

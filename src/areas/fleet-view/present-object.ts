import { isObject } from '../../base/json.js'
import { clusterLabel, clusterNameAnnotation, nameInView } from './cluster-key.js'

/** A cluster as objects of the view tell it. */
export interface ViewCluster {
  readonly key: string
  readonly name: string
}

/**
 * Makes an object of a cluster one of the view, in place: its label says which cluster it is of, and its name too unless `name`
 * is given (who asks for one object by a name gets it under that name). A label of the object's own by that name is covered.
 */
export function presentObject(object: unknown, cluster: ViewCluster, name?: string): void {
  if (!isObject(object) || !isObject(object['metadata'])) return
  const { metadata } = object
  const own = metadata['name']
  if (typeof own === 'string' && own !== '') metadata['name'] = name ?? nameInView(own, cluster.key)
  metadata['labels'] = { ...(isObject(metadata['labels']) ? metadata['labels'] : {}), [clusterLabel]: cluster.key }
  if (cluster.name === cluster.key) return
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {}
  metadata['annotations'] = { ...annotations, [clusterNameAnnotation]: cluster.name }
}

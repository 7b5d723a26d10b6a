import type { KubeDocument } from '../model/document.js'

/**
 * What is applied together with an object, as far as files tell: what a kustomization or a chart makes, or the files of one
 * folder. Of a running cluster it is the cluster.
 */
export function applicationOf(object: KubeDocument): string {
  if (object.written === undefined) return `cluster ${object.cluster ?? ''}`
  const { source } = object
  if (object.rendered) {
    const templates = source.lastIndexOf('/templates/')
    const chart = templates === -1 ? source : source.slice(0, templates)
    return object.install === undefined ? chart : `${chart} ${object.install}`
  }
  return source.slice(0, source.lastIndexOf('/') + 1)
}

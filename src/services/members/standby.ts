import type { EndpointSlice } from '../model/kube-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'

/** What takes a slice out of balancing, or out of the answers for a headless service; undefined when it is already. */
export function standby({ metadata, endpoints: found }: EndpointSlice): Record<string, unknown> | undefined {
  const { kubeServiceLabel, standbyLabel, priorityAnnotation, headlessLabel } = multiClusterNames
  const used = metadata.labels?.[kubeServiceLabel]
  if (used !== undefined) {
    const labels = { [kubeServiceLabel]: null, [standbyLabel]: used }
    return { metadata: { labels, annotations: { [priorityAnnotation]: '1' } } }
  }
  const endpoints = found ?? []
  if (metadata.labels?.[headlessLabel] === undefined || endpoints.every(({ conditions }) => conditions?.ready === false))
    return undefined
  return { endpoints: endpoints.map((each) => ({ ...each, conditions: { ...each.conditions, ready: false } })) }
}

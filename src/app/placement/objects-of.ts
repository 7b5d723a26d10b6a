import { messageOf } from '../../base/errors.js'
import { deliveryBuilder } from '../../delivery/placement/build-delivery.js'
import { formatYaml } from '../../formats/yaml/format-yaml.js'
import type { Explanation } from './explain-placement.js'

/** What each cluster would get, as YAML documents; each says its cluster in a comment. */
export function objectsOf(explanations: readonly Explanation[]): string {
  const documents: string[] = []
  for (const { decision, read, clusters, source } of explanations) {
    if (decision === undefined || read === undefined) continue
    const facts = new Map(clusters.map((cluster) => [cluster.name, cluster]))
    try {
      const build = deliveryBuilder(read.workload.object, read.policies.overrides, read.workload.revise, read.workload.alongside)
      for (const { cluster, replicas, share, held } of decision.deliveries) {
        const target = facts.get(cluster)
        if (target === undefined) continue
        const note = held === undefined ? '' : ` (held: ${held})`
        documents.push(`# cluster ${cluster}${note}\n${formatYaml(build(target, replicas, share))}`)
      }
    } catch (error) {
      documents.push(`# ${source}: ${messageOf(error).replaceAll('\n', ' ')}\n`)
    }
  }
  return documents.map((text) => `---\n${text}`).join('')
}

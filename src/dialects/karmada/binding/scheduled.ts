import { compareText } from '../../../base/compare-text.js'
import type { ClusterVerdict, PlacementDecision } from '../../../delivery/placement/contract.js'
import type { ConditionInput } from '../../../kube/object/condition.js'

/** Upstream's words for what kept a cluster out, by the engine's filter. */
const fitReasons: Readonly<Record<string, string | undefined>> = {
  __proto__: null as never,
  names: 'cluster(s) did not match the placement cluster affinity constraint',
  labels: 'cluster(s) did not match the placement cluster affinity constraint',
  fields: 'cluster(s) did not match the placement cluster affinity constraint',
  apis: 'cluster(s) did not have the API resource',
  eviction: 'cluster(s) is in the process of eviction',
}

/** The condition Scheduled of a binding. */
export function scheduledCondition(decision: PlacementDecision): ConditionInput {
  const { outcome, clusters, reasons } = decision
  const condition = (status: 'True' | 'False', reason: string, message: string): ConditionInput => ({
    type: 'Scheduled',
    status,
    reason,
    message: message.slice(0, 32_768),
  })
  if (outcome === 'placed') return condition('True', 'Success', 'Binding has been scheduled successfully.')
  if (outcome === 'partly placed')
    return condition(
      'False',
      'Unschedulable',
      `${decision.replicas.unplaced} of ${decision.replicas.asked ?? 0} replicas have no cluster: ${reasons.at(-1) ?? ''}`,
    )
  if (clusters.every((cluster) => cluster.filters.some(({ passes }) => !passes)))
    return condition('False', 'NoClusterFit', noFit(clusters))
  const why = reasons.at(-1) ?? ''
  return condition('False', /replicas|room/.test(why) ? 'Unschedulable' : 'SchedulerError', why)
}

function noFit(clusters: readonly ClusterVerdict[]): string {
  if (clusters.length === 0) return '0/0 clusters are available: no cluster exists.'
  const counts = new Map<string, number>()
  for (const { filters } of clusters) {
    const refusal = filters.find(({ passes }) => !passes)
    if (refusal === undefined) continue
    const reason = fitReasons[refusal.filter] ?? `cluster(s) ${wordsOf(refusal.filter, refusal.why)}`
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  const told = [...counts].map(([reason, count]) => `${count} ${reason}`).sort(compareText)
  return `0/${clusters.length} clusters are available: ${told.join(', ')}.`
}

function wordsOf(filter: string, why: string): string {
  if (filter === 'taints') return why.replace(/^has the taint (.*), which is not tolerated$/, 'had untolerated taint {$1}')
  return why
}

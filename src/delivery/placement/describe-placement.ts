import type { ClusterVerdict, Delivery, PlacementDecision } from './contract.js'

/** The decision as text for people: what, which policy and why, each step, each cluster. */
export function describePlacement(decision: PlacementDecision): string {
  const { asked, placed, unplaced, moved } = decision.replicas
  const lines = [`${decision.workload}: ${decision.outcome}`]
  if (asked !== undefined)
    lines.push(`Replicas: ${asked} asked, ${placed} placed${unplaced > 0 ? `, ${unplaced} without room` : ''}, ${moved} moved`)
  lines.push('Policies:')
  for (const { policy, verdict, why } of decision.policies) lines.push(`  ${policy}: ${verdict}; ${why}`)
  if (decision.policies.length === 0) lines.push('  none')
  if (decision.groups.length > 0) {
    lines.push('Groups:')
    for (const { group, chosen, why } of decision.groups) lines.push(`  ${chosen ? '*' : '-'} ${group}: ${why}`)
  }
  lines.push('Steps:')
  for (const reason of decision.reasons) lines.push(`  - ${reason}`)
  lines.push('Clusters:')
  const deliveries = new Map(decision.deliveries.map((delivery) => [delivery.cluster, delivery]))
  for (const verdict of decision.clusters) lines.push(...describeCluster(verdict, deliveries.get(verdict.cluster)))
  if (decision.removals.length > 0) lines.push(`Removed from: ${decision.removals.join(', ')}`)
  return `${lines.join('\n')}\n`
}

function describeCluster(verdict: ClusterVerdict, delivery: Delivery | undefined): string[] {
  const { cluster, selected, why, replicas, previous } = verdict
  const before = previous !== undefined && previous !== replicas ? ` (before: ${previous})` : ''
  const lines = [`  ${selected ? '+' : '-'} ${cluster}: ${why}${before}`]
  for (const { filter, passes, why: reason } of verdict.filters) lines.push(`      ${passes ? 'ok' : 'NO'} ${filter}: ${reason}`)
  for (const { term, points, why: reason } of verdict.scores) lines.push(`      ${points} ${term}: ${reason}`)
  if (delivery === undefined) return lines
  for (const name of delivery.overrides) lines.push(`      override ${name}`)
  if (delivery.held !== undefined) lines.push(`      held: ${delivery.held}`)
  return lines
}

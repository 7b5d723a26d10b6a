import { formatTime } from '../../base/clock.js'
import type { Federated, HubFacts, HubWrite, ObjectRef, Outcome, Refused } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { aggregateStatus } from './aggregate-status.js'
import { formatPlaced, movingAnnotation } from './placed-record.js'
import { placedAnnotation, placementStatusAnnotation } from './placement-kind.js'

const maxProblems = 5

/** How an object stands: the decision on record, a line in words, and its own status as the sum of its copies'. */
export function reportObject(
  ref: ObjectRef,
  source: KubeObject,
  read: Federated | Refused,
  outcome: Outcome | undefined,
  hub: HubFacts,
): readonly HubWrite[] {
  if (source.metadata.deletionTimestamp !== undefined) return []
  if ('problem' in read)
    return annotate(ref, source, { [placementStatusAnnotation]: `${read.problem.reason}: ${read.problem.message}` })
  if (outcome === undefined) return []
  const { decision } = outcome
  // A decision that failed changes nothing in any cluster: what is on record stays in force.
  const inForce = decision.deliveries.length > 0 || decision.removals.length > 0
  const writes: HubWrite[] = [
    ...annotate(ref, source, {
      ...(inForce ? { [placedAnnotation]: formatPlaced(decision) } : {}),
      [placementStatusAnnotation]: describeOutcome(read, outcome),
      [movingAnnotation]: outcome.evictions.length === 0 ? null : JSON.stringify(outcome.evictions),
    }),
  ]
  const status = aggregateStatus(source, outcome, formatTime(hub.nowMs))
  if (status !== undefined && Object.keys(status).length > 0) writes.push({ write: 'status', ref, patch: { status } })
  return writes
}

function annotate(ref: ObjectRef, source: KubeObject, wanted: Readonly<Record<string, string | null>>): HubWrite[] {
  const now = source.metadata.annotations ?? {}
  const annotations = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => (now[key] ?? null) !== value))
  if (Object.keys(annotations).length === 0) return []
  return [{ write: 'object', ref, patch: { metadata: { annotations } } }]
}

/** One line: how many clusters have it, and what is wrong where. */
export function describeOutcome(read: Federated, outcome: Outcome): string {
  const { decision, clusters } = outcome
  if (decision.deliveries.length === 0) {
    const last = decision.reasons[decision.reasons.length - 1] ?? 'no cluster is selected'
    return `${decision.outcome}: ${last}`
  }
  const wanted = clusters.filter((cluster) => cluster.wanted)
  const applied = wanted.filter(({ result }) => result?.state === 'Applied')
  const parts = [`applied in ${applied.length} of ${wanted.length} clusters`]
  if (decision.replicas.unplaced > 0) parts.push(`${decision.replicas.unplaced} replicas find no room`)
  const troubled = wanted.filter(({ result, held }) => held !== undefined || (result !== undefined && result.state !== 'Applied'))
  for (const { cluster, held, result } of troubled.slice(0, maxProblems)) {
    const why = held ?? `${result?.state}${result?.message ? `, ${result.message}` : ''}`
    parts.push(`${cluster}: ${why.slice(0, 160)}`)
  }
  if (troubled.length > maxProblems) parts.push(`${troubled.length - maxProblems} more clusters`)
  const leaving = clusters.filter((cluster) => !cluster.wanted && cluster.result?.state === 'Removing')
  if (leaving.length > 0) parts.push(`being removed from ${leaving.length}`)
  for (const { message } of read.warnings ?? []) parts.push(message)
  return parts.join('; ')
}

/** Whether every cluster that an object is wanted in has it, by the line that stands on it. */
export function isApplied(object: KubeObject): boolean {
  const [, applied, wanted] =
    /^applied in (\d+) of (\d+) clusters/.exec(object.metadata.annotations?.[placementStatusAnnotation] ?? '') ?? []
  return applied !== undefined && applied === wanted
}

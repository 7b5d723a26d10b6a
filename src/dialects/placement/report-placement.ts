import { formatTime } from '../../base/clock.js'
import type { Federated, HubFacts, HubWrite, ObjectRef, Outcome, Refused } from '../../delivery/federation/contract.js'
import { setCondition } from '../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import { dropSlices, publishDecision } from './decisions/publish-decision.js'
import type { PlacementObject, PlacementStatus } from './placement-kind.js'
import { isApplied } from './report-object.js'

/** The status of a Placement, and its PlacementDecisions: which clusters it selects, for whoever wants to know. */
export function reportPlacement(
  ref: ObjectRef,
  source: PlacementObject,
  objects: readonly KubeObject[],
  read: Federated | Refused,
  outcome: Outcome | undefined,
  hub: HubFacts,
): readonly HubWrite[] {
  if (source.metadata.deletionTimestamp !== undefined) return dropSlices(source, hub)
  const selected = outcome?.decision.clusters.filter((each) => each.selected) ?? []
  const applied = objects.filter(isApplied).length
  const condition = conditionOf(source, read, outcome, selected.length, objects.length, applied)
  const status: PlacementStatus = {
    ...(source.metadata.generation === undefined ? {} : { observedGeneration: source.metadata.generation }),
    ...(outcome === undefined ? {} : { clusters: selected.length }),
    objects: objects.length,
    applied,
    conditions: setCondition<Condition>(source.status?.conditions, condition, formatTime(hub.nowMs)),
  }
  const writes: HubWrite[] = [{ write: 'status', ref, patch: { status } }]
  // A decision that cannot be made says nothing: what was published stays.
  if (outcome === undefined || 'problem' in read) return writes
  const failed = selected.length === 0 && hub.clusters.length === 0
  const names = selected.map(({ cluster }) => cluster)
  return failed ? writes : [...writes, ...publishDecision(source, source.metadata.name, names, hub)]
}

function conditionOf(
  source: PlacementObject,
  read: Federated | Refused,
  outcome: Outcome | undefined,
  clusters: number,
  objects: number,
  applied: number,
): Omit<Condition, 'lastTransitionTime'> {
  const generation = source.metadata.generation === undefined ? {} : { observedGeneration: source.metadata.generation }
  const say = (status: Condition['status'], reason: string, message: string) => ({
    type: 'Ready',
    status,
    reason,
    message,
    ...generation,
  })
  if ('problem' in read) return say('False', read.problem.reason, read.problem.message)
  if (outcome === undefined) return say('Unknown', 'NotDecided', 'not decided yet')
  if (clusters === 0)
    return say('False', 'NoClusters', outcome.decision.reasons[outcome.decision.reasons.length - 1] ?? 'no cluster')
  if (source.spec?.suspend === true) return say('False', 'Suspended', 'spec.suspend is true: nothing is written to clusters')
  if (applied < objects)
    return say('False', 'NotApplied', `${objects - applied} of ${objects} objects are not applied everywhere yet`)
  return say('True', 'Applied', objects === 0 ? 'no object names it yet' : `${objects} objects are applied in their clusters`)
}

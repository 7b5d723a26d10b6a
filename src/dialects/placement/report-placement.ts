import { formatTime } from '../../base/clock.js'
import type { Federated, HubFacts, HubWrite, ObjectRef, Outcome, Refused } from '../../delivery/federation/contract.js'
import { setCondition } from '../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import { clusterProfileType, decisionIndexLabel, decisionKeyLabel, placementKeyLabel } from './follow-decision.js'
import type { PlacementObject, PlacementStatus } from './placement-kind.js'
import { isApplied } from './report-object.js'
import { placementDecisionType } from './resource-types.js'

/** Decisions in one PlacementDecision (KEP-5313). */
const sliceSize = 100
export const schedulerName = 'flotilla'

/** The status of a Placement, and its PlacementDecisions: which clusters it selects, for whoever wants to know. */
export function reportPlacement(
  ref: ObjectRef,
  source: PlacementObject,
  objects: readonly KubeObject[],
  read: Federated | Refused,
  outcome: Outcome | undefined,
  hub: HubFacts,
): readonly HubWrite[] {
  if (source.metadata.deletionTimestamp !== undefined) return dropSlices(source, hub, 0)
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
  return failed ? writes : [...writes, ...publish(source, selected, hub)]
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

function publish(
  source: PlacementObject,
  selected: readonly { readonly cluster: string; readonly why: string }[],
  hub: HubFacts,
): HubWrite[] {
  const profiles = profilesByCluster(hub)
  const decisions = selected.map(({ cluster }) => ({ clusterProfileRef: profiles.get(cluster) ?? { name: cluster } }))
  const namespace = source.metadata.namespace ?? ''
  const slices = Math.max(1, Math.ceil(decisions.length / sliceSize))
  const writes: HubWrite[] = []
  for (let index = 0; index < slices; index++) {
    const name = `${source.metadata.name}-${index}`
    writes.push({
      write: 'apply',
      ref: { type: placementDecisionType, namespace, name },
      object: {
        apiVersion: 'multicluster.x-k8s.io/v1alpha1',
        kind: 'PlacementDecision',
        metadata: {
          name,
          namespace,
          labels: {
            [decisionKeyLabel]: labelValue(source.metadata.name),
            [decisionIndexLabel]: String(index),
            [placementKeyLabel]: labelValue(source.metadata.name),
          },
          ...(source.metadata.uid === undefined
            ? {}
            : {
                ownerReferences: [
                  {
                    apiVersion: source.apiVersion,
                    kind: source.kind,
                    name: source.metadata.name,
                    uid: source.metadata.uid,
                    controller: true,
                  },
                ],
              }),
        },
        decisions: decisions.slice(index * sliceSize, (index + 1) * sliceSize),
        schedulerName,
      },
    })
  }
  return [...writes, ...dropSlices(source, hub, slices)]
}

/** Slices of ours that the decision has no more. */
function dropSlices(source: KubeObject, hub: HubFacts, from: number): HubWrite[] {
  const namespace = source.metadata.namespace ?? ''
  return hub.objects(placementDecisionType, { namespace }).flatMap((slice): HubWrite[] => {
    const ours = slice['schedulerName'] === schedulerName && slice.metadata.ownerReferences?.[0]?.name === source.metadata.name
    const index = Number(slice.metadata.labels?.[decisionIndexLabel])
    if (!ours || !(index >= from)) return []
    return [{ write: 'delete', ref: { type: placementDecisionType, namespace, name: slice.metadata.name } }]
  })
}

function profilesByCluster(hub: HubFacts): Map<string, { namespace: string; name: string }> {
  const profiles = new Map<string, { namespace: string; name: string }>()
  for (const profile of hub.objects(clusterProfileType)) {
    const { displayName } = (profile['spec'] ?? {}) as { displayName?: string }
    const { name, namespace = '' } = profile.metadata
    if (!profiles.has(displayName ?? name)) profiles.set(displayName ?? name, { namespace, name })
  }
  return profiles
}

/** Names of objects may be longer than values of labels. */
function labelValue(name: string): string {
  return name.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '')
}

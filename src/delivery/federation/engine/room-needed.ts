import { canonicalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type ReplicaNeeds, replicaNeeds } from '../../placement/capacity/replica-needs.js'
import { bindStrategy } from '../../placement/division/division-rules.js'
import { podSpecOf } from '../../placement/policy/dependencies.js'
import type { Federated } from '../contract.js'

export interface KeyedNeeds {
  readonly needs: ReplicaNeeds
  /** The same for the same needs. */
  readonly key: string
}

/**
 * What one replica needs, where the free room of clusters has a say in the decision; undefined where it has none, and clusters are not
 * to be asked for it.
 */
export function roomNeeded(read: Federated): KeyedNeeds | undefined {
  const { workload, failover, policies } = read
  if ((workload.replicas ?? 0) === 0) return undefined
  // What is moved shall find room where it goes.
  const mayMove = failover?.cluster?.silence !== undefined || failover?.application !== undefined
  const counts = ({ placement }: (typeof policies.placements)[number]) =>
    placement.needsRoom === true || bindStrategy(placement.division).strategy.heedsRoom
  return mayMove || policies.placements.some(counts) ? needsOf(read) : undefined
}

const known = new WeakMap<KubeObject, KeyedNeeds | undefined>()

/** What one replica needs; undefined where there are no pods. */
export function needsOf({ workload: { object } }: Federated): KeyedNeeds | undefined {
  if (!known.has(object)) {
    const pod = podSpecOf(object)
    const needs = pod && replicaNeeds(pod)
    known.set(object, needs && { needs, key: canonicalJson({ ...needs, requests: [...needs.requests].sort() }) })
  }
  return known.get(object)
}

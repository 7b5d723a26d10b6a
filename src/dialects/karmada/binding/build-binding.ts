import { formatTime } from '../../../base/clock.js'
import { equalJson } from '../../../base/json.js'
import type { Eviction, Outcome } from '../../../delivery/federation/contract.js'
import { setCondition } from '../../../kube/object/condition.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldAt, fieldsOf, objectsAt, textAt } from '../fields.js'
import type { Interpreter } from '../interpreter/interpreter.js'
import { labels } from '../names.js'
import { type Requirer, targetsOf } from './dependents.js'
import { evictionReasons } from './eviction-reasons.js'
import { scheduledCondition } from './scheduled.js'

/** What a binding is made of. */
export interface BindingParts {
  readonly source: KubeObject
  /** Of the binding. */
  readonly name: string
  /** As it is now; undefined: it is new. */
  readonly present: KubeObject | undefined
  readonly outcome: Outcome
  readonly interpreter: Interpreter
  readonly nowMs: number
  /** Who holds the object; undefined for what only follows others. */
  readonly claim?: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> }
  /** Of the policy, as they stand in its spec: placement, failover, suspension ... */
  readonly policySpec: Fields
  readonly notes: Readonly<Record<string, string>>
  readonly requirers: readonly Requirer[]
  /** Where its own policy sends it, where others need it elsewhere, too. */
  readonly own?: ReadonlySet<string>
  /** RFC 3339. */
  readonly rebalanceAsked?: string
  readonly fresh: boolean
  /** Why nothing is delivered now. */
  readonly paused?: string
}

const copied = [
  'propagateDeps',
  'schedulerName',
  'placement',
  'failover',
  'conflictResolution',
  'suspension',
  'preserveResourcesOnDeletion',
] as const

/** The binding as it is to be, and its status. */
export function buildBinding(parts: BindingParts): { readonly object: KubeObject; readonly status: Fields } {
  const { source, present, outcome, nowMs } = parts
  const { name, namespace = '', uid = '' } = source.metadata
  const clusters = clustersOf(parts)
  const spec = specOf(parts, clusters)
  const id = present?.metadata.labels?.[namespace === '' ? labels.clusterBindingId : labels.bindingId] ?? uid
  const object: KubeObject = {
    apiVersion: 'work.karmada.io/v1alpha2',
    kind: namespace === '' ? 'ClusterResourceBinding' : 'ResourceBinding',
    metadata: {
      name: parts.name,
      ...(namespace === '' ? {} : { namespace }),
      labels: { ...parts.claim?.labels, [namespace === '' ? labels.clusterBindingId : labels.bindingId]: id },
      annotations: { ...parts.claim?.annotations, ...parts.notes },
      ownerReferences: [
        { apiVersion: source.apiVersion, kind: source.kind, name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec,
  }
  const moved = present === undefined || !equalJson(objectsAt(present, 'spec', 'clusters'), clusters)
  const waits = isSuspended(present)
  const settled = outcome.decision.outcome === 'placed' && !waits
  const scheduledBefore = textAt(present, 'status', 'lastScheduledTime')
  const now = formatTime(nowMs)
  const scheduled = settled && (moved || parts.fresh || scheduledBefore === '') ? now : scheduledBefore
  const { group } = outcome.decision
  const hasGroups = objectsAt(parts.policySpec, 'placement', 'clusterAffinities').length > 0
  const aggregated = aggregatedStatus(parts, clusters)
  let conditions: readonly (Fields & { type: string })[] = objectsAt(present, 'status', 'conditions').map((each) => ({
    ...each,
    type: textAt(each, 'type'),
  }))
  if (parts.claim !== undefined && !waits) conditions = setCondition(conditions, scheduledCondition(outcome.decision), now)
  conditions = setCondition(conditions, fullyApplied(clusters, parts.requirers, aggregated), now)
  const status: Fields = {
    schedulerObservedGeneration: generationAfter(present, spec),
    schedulerObservingAffinityName: hasGroups && group !== undefined ? group : null,
    ...(scheduled === '' ? {} : { lastScheduledTime: scheduled }),
    conditions,
    aggregatedStatus: aggregated.length > 0 ? aggregated : null,
  }
  return { object, status }
}

function specOf(parts: BindingParts, clusters: readonly Fields[]): Fields {
  const { source, outcome, interpreter, requirers, policySpec } = parts
  const { name, namespace, uid = '', resourceVersion } = source.metadata
  const replicas = interpreter.replicas(source)
  const requirements = replicas === undefined ? undefined : interpreter.requirements(source)
  const spec: Record<string, unknown> = {
    resource: {
      apiVersion: source.apiVersion,
      kind: source.kind,
      ...(namespace ? { namespace } : {}),
      name,
      uid,
      // That of the decision: every status write would make another one.
      resourceVersion: textAt(parts.present, 'spec', 'resource', 'resourceVersion') || resourceVersion || '',
    },
    ...(replicas === undefined ? {} : { replicas }),
    ...(requirements === undefined ? {} : { replicaRequirements: requirements }),
  }
  for (const field of copied) if (policySpec[field] !== undefined) spec[field] = policySpec[field]
  if (clusters.length > 0 && parts.claim !== undefined) spec['clusters'] = clusters
  if (outcome.evictions.length > 0) spec['gracefulEvictionTasks'] = outcome.evictions.map(evictionTask)
  if (requirers.length > 0)
    spec['requiredBy'] = requirers.map(({ binding, clusters: targets }) => ({
      namespace: binding.metadata.namespace ?? '',
      name: binding.metadata.name,
      ...(targets.length > 0 ? { clusters: targets } : {}),
    }))
  if (parts.rebalanceAsked !== undefined) spec['rescheduleTriggeredAt'] = parts.rebalanceAsked
  return spec
}

/** Somebody holds the decision back (a queue, a quota): the record stays as it is. */
export function isSuspended(binding: KubeObject | undefined): boolean {
  return fieldAt(binding, 'spec', 'suspension', 'scheduling') === true
}

/** Where it goes: of a decision that failed, or is held back, where it was. */
function clustersOf({ outcome, present, own }: BindingParts): readonly Fields[] {
  const { decision } = outcome
  if (present !== undefined && isSuspended(present)) return targetsOf(present)
  if (decision.outcome === 'not placed' && decision.removals.length === 0 && present !== undefined) return targetsOf(present)
  const verdicts = new Map(decision.clusters.map((verdict) => [verdict.cluster, verdict]))
  return decision.deliveries
    .filter(({ cluster }) => own === undefined || own.has(cluster))
    .map(({ cluster, replicas }) => {
      const count = replicas ?? verdicts.get(cluster)?.replicas
      return { name: cluster, ...(count === undefined ? {} : { replicas: count }) }
    })
}

function evictionTask(eviction: Eviction): Fields {
  const { cluster, reason, message, since, purge, graceSeconds, replicas, preserved, before } = eviction
  return {
    fromCluster: cluster,
    purgeMode: purge,
    reason: evictionReasons[reason] ?? reason,
    ...(message === '' ? {} : { message: message.slice(0, 1024) }),
    producer: reason === 'TaintUntolerated' ? 'TaintManager' : 'flotilla',
    ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(purge === 'Never' ? { suppressDeletion: true } : {}),
    ...(preserved === undefined ? {} : { preservedLabelState: preserved }),
    ...(before === undefined ? {} : { clustersBeforeFailover: before }),
    creationTimestamp: formatTime(since),
  }
}

/** Of clusters that it is wanted in, and where it stays because a decision has failed. */
function aggregatedStatus({ interpreter, outcome, paused }: BindingParts, clusters: readonly Fields[]): Fields[] {
  const kept = new Set(clusters.map((cluster) => textAt(cluster, 'name')))
  return outcome.clusters
    .filter(({ cluster, wanted }) => wanted || kept.has(cluster))
    .map(({ cluster, result, held }) => {
      const applied = result !== undefined && (result.state === 'Applied' || result.state === 'Drifted')
      const message = held ?? (result?.message || paused || '')
      if (!applied) return { clusterName: cluster, ...(message === '' ? {} : { appliedMessage: message }), health: 'Unknown' }
      const { live } = result
      const status = live === undefined ? undefined : interpreter.reflect(live)
      return {
        clusterName: cluster,
        applied: true,
        ...(status === undefined ? {} : { status }),
        health: live === undefined ? 'Unknown' : interpreter.health(live),
      }
    })
}

function fullyApplied(clusters: readonly Fields[], requirers: readonly Requirer[], items: readonly Fields[]) {
  const targets = new Set(clusters.map((cluster) => textAt(cluster, 'name')))
  for (const { clusters: more } of requirers) for (const { name } of more) targets.add(name)
  const all =
    targets.size > 0 &&
    targets.size === items.length &&
    items.every((item) => item['applied'] === true && targets.has(textAt(item, 'clusterName')))
  return all
    ? ({
        type: 'FullyApplied',
        status: 'True',
        reason: 'FullyAppliedSuccess',
        message: 'All works have been successfully applied',
      } as const)
    : ({
        type: 'FullyApplied',
        status: 'False',
        reason: 'FullyAppliedFailed',
        message: 'Failed to apply all works, see status.aggregatedStatus for details',
      } as const)
}

/** The generation that the binding has once the spec is written. */
function generationAfter(present: KubeObject | undefined, spec: Fields): number {
  if (present === undefined) return 1
  const generation = present.metadata.generation ?? 1
  const before = fieldsOf(present['spec'])
  return Object.keys(spec).every((field) => equalJson(before[field], spec[field])) ? generation : generation + 1
}

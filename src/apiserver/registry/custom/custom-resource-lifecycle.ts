import { formatTime } from '../../../base/clock.js'
import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Lifecycle } from '../lifecycles/lifecycle.js'
import type { ClusterScope } from '../scope.js'
import { approvalCondition } from './custom-resource-approval.js'
import { type Condition, claimNames, type DefinitionStatus, siblingsOf, statusOf } from './custom-resource-names.js'
import { type DefinitionSpec, definitionSpec, storageVersionOf } from './custom-resources.js'

/** The finalizer of a definition that is being deleted: its objects go first. */
export const customResourceCleanup = 'customresourcecleanup.apiextensions.k8s.io'

/**
 * A definition whose names nobody else in its group has is served as soon as it is stored, and its conditions say so. Deleting one
 * deletes its objects first; the definition goes with the last of them, and its names are free for those that waited.
 */
export const customResourceDefinitionLifecycle: Lifecycle = {
  beforeCreate(scope, object) {
    if (!isReadable(object)) return
    fillNames(object)
    object['status'] = establish(scope, object, undefined)
  },
  beforeUpdate(scope, object, previous, subresource) {
    if (subresource === 'status' || object.metadata.deletionTimestamp || !isReadable(object)) return
    fillNames(object)
    object['status'] = establish(scope, object, statusOf(previous))
  },
  // The first DELETE begins the deletion, whatever finalizers there are.
  isHeld: (object) => object.metadata.deletionTimestamp === undefined,
  terminating(scope, object) {
    const { deletionGracePeriodSeconds: _, generation = 1, finalizers = [], ...metadata } = object.metadata
    const held = finalizers.includes(customResourceCleanup) ? finalizers : [...finalizers, customResourceCleanup]
    const pending = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon'
    return {
      ...terminatingBecause(scope, object, 'InstanceDeletionPending', pending),
      metadata: { ...metadata, generation: generation - 1, finalizers: held },
    }
  },
  committed(scope, object, previous) {
    const name = (object ?? previous)!.metadata.name
    if (object === undefined) {
      const stored = `${definitionSpec(previous!).names.plural}.${definitionSpec(previous!).group}`
      scope.served.define(name, undefined)
      scope.watches.end(stored)
      freeNames(scope, previous!)
      return
    }
    const isNew = previous === undefined
    if (isNew || !equalJson(previous['spec'], object['spec']) || !equalJson(servedBy(previous), servedBy(object))) {
      scope.served.define(name, object)
    }
    if (!isNew && !equalJson(statusOf(previous).acceptedNames, statusOf(object).acceptedNames)) freeNames(scope, object)
    if (object.metadata.deletionTimestamp && !previous?.metadata.deletionTimestamp) scope.served.cleanup.begin(scope, name)
  },
}

/** The definition with a condition that says how far its deletion is. */
export function terminatingBecause(scope: ClusterScope, object: KubeObject, reason: string, message: string): KubeObject {
  const status = statusOf(object)
  const conditions = withConditions(scope, status.conditions ?? [], [{ type: 'Terminating', status: 'True', reason, message }])
  return { ...object, status: { ...status, conditions } }
}

/** What of the status decides on what is served. */
function servedBy(definition: KubeObject): unknown {
  const { acceptedNames, conditions } = statusOf(definition)
  return [acceptedNames ?? null, conditions?.find(({ type }) => type === 'Established')?.status ?? null]
}

/** Validation, which comes later, says what is missing. */
function isReadable(object: KubeObject): boolean {
  const spec = object['spec'] as Partial<DefinitionSpec> | undefined
  return typeof spec?.names === 'object' && Array.isArray(spec.versions)
}

function fillNames(object: KubeObject): void {
  const spec = definitionSpec(object) as DefinitionSpec & {
    names: { singular?: string; listKind?: string }
    conversion?: unknown
  }
  if (spec.names.kind) {
    spec.names.singular ||= spec.names.kind.toLowerCase()
    spec.names.listKind ||= `${spec.names.kind}List`
  }
  spec.conversion ??= { strategy: 'None' }
}

function establish(scope: ClusterScope, object: KubeObject, before: DefinitionStatus | undefined): DefinitionStatus {
  const storedVersions = [...(before?.storedVersions ?? [])]
  const version = storageVersionOf(definitionSpec(object))?.name
  if (version !== undefined && !storedVersions.includes(version)) storedVersions.push(version)
  return { ...named(scope, object, before), storedVersions }
}

/** Names and the conditions that follow from them. */
function named(scope: ClusterScope, object: KubeObject, before: DefinitionStatus | undefined): DefinitionStatus {
  const { names, condition } = claimNames(scope, object, before?.acceptedNames)
  const was = before?.conditions?.find(({ type }) => type === 'Established')
  const established: Condition =
    was?.status === 'True'
      ? was
      : condition.status === 'True'
        ? {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          }
        : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
  const approval = approvalCondition(object)
  const conditions = [...(approval === undefined ? [] : [approval]), condition, established]
  return { conditions: withConditions(scope, before?.conditions ?? [], conditions), acceptedNames: names }
}

/** Times change with the status of a condition only. */
function withConditions(scope: ClusterScope, before: readonly Condition[], changed: readonly Condition[]): Condition[] {
  const now = formatTime(scope.ports.clock.now())
  const result = [...before]
  for (const condition of changed) {
    const index = result.findIndex(({ type }) => type === condition.type)
    const known = result[index]
    const lastTransitionTime = known?.status === condition.status ? (known.lastTransitionTime ?? now) : now
    const { type, status, reason, message } = condition
    result.splice(index < 0 ? result.length : index, index < 0 ? 0 : 1, { lastTransitionTime, message, reason, status, type })
  }
  return result
}

/** Names of a definition are free: others in its group may have waited for them. */
function freeNames(scope: ClusterScope, definition: KubeObject): void {
  for (const sibling of siblingsOf(scope, definition)) {
    if (equalJson(statusOf(sibling).acceptedNames, definitionSpec(sibling).names)) continue
    scope.served.cleanup.rename(scope, sibling.metadata.name)
  }
}

/** The definition with the names that it may have now; undefined when nothing changes. */
export function renamed(scope: ClusterScope, definition: KubeObject): KubeObject | undefined {
  const status = statusOf(definition)
  const next: DefinitionStatus = { ...status, ...named(scope, definition, status) }
  return equalJson(next, status) ? undefined : { ...definition, status: next }
}

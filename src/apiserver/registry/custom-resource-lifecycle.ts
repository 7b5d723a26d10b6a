import { formatTime } from '../../base/clock.js'
import { equalJson } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { checkDefinition } from './check-definition.js'
import { type DefinitionSpec, definitionSpec, storageVersionOf } from './custom-resources.js'
import type { Lifecycle } from './lifecycle.js'
import type { ClusterScope } from './scope.js'

/** The finalizer of every definition: its objects go first. */
export const customResourceCleanup = 'customresourcecleanup.apiextensions.k8s.io'

/**
 * A definition is served as soon as it is stored, and its conditions say so. Deleting one deletes its objects first; the
 * definition goes with the last of them.
 */
export const customResourceDefinitionLifecycle: Lifecycle = {
  beforeCreate(scope, object) {
    checkDefinition(object)
    fillNames(object)
    object['status'] = establish(scope, object, undefined)
  },
  beforeUpdate(scope, object, previous, subresource) {
    if (subresource === 'status' || object.metadata.deletionTimestamp) return
    checkDefinition(object)
    fillNames(object)
    object['status'] = establish(scope, object, previous['status'] as DefinitionStatus | undefined)
  },
  committed(scope, object, previous) {
    const name = (object ?? previous)!.metadata.name
    if (object === undefined) {
      const stored = `${definitionSpec(previous!).names.plural}.${definitionSpec(previous!).group}`
      scope.served.define(name, undefined)
      scope.watches.end(stored)
      return
    }
    if (previous === undefined || !equalJson(previous['spec'], object['spec'])) scope.served.define(name, object)
    if (object.metadata.deletionTimestamp && !previous?.metadata.deletionTimestamp) scope.served.cleanup.begin(scope, name)
  },
}

interface DefinitionStatus {
  conditions?: { type: string; status: string; reason: string; message: string; lastTransitionTime: string }[]
  acceptedNames?: unknown
  storedVersions?: string[]
}

function fillNames(object: KubeObject): void {
  const spec = definitionSpec(object) as DefinitionSpec & {
    names: { singular?: string; listKind?: string }
    conversion?: unknown
  }
  if (spec?.names?.kind === undefined) return
  spec.names.singular ||= spec.names.kind.toLowerCase()
  spec.names.listKind ||= `${spec.names.kind}List`
  spec.conversion ??= { strategy: 'None' }
  if (object.metadata.deletionTimestamp === undefined) {
    const finalizers = object.metadata.finalizers ?? []
    if (!finalizers.includes(customResourceCleanup)) object.metadata.finalizers = [...finalizers, customResourceCleanup]
  }
}

function establish(scope: ClusterScope, object: KubeObject, before: DefinitionStatus | undefined): DefinitionStatus {
  const spec = definitionSpec(object)
  const lastTransitionTime = formatTime(scope.ports.clock.now())
  const condition = (type: string, reason: string, message: string) =>
    before?.conditions?.find((known) => known.type === type && known.status === 'True') ?? {
      type,
      status: 'True',
      reason,
      message,
      lastTransitionTime,
    }
  const others = before?.conditions?.filter(({ type }) => type !== 'NamesAccepted' && type !== 'Established') ?? []
  const version = storageVersionOf(spec)?.name
  const storedVersions = [...(before?.storedVersions ?? [])]
  if (version !== undefined && !storedVersions.includes(version)) storedVersions.push(version)
  return {
    conditions: [
      ...others,
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: spec.names,
    storedVersions,
  }
}

import { isObject } from '../../../base/json.js'
import type { HubFacts, ObjectRef } from '../../../delivery/federation/contract.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { fieldAt, numberAt, objectsAt, textAt } from '../fields.js'
import type { DependentReference } from '../interpreter/dependencies.js'
import { annotations } from '../names.js'
import { resourceBindingType } from '../resource-types.js'

/** A binding whose object needs another one wherever it goes. */
export interface Requirer {
  readonly binding: KubeObject
  readonly clusters: readonly { readonly name: string; readonly replicas?: number }[]
}

const parsed = new WeakMap<KubeObject, readonly DependentReference[]>()

/** What a binding's object takes along, as its annotation lists it; none without `propagateDeps`. */
export function dependenciesOnRecord(binding: KubeObject): readonly DependentReference[] {
  let result = parsed.get(binding)
  if (result === undefined) parsed.set(binding, (result = parse(binding)))
  return result
}

function parse(binding: KubeObject): readonly DependentReference[] {
  if (fieldAt(binding, 'spec', 'propagateDeps') !== true) return []
  try {
    const list: unknown = JSON.parse(binding.metadata.annotations?.[annotations.dependencies] ?? '[]')
    return (Array.isArray(list) ? list.filter(isObject) : []).map((each) => ({
      apiVersion: textAt(each, 'apiVersion'),
      kind: textAt(each, 'kind'),
      namespace: textAt(each, 'namespace'),
      name: textAt(each, 'name'),
    }))
  } catch {
    return []
  }
}

/** The bindings that need an object, in order of name. */
export function requirersOf(object: KubeObject, hub: HubFacts): Requirer[] {
  const { name, namespace = '' } = object.metadata
  if (namespace === '') return []
  return hub
    .objects(resourceBindingType, { namespace })
    .filter((binding) =>
      dependenciesOnRecord(binding).some(
        (each) => each.name === name && each.kind === object.kind && groupOf(each.apiVersion) === groupOf(object.apiVersion),
      ),
    )
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((binding) => ({ binding, clusters: targetsOf(binding) }))
}

/** `spec.clusters` of a binding. */
export function targetsOf(binding: KubeObject): Requirer['clusters'] {
  return objectsAt(binding, 'spec', 'clusters').map((cluster) => {
    const replicas = numberAt(cluster, 'replicas')
    return { name: textAt(cluster, 'name'), ...(replicas === undefined ? {} : { replicas }) }
  })
}

export function refsOfDependencies(binding: KubeObject, hub: HubFacts): ObjectRef[] {
  return dependenciesOnRecord(binding).flatMap(({ apiVersion, kind, namespace, name }) => {
    const type = hub.typeOf(apiVersion, kind)
    return type === undefined ? [] : [{ type, namespace, name }]
  })
}

import { compareText } from '../../../base/compare-text.js'
import { isObject } from '../../../base/json.js'
import type { HubFacts, ObjectRef, Problem } from '../../../delivery/federation/contract.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldAt, fieldsOf, numberAt, objectsAt, textAt } from '../fields.js'
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

/** Bindings by what they need, of one namespace. Made when it is asked for; a change of a binding there ends it. */
const needs = new WeakMap<HubFacts, Map<string, ReadonlyMap<string, readonly KubeObject[]>>>()

/** To be told of every change of a binding: who needs what is looked up anew. */
export function bindingChanged({ metadata: { namespace = '' } }: KubeObject, hub: HubFacts): void {
  needs.get(hub)?.delete(namespace)
}

function needsIn(namespace: string, hub: HubFacts): ReadonlyMap<string, readonly KubeObject[]> {
  let byNamespace = needs.get(hub)
  if (byNamespace === undefined) needs.set(hub, (byNamespace = new Map()))
  const known = byNamespace.get(namespace)
  if (known !== undefined) return known
  const found = new Map<string, KubeObject[]>()
  for (const binding of hub.objects(resourceBindingType, { namespace })) {
    for (const { apiVersion, kind, name } of dependenciesOnRecord(binding)) {
      const key = keyOfNeed(apiVersion, kind, name)
      const list = found.get(key)
      if (list === undefined) found.set(key, [binding])
      else if (!list.includes(binding)) list.push(binding)
    }
  }
  byNamespace.set(namespace, found)
  return found
}

function keyOfNeed(apiVersion: string, kind: string, name: string): string {
  return `${groupOf(apiVersion)}/${kind}/${name}`
}

/** The bindings that need an object, in order of name. */
export function requirersOf({ apiVersion, kind, metadata }: KubeObject, hub: HubFacts): Requirer[] {
  const { name, namespace = '' } = metadata
  if (namespace === '') return []
  return [...(needsIn(namespace, hub).get(keyOfNeed(apiVersion, kind, name)) ?? [])]
    .sort((a, b) => compareText(a.metadata.name, b.metadata.name))
    .map((binding) => ({ binding, clusters: targetsOf(binding) }))
}

/** What bindings say together of an object that they all need. Where they differ, taking over wins, and staying, as upstream. */
export function agreedSpec(requirers: readonly Requirer[]): { readonly spec: Fields; readonly warnings: readonly Problem[] } {
  const [first] = requirers
  if (first === undefined) return { spec: {}, warnings: [] }
  const specs = requirers.map(({ binding }) => fieldsOf(binding['spec']))
  const overwrites = specs.filter((spec) => spec['conflictResolution'] === 'Overwrite').length
  const preserves = specs.filter((spec) => spec['preserveResourcesOnDeletion'] === true).length
  const differ = (count: number) => count > 0 && count < specs.length
  const reasons = [
    ...(differ(overwrites) ? ['ConflictResolution conflicted (Overwrite vs Abort)'] : []),
    ...(differ(preserves) ? ['PreserveResourcesOnDeletion conflicted (true vs false)'] : []),
  ]
  const spec = {
    ...fieldsOf(first.binding['spec']),
    ...(overwrites > 0 ? { conflictResolution: 'Overwrite' } : {}),
    ...(preserves > 0 ? { preserveResourcesOnDeletion: true } : {}),
  }
  const message = `Dependency policy conflict detected: ${reasons.join('; ')}.`
  return { spec, warnings: reasons.length === 0 ? [] : [{ reason: 'DependencyPolicyConflict', message }] }
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

import { isObject } from '../../../../base/json.js'
import { checkWorkTime } from '../../../../base/work-time.js'
import { buildError } from '../build-error.js'
import { formatGvk, type Gvk, isClusterScoped, isSelectedBy } from '../resources/gvk.js'
import { formatId, idKey, type Resource, scalarText } from '../resources/resource.js'
import type { ResourceList } from '../resources/resource-list.js'
import type { ReplicaEntry } from '../sources/kustomization.js'
import { type FieldSpec, type FieldVisitor, setAt, specApplies, visitField } from './field-spec.js'
import { createSharedWriter } from './shared-values.js'

export type SubjectMode = 'defaultOnly' | 'allServiceAccounts' | 'none'

/** Sets the namespace of what lives in one, and of what the specs name; of role binding subjects by `subjects`. */
export function setNamespaces(
  list: ResourceList,
  namespace: string,
  specs: readonly FieldSpec[],
  options: { unsetOnly?: boolean; subjects?: SubjectMode } = {},
): void {
  const set: FieldVisitor = (parent, key, value) => {
    if (typeof value === 'object' && value !== null) throw buildError('namespace field specs must target scalar nodes')
    if (options.unsetOnly === true && scalarText(value) !== '') return
    setAt(parent, key, namespace)
  }
  const counts = new Map<string, number>()
  const count = (resource: Resource, by: number) => {
    const key = idKey(resource.currentId())
    const now = (counts.get(key) ?? 0) + by
    counts.set(key, now)
    return now
  }
  for (const resource of list.items) count(resource, 1)
  for (const resource of list.items) {
    if (resource.isFromChart) continue
    resource.rememberId()
    count(resource, -1)
    const { apiVersion, kind } = resource
    if (!isClusterScoped(apiVersion, kind)) visitField(resource, { path: 'metadata/namespace', create: true }, 'scalar', set)
    const isBinding = kind === 'RoleBinding' || kind === 'ClusterRoleBinding'
    if (isBinding) setSubjects(resource, options.subjects ?? 'defaultOnly', set)
    for (const spec of specs) {
      if (spec.path === 'metadata/namespace' || (spec.path === 'metadata/name' && apiVersion !== 'v1')) continue
      if (isBinding && spec.path === 'subjects/namespace') continue
      visitField(resource, spec, 'scalar', set)
    }
    if (count(resource, 1) > 1) {
      throw buildError(
        `namespace transformation produces ID conflict: ${formatId(resource.currentId())} (from ${resource.source})`,
        'Two objects of the same kind and name would be in one namespace: rename one.',
      )
    }
  }
}

function setSubjects(resource: Resource, mode: SubjectMode, set: FieldVisitor): void {
  const subjects = resource.object?.['subjects']
  if (mode === 'none' || !Array.isArray(subjects)) return
  for (const subject of subjects) {
    if (!isObject(subject)) continue
    const chosen = mode === 'defaultOnly' ? subject['name'] === 'default' : subject['kind'] === 'ServiceAccount'
    if (chosen) set(subject, 'namespace', subject['namespace'])
  }
}

const keepTheirNames: readonly Gvk[] = [
  { group: '', version: '', kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', version: '', kind: 'APIService' },
  { group: '', version: '', kind: 'Namespace' },
]

/** Puts `text` before or behind names (and other fields of the specs). */
export function addAffix(list: ResourceList, side: 'prefix' | 'suffix', text: string, specs: readonly FieldSpec[]): void {
  for (const resource of list.items) {
    checkWorkTime()
    const id = resource.originalId()
    if (keepTheirNames.some((gvk) => isSelectedBy(id, gvk))) continue
    for (const spec of specs) {
      if (!isSelectedBy(id, { group: spec.group ?? '', version: spec.version ?? '', kind: spec.kind ?? '' })) continue
      if (spec.path === 'metadata/name' && text !== '') {
        if (side === 'prefix') resource.prefixes.push(text)
        else resource.suffixes.push(text)
        resource.rememberId()
      }
      visitField(resource, spec, 'scalar', (parent, key, value) => {
        if (typeof value === 'object' && value !== null) throw buildError('wrong node kind: expected a scalar')
        setAt(parent, key, side === 'prefix' ? text + scalarText(value) : scalarText(value) + text)
      })
    }
  }
}

/** Sets labels or annotations at every map that the specs lead to. */
export function setMapEntries(list: ResourceList, entries: Readonly<Record<string, string>>, specs: readonly FieldSpec[]): void {
  const names = Object.keys(entries)
  if (names.length === 0) return
  let writers: ReturnType<typeof createSharedWriter>[] = []
  const set: FieldVisitor = (parent, key, value) => {
    let map = value
    if (map === null) {
      map = {}
      setAt(parent, key, map)
    }
    if (!isObject(map)) throw buildError(`wrong node kind: expected a map but got ${Array.isArray(map) ? 'a list' : 'a scalar'}`)
    for (const write of writers) write(map)
  }
  for (const resource of list.items) {
    checkWorkTime()
    writers = names.map((name) => createSharedWriter(name, entries[name]))
    for (const spec of specs) visitField(resource, spec, 'map', set)
  }
}

/** Sets the replica count of the resources that have, or had, the entry's name. */
export function setReplicas(list: ResourceList, entry: ReplicaEntry, specs: readonly FieldSpec[]): void {
  let found = false
  for (const spec of specs) {
    const selector: Gvk = { group: spec.group ?? '', version: spec.version ?? '', kind: spec.kind ?? '' }
    for (const resource of list.byAnyId((id) => id.name === entry.name && isSelectedBy(id, selector))) {
      found = true
      if (specApplies(spec, resource)) visitField(resource, spec, 'scalar', (parent, key) => setAt(parent, key, entry.count ?? 0))
    }
  }
  if (found) return
  const kinds = specs.map((spec) => formatGvk({ group: spec.group ?? '', version: spec.version ?? '', kind: spec.kind ?? '' }))
  throw buildError(
    `replicas: resource with name ${entry.name} does not match a config with the following GVK [${kinds.join(' ')}]`,
    'Check the name, or remove the entry.',
  )
}

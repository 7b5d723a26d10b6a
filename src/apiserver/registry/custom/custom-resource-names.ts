import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterScope } from '../scope.js'
import { type DefinitionNames, definitionSpec } from './custom-resources.js'

export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
  lastTransitionTime?: string
}

export interface DefinitionStatus {
  conditions?: Condition[]
  acceptedNames?: DefinitionNames
  storedVersions?: string[]
}

export const definitionsStored = 'customresourcedefinitions.apiextensions.k8s.io'

export function statusOf(definition: KubeObject): DefinitionStatus {
  return (definition['status'] ?? {}) as DefinitionStatus
}

/** The other definitions of a group. */
export function siblingsOf(scope: ClusterScope, definition: KubeObject): KubeObject[] {
  const { group } = definitionSpec(definition)
  const siblings: KubeObject[] = []
  for (const other of scope.storage.scan(definitionsStored, '')) {
    if (other.metadata.name !== definition.metadata.name && definitionSpec(other).group === group) siblings.push(other)
  }
  return siblings
}

/** Which names a definition gets: those that it asks for and no other definition of its group has. `accepted`: what it had. */
export function claimNames(
  scope: ClusterScope,
  definition: KubeObject,
  accepted: DefinitionNames | undefined,
): { names: DefinitionNames; condition: Condition } {
  const wanted = definitionSpec(definition).names
  const had: DefinitionNames = accepted ?? { plural: '', kind: '' }
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const sibling of siblingsOf(scope, definition)) {
    const names = statusOf(sibling).acceptedNames
    if (names === undefined) continue
    for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])]) if (name) resources.add(name)
    for (const name of [names.kind, names.listKind]) if (name) kinds.add(name)
  }
  let condition: Condition = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  const refuse = (reason: string, messages: readonly string[]) => {
    const message = messages.length === 1 ? (messages[0] as string) : `[${messages.join(', ')}]`
    condition = { type: 'NamesAccepted', status: 'False', reason, message }
  }
  const inUse = (name: string) => `${JSON.stringify(name)} is already in use`
  const claim = (key: 'plural' | 'singular' | 'kind' | 'listKind', taken: ReadonlySet<string>, reason: string) => {
    const name = wanted[key] ?? ''
    if (name === had[key] || !taken.has(name)) return name
    refuse(reason, [inUse(name)])
    return had[key] ?? ''
  }
  const plural = claim('plural', resources, 'PluralConflict')
  const singular = claim('singular', resources, 'SingularConflict')
  let { shortNames } = wanted
  if (!equalJson(shortNames ?? [], had.shortNames ?? [])) {
    const conflicts = (shortNames ?? []).filter((name) => had.shortNames?.includes(name) !== true && resources.has(name))
    if (conflicts.length > 0) {
      refuse('ShortNamesConflict', [...new Set(conflicts)].map(inUse))
      shortNames = had.shortNames
    }
  }
  const kind = claim('kind', kinds, 'KindConflict')
  const listKind = claim('listKind', kinds, 'ListKindConflict')
  const names: DefinitionNames = {
    plural,
    ...(singular === '' ? {} : { singular }),
    ...(shortNames?.length ? { shortNames } : {}),
    kind,
    ...(listKind === '' ? {} : { listKind }),
    ...(wanted.categories?.length ? { categories: wanted.categories } : {}),
  }
  return { names, condition }
}

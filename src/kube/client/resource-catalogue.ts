import { apiVersionOf } from '../object/kube-object.js'
import type { ResourceType } from '../object/resource-type.js'
import type { ResourceCatalogue } from './kube-client.js'

/** A catalogue of what a server serves; `all` has preferred groups and versions first. */
export function createResourceCatalogue(all: readonly ResourceType[]): ResourceCatalogue {
  const kinds = new Map<string, ResourceType>()
  const names = new Map<string, ResourceType>()
  const first = (map: Map<string, ResourceType>, key: string, type: ResourceType) => {
    if (!map.has(key)) map.set(key, type)
  }
  for (const type of all) first(kinds, `${apiVersionOf(type.group, type.version)} ${type.kind}`, type)
  // A plural counts before a singular, a singular before a short name, a short name before a kind, in whatever group.
  const spellings: ((type: ResourceType) => readonly (string | undefined)[])[] = [
    (type) => [type.plural],
    (type) => [type.singular],
    (type) => type.shortNames ?? [],
    (type) => [type.kind.toLowerCase()],
  ]
  for (const spelling of spellings) {
    for (const type of all) {
      for (const name of spelling(type)) {
        if (!name) continue
        first(names, name, type)
        first(names, `${name}.${type.group}`, type)
        first(names, `${name}.${type.version}.${type.group}`, type)
      }
    }
  }
  return {
    all,
    forKind: (apiVersion, kind) => kinds.get(`${apiVersion} ${kind}`),
    forName: (name) => names.get(name) ?? names.get(name.toLowerCase()),
  }
}

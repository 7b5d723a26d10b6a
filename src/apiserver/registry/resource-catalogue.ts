import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import { apiVersionOf } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

/** Indexes served resources, which stand in order of preference, by kind and by every name that kubectl takes. */
export function createCatalogue(all: readonly ResourceType[]): ResourceCatalogue {
  const kinds = new Map<string, ResourceType>()
  const names = new Map<string, ResourceType>()
  const add = (name: string, type: ResourceType) => {
    for (const full of [name, `${name}.${type.group}`, `${name}.${type.version}.${type.group}`]) {
      if (!names.has(full)) names.set(full, type)
    }
  }
  for (const type of all) {
    const kind = `${apiVersionOf(type.group, type.version)}/${type.kind}`
    if (!kinds.has(kind)) kinds.set(kind, type)
  }
  // A plural wins over a short name or kind of any other resource, so each sort of name goes in a round of its own.
  for (const type of all) add(type.plural, type)
  for (const type of all) if (type.singular) add(type.singular, type)
  for (const type of all) for (const name of type.shortNames ?? []) add(name, type)
  for (const type of all) add(type.kind.toLowerCase(), type)
  return {
    all,
    forKind: (apiVersion, kind) => kinds.get(`${apiVersion}/${kind}`),
    forName: (name) => names.get(name.toLowerCase()) ?? names.get(name.toLowerCase().replace(/\.$/, '')),
  }
}

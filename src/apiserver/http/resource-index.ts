import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

const indexes = new WeakMap<ResourceCatalogue, ReadonlyMap<string, ResourceType>>()

/** The resource that a path names. The index is made once for each state of the catalogue. */
export function findResource(
  catalogue: ResourceCatalogue,
  group: string,
  version: string,
  plural: string,
): ResourceType | undefined {
  let index = indexes.get(catalogue)
  if (index === undefined) {
    index = new Map(catalogue.all.map((type) => [`${type.group}/${type.version}/${type.plural}`, type]))
    indexes.set(catalogue, index)
  }
  return index.get(`${group}/${version}/${plural}`)
}

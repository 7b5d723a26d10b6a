import { buildError } from '../build-error.js'
import { compareGvk, equalGvk, formatGvk, kindRanks, kindsFirst, kindsLast, sortText } from '../resources/gvk.js'
import type { Resource, ResourceId } from '../resources/resource.js'
import type { SortOptions } from '../sources/kustomization.js'

/** The order in which resources are printed: as collected (`fifo`), or by kind with the usual first and last ones (`legacy`). */
export function sortResources(resources: readonly Resource[], options: SortOptions): Resource[] {
  const order = options.order ?? ''
  if (order !== 'fifo' && order !== 'legacy') throw buildError("the field 'sortOptions.order' must be one of [fifo, legacy]")
  if (order === 'fifo') {
    if (options.legacySortOptions !== undefined) {
      throw buildError("the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'")
    }
    return [...resources]
  }
  const legacy = options.legacySortOptions
  const ranks =
    legacy === undefined ? kindRanks(kindsFirst, kindsLast) : kindRanks(legacy.orderFirst ?? [], legacy.orderLast ?? [])
  return resources
    .map((resource) => ({ resource, id: resource.currentId() }))
    .sort((a, b) => compareIds(a.id, b.id, ranks))
    .map(({ resource }) => resource)
}

function compareIds(a: ResourceId, b: ResourceId, ranks: ReadonlyMap<string, number>): number {
  if (!equalGvk(a, b)) {
    if (a.kind === 'Namespace' && b.kind === 'Namespace' && (a.group === '' || b.group === '')) {
      return sortText(a) > sortText(b) ? -1 : 1
    }
    return compareGvk(a, b, ranks)
  }
  const left = idText(a)
  const right = idText(b)
  return left < right ? -1 : left > right ? 1 : 0
}

function idText(id: ResourceId): string {
  return `${formatGvk(id)}|${id.namespace || '~X'}|${id.name || '~N'}`
}

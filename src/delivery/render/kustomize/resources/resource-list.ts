import { Stalled } from '../../../../base/errors.js'
import { isObject, setOwn } from '../../../../base/json.js'
import { checkWorkTime } from '../../../../base/work-time.js'
import { buildError } from '../build-error.js'
import type { ResourceSelector } from '../sources/kustomization.js'
import { wrappedBase64 } from '../transformers/generators.js'
import { equalIds, formatId, idKey, originKey, type Resource, type ResourceId, scalarText } from './resource.js'
import { fromTextSelector } from './selector.js'

/** The resources of a kustomization in order; no two have the same current id. */
export class ResourceList {
  #items: Resource[] = []
  readonly #ids = new Set<string>()
  // Transformers change ids behind our back; after one the set is built anew on the next append.
  #idsAreStale = false
  /** Set by patches that can give two resources one id. */
  idsMayClash = false

  get items(): readonly Resource[] {
    return this.#items
  }

  append(resource: Resource): void {
    if (this.#idsAreStale) {
      this.#ids.clear()
      for (const item of this.#items) this.#ids.add(idKey(item.currentId()))
      this.#idsAreStale = false
    }
    checkWorkTime()
    const id = resource.currentId()
    const key = idKey(id)
    if (this.#ids.has(key)) {
      const other = this.#items.find((item) => equalIds(item.currentId(), id))
      throw buildError(
        `may not add resource with an already registered id: ${formatId(id)} (from ${resource.source}; the other is from ${other?.source})`,
        'Remove one of the two, or give it another name or namespace.',
      )
    }
    this.#ids.add(key)
    this.#items.push(resource)
  }

  appendAll(resources: Iterable<Resource>): void {
    for (const resource of resources) this.append(resource)
  }

  /** To be called after resources have changed in place; drops the deleted ones. */
  changed(): void {
    this.#idsAreStale = true
    if (this.#items.some((item) => isGone(item))) this.#items = this.#items.filter((item) => !isGone(item))
  }

  replaceItems(items: Resource[]): void {
    this.#items = items
    this.#idsAreStale = true
  }

  /** Adds generated resources, or merges them into existing ones, as their behavior says. */
  absorb(resource: Resource): void {
    const id = resource.currentId()
    const matches = this.byAnyId((other) => equalIds(other, id))
    const [old] = matches
    if (matches.length > 1) throw buildError(`found multiple objects that could accept merge of ${formatId(id)}`)
    if (old === undefined) {
      if (resource.behavior === 'merge' || resource.behavior === 'replace') {
        throw buildError(
          `${resource.source}: id ${formatId(id)} does not exist; cannot merge or replace`,
          'Use behavior: create, or name what a base generates.',
        )
      }
      this.append(resource)
      return
    }
    if (resource.behavior !== 'merge' && resource.behavior !== 'replace') {
      throw buildError(
        `${resource.source}: id ${formatId(id)} exists; can not use behavior: '${resource.behavior}', behavior must be merge or replace`,
      )
    }
    takeOver(resource, old)
    this.#items[this.#items.indexOf(old)] = resource
    this.#idsAreStale = true
  }

  byAnyId(matches: (id: ResourceId) => boolean): Resource[] {
    checkWorkTime()
    return this.#items.filter((item) => item.allIds().some(matches))
  }

  byCurrentId(matches: (id: ResourceId) => boolean): Resource[] {
    return this.#items.filter((item) => matches(item.currentId()))
  }

  /** The one resource that has, or had, this id. */
  getById(id: ResourceId): Resource {
    const found = this.byAnyId((other) => equalIds(other, id))
    if (found.length === 1) return found[0]!
    const count = found.length === 0 ? 'no matches' : 'multiple matches'
    throw new Stalled({
      code: 'kustomize-build-failed',
      message: `${count} for Id ${formatId(id)}; failed to find unique target for patch ${formatId(id)}`,
      fix: 'Check apiVersion, kind, name and namespace of the patch, or give the patch a target.',
    })
  }

  select(selector: ResourceSelector): Resource[] {
    checkWorkTime()
    return this.#items.filter(fromTextSelector(selector))
  }
}

function isGone(resource: Resource): boolean {
  return resource.object === undefined || Object.keys(resource.object).length === 0
}

/** A generated resource takes the place of an older one: name, namespace and past are the older one's, labels add up. */
function takeOver(resource: Resource, old: Resource): void {
  const merge = resource.behavior === 'merge'
  const origin = old.annotations()[originKey]
  resource.setMetadataMap('labels', { ...old.labels(), ...resource.labels() })
  resource.setMetadataMap('annotations', {
    ...old.annotations(),
    ...resource.annotations(),
    ...(merge && origin !== undefined ? { [originKey]: origin } : {}),
  })
  resource.setName(old.name)
  resource.setNamespace(old.namespace)
  resource.previous.splice(0, resource.previous.length, ...old.previous)
  resource.prefixes = [...old.prefixes]
  resource.suffixes = [...old.suffixes]
  resource.varNames = [...old.varNames]
  resource.behavior = old.behavior
  resource.needsHash = resource.needsHash && old.needsHash
  if (!merge || resource.object === undefined) return
  const isSecret = resource.apiVersion === 'v1' && resource.kind === 'Secret'
  for (const field of ['data', 'binaryData']) {
    const before = isSecret && field === 'data' ? secretData(old) : (old.object?.[field] as object | undefined)
    const merged = { ...before, ...(resource.object[field] as object | undefined) }
    if (Object.keys(merged).length === 0) delete resource.object[field]
    else resource.object[field] = merged
  }
}

/** The data of a Secret as an API server keeps it: what stands in stringData is encoded, and wins. */
function secretData(secret: Resource): Record<string, unknown> {
  const data: Record<string, unknown> = { ...(secret.object?.['data'] as object | undefined) }
  const texts = secret.object?.['stringData']
  if (!isObject(texts)) return data
  for (const key of Object.keys(texts)) {
    const value = texts[key]
    if (typeof value === 'object' && value !== null)
      throw buildError(`${secret.source}: stringData value for key "${key}" must be a scalar`)
    setOwn(data, key, wrappedBase64(new TextEncoder().encode(scalarText(value))))
  }
  return data
}

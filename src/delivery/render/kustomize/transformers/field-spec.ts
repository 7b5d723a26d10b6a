import { isObject } from '../../../../base/json.js'
import { buildError, buildErrorIn } from '../build-error.js'
import { formatId, type Resource } from '../resources/resource.js'

/** Which field of which kinds: a path of names with `/` (a `/` inside a name is `\/`); lists on the way are passed through. */
export interface FieldSpec {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly path?: string
  readonly create?: boolean
}

/** What stands at the end of a path: `parent[key]` is the field; set it by assignment. */
export type FieldVisitor = (parent: Record<string, unknown> | unknown[], key: string | number, value: unknown) => void

/** The names of a path. */
export function splitFieldPath(path: string, delimiter = '/'): string[] {
  let parts = path.split(delimiter)
  if (parts.length > 1 && parts[0] === '') parts = parts.slice(1)
  if (!path.includes('\\')) return parts
  const joined: string[] = []
  for (const part of parts) {
    const last = joined.length - 1
    if (last >= 0 && joined[last]!.endsWith('\\')) joined[last] = joined[last]!.slice(0, -1) + delimiter + part
    else joined.push(part)
  }
  return joined
}

const splitPaths = new Map<string, readonly string[]>()

function pathOf(spec: FieldSpec): readonly string[] {
  const path = spec.path ?? ''
  let parts = splitPaths.get(path)
  if (parts === undefined) {
    parts = splitFieldPath(path)
    if (splitPaths.size > 10_000) splitPaths.clear()
    splitPaths.set(path, parts)
  }
  return parts
}

/** True when the spec speaks of resources of this group, version and kind. */
export function specApplies(spec: FieldSpec, resource: Resource): boolean {
  if (spec.kind !== undefined && spec.kind !== '' && spec.kind !== resource.kind) return false
  if ((spec.group ?? '') === '' && (spec.version ?? '') === '') return true
  const { group, version } = resource.gvk
  return ((spec.group ?? '') === '' || spec.group === group) && ((spec.version ?? '') === '' || spec.version === version)
}

/**
 * Visits every field of the resource that the spec leads to. `creates` says what a missing field is made of when the spec
 * asks for creation: a map, or a scalar (then visited as null); absent: nothing is ever created.
 */
export function visitField(
  resource: Resource,
  spec: FieldSpec,
  creates: 'map' | 'scalar' | undefined,
  visit: FieldVisitor,
): void {
  if (resource.object === undefined || !specApplies(spec, resource)) return
  const walker = new FieldWalker(pathOf(spec), spec.create === true ? creates : undefined, visit)
  try {
    walker.walkMap(resource.object, 0)
  } catch (error) {
    throw buildErrorIn(`considering field '${spec.path}' of object ${formatId(resource.currentId())}`, error)
  }
}

class FieldWalker {
  readonly #path: readonly string[]
  readonly #creates: 'map' | 'scalar' | undefined
  readonly #visit: FieldVisitor

  constructor(path: readonly string[], creates: 'map' | 'scalar' | undefined, visit: FieldVisitor) {
    this.#path = path
    this.#creates = creates
    this.#visit = visit
  }

  walkMap(map: Record<string, unknown>, index: number): void {
    const part = this.#path[index]!
    const isList = part.endsWith('[]')
    const name = isList ? part.slice(0, -2) : part
    if (name === '') throw buildError('cannot set or create an empty field name')
    const isLast = index === this.#path.length - 1
    const has = Object.hasOwn(map, name)
    if (!has || map[name] === null) {
      if (isList) {
        if (has) map[name] = []
        return
      }
      if (this.#creates === undefined) {
        // A field that is null at the end of the path is visited, as one that is there.
        if (has && isLast) this.#visit(map, name, null)
        return
      }
      if (!isLast || this.#creates === 'map') map[name] = {}
      else map[name] = null
    }
    this.#walk(map, name, index + 1)
  }

  #walk(parent: Record<string, unknown> | unknown[], key: string | number, index: number): void {
    const value = (parent as Record<string | number, unknown>)[key]
    if (index === this.#path.length) {
      this.#visit(parent, key, value)
      return
    }
    if (value === null || value === undefined) return
    if (Array.isArray(value)) for (let item = 0; item < value.length; item++) this.#walkItem(value, item, index)
    else if (isObject(value)) this.walkMap(value, index)
    else throw buildError('expected sequence or mapping node')
  }

  #walkItem(list: unknown[], item: number, index: number): void {
    const value = list[item]
    if (isObject(value)) this.walkMap(value, index)
    else this.#walk(list, item, index)
  }
}

export function setAt(parent: Record<string, unknown> | unknown[], key: string | number, value: unknown): void {
  ;(parent as Record<string | number, unknown>)[key] = value
}

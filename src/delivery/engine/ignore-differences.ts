import { cloneJson, isObject } from '../../base/json.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { IgnoreDifference } from '../delivery.js'
import { type JqPath, type Place, parseJqPath } from './jq-path.js'

/** What is left out when an object is compared. */
export interface IgnoredFields {
  /** A copy of `object` without them; the object itself when nothing is left out. `live` tells which fields others manage. */
  without(object: KubeObject, live: KubeObject | undefined): KubeObject
  /** `desired` with the live values in their place (RespectIgnoreDifferences). */
  keepLive(desired: KubeObject, live: KubeObject): KubeObject
  /** Expressions that could not be read. */
  readonly problems: readonly string[]
}

/** Undefined when no rule is for the object. */
export function ignoredFieldsFor(object: KubeObject, rules: readonly IgnoreDifference[]): IgnoredFields | undefined {
  const group = groupOf(object.apiVersion)
  const matching = rules.filter(
    (rule) =>
      (rule.group === '*' || rule.group === group) &&
      (rule.kind === '*' || rule.kind === object.kind) &&
      (!rule.name || rule.name === object.metadata.name) &&
      (!rule.namespace || rule.namespace === (object.metadata.namespace ?? '')),
  )
  if (matching.length === 0) return undefined
  const pointers = matching.flatMap((rule) => rule.jsonPointers ?? []).map(parsePointer)
  const problems: string[] = []
  const paths: JqPath[] = []
  for (const expression of matching.flatMap((rule) => rule.jqPathExpressions ?? [])) {
    const path = parseJqPath(expression)
    if (path) paths.push(path)
    else
      problems.push(
        `ignoreDifferences: jqPathExpressions: ${expression} is not a path that is understood (paths, [], select with == and !=)`,
      )
  }
  const managers = new Set(matching.flatMap((rule) => rule.managedFieldsManagers ?? []))

  return {
    problems,
    without(subject, live) {
      const copy = cloneJson(subject)
      for (const pointer of pointers) {
        const place = findPointer(copy, pointer)
        if (place) removePlace(place)
      }
      // From the end, so that earlier elements of a list keep their positions.
      for (const path of paths) for (const place of path(copy).reverse()) removePlace(place)
      for (const entry of live?.metadata.managedFields ?? []) {
        if (managers.has(entry.manager)) removeFields(copy, entry.fieldsV1)
      }
      return copy
    },
    keepLive(desired, live) {
      const copy = cloneJson(desired)
      const keep = (pointer: readonly string[]) => {
        const from = findPointer(live, pointer)
        const to = findPointer(copy, pointer)
        if (from) setPointer(copy, pointer, cloneJson(read(from)))
        else if (to) removePlace(to)
      }
      for (const pointer of pointers) keep(pointer)
      for (const path of paths) {
        for (const pointer of [...pointersOf(copy, path(copy)), ...pointersOf(live, path(live))]) keep(pointer)
      }
      const managed = (live.metadata.managedFields ?? []).filter((entry) => managers.has(entry.manager))
      for (const entry of managed) for (const pointer of leaves(copy, entry.fieldsV1, [])) keep(pointer)
      return copy
    },
  }
}

function parsePointer(text: string): readonly string[] {
  return text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function child(value: unknown, key: string): { parent: Record<string, unknown> | unknown[]; key: string | number } | undefined {
  if (Array.isArray(value)) {
    const index = /^\d{1,9}$/.test(key) ? Number(key) : -1
    return index >= 0 && index < value.length ? { parent: value, key: index } : undefined
  }
  return isObject(value) && Object.hasOwn(value, key) ? { parent: value, key } : undefined
}

function read(place: Place): unknown {
  return (place.parent as Record<string | number, unknown>)[place.key]
}

function findPointer(document: unknown, pointer: readonly string[]): Place | undefined {
  let value = document
  let place: Place | undefined
  for (const key of pointer) {
    place = child(value, key)
    if (place === undefined) return undefined
    value = read(place)
  }
  return place
}

function setPointer(document: unknown, pointer: readonly string[], value: unknown): void {
  let at = document
  for (const key of pointer.slice(0, -1)) {
    const place = child(at, key)
    if (place) at = read(place)
    else if (isObject(at) && key !== '__proto__') at = at[key] = {}
    else return
  }
  const last = pointer.at(-1)
  if (last === undefined || last === '__proto__') return
  if (isObject(at)) at[last] = value
  else if (Array.isArray(at)) {
    const place = child(at, last)
    if (place) at[place.key as number] = value
  }
}

function removePlace(place: Place): void {
  if (Array.isArray(place.parent)) place.parent.splice(place.key as number, 1)
  else delete place.parent[place.key as string]
}

/** Where places are, as pointers from the document's root. */
function pointersOf(document: unknown, places: readonly Place[]): string[][] {
  const found: string[][] = []
  const visit = (value: unknown, path: string[]) => {
    for (const place of places) if (place.parent === value) found.push([...path, String(place.key)])
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, String(index)])
    else if (isObject(value)) for (const key of Object.keys(value)) visit(value[key], [...path, key])
  }
  visit(document, [])
  return found
}

/** Removes the leaves of a managed fields set (`f:name`, `k:{...}`, `v:...`) from the document. */
function removeFields(document: unknown, fields: Record<string, unknown>): void {
  const pointers = leaves(document, fields, [])
  for (const pointer of pointers.reverse()) {
    const place = findPointer(document, pointer)
    if (place) removePlace(place)
  }
}

function leaves(document: unknown, fields: Record<string, unknown>, path: readonly string[]): string[][] {
  const found: string[][] = []
  for (const [key, below] of Object.entries(fields)) {
    if (key === '.' || !isObject(below)) continue
    const name = elementKey(document, key)
    if (name === undefined) continue
    const inner = Object.keys(below).filter((member) => member !== '.')
    if (inner.length === 0) found.push([...path, name])
    else {
      const place = child(document, name)
      if (place) found.push(...leaves(read(place), below, [...path, name]))
    }
  }
  return found
}

/** The member or the position that an element of a field set names. */
function elementKey(value: unknown, element: string): string | undefined {
  if (element.startsWith('f:')) return element.slice(2)
  if (!Array.isArray(value)) return undefined
  try {
    if (element.startsWith('i:')) return element.slice(2)
    const wanted = JSON.parse(element.slice(2)) as unknown
    const index = element.startsWith('k:')
      ? value.findIndex(
          (item) => isObject(item) && isObject(wanted) && Object.entries(wanted).every(([key, member]) => item[key] === member),
        )
      : value.indexOf(wanted)
    return index < 0 ? undefined : String(index)
  } catch {
    return undefined
  }
}

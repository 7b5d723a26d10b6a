import { isObject, setOwn } from '../../../../base/json.js'
import { scalarStyle } from '../../../../formats/yaml/scalar-style.js'
import { isImplicitNull, isQuoted, markQuoted, numberText, untypedText } from '../../../../formats/yaml/source-marks.js'
import type { SchemaCatalogue, SchemaNode } from '../../../../kube/schema/schema-node.js'
import { buildError } from '../build-error.js'
import { scalarText } from '../resources/resource.js'
import { retyped } from '../resources/untyped-scalar.js'
import { writeShared } from './shared-values.js'
import { type Keep, keepNull, mergeLists, type Side } from './strategic-merge-list.js'

/**
 * Kustomize's strategic merge: `patch` is merged into `object` in place. It differs from kube-apiserver's: whatever the
 * object has is walked too (lists with a merge key lose repeated elements, new elements come first), null removes, and
 * kinds without a schema have their lists replaced. The patch is used up. Answers undefined when the patch deletes the object.
 */
export function mergeStrategically(
  object: Record<string, unknown>,
  patch: Record<string, unknown>,
  schemas: SchemaCatalogue,
): Record<string, unknown> | undefined {
  const merged = new Merger(schemas).walk(object, patch, undefined, '')
  return isObject(merged) ? merged : undefined
}

/** What stands for a missing field is undefined, for an explicit null that is to stay the symbol keepNull. */
export class Merger {
  readonly #schemas: SchemaCatalogue

  constructor(schemas: SchemaCatalogue) {
    this.#schemas = schemas
  }

  walk(dest: Side, origin: Side, schema: SchemaNode | undefined, path: string): Keep {
    const first = dest ?? origin
    const ownSchema = schema ?? this.#schemaOf(dest) ?? this.#schemaOf(origin)
    if (first === null || first === undefined || isObject(first)) {
      sameKind(dest, origin, isObject, 'a map', path)
      return this.#walkMap(dest as MapSide, origin as MapSide, ownSchema, path)
    }
    if (Array.isArray(first)) {
      sameKind(dest, origin, Array.isArray, 'a list', path)
      if (ownSchema?.patchStrategy?.includes('merge') === true) {
        return mergeLists(this, dest as unknown[] | null | undefined, origin as unknown[] | null | undefined, ownSchema, path)
      }
      return origin === undefined ? dest : origin
    }
    sameKind(dest, origin, (value) => typeof value !== 'object', 'a scalar', path)
    return origin === undefined ? dest : origin
  }

  #walkMap(dest: MapSide, origin: MapSide, schema: SchemaNode | undefined, path: string): Keep {
    const target = visitMap(dest, origin, path)
    if (target === undefined || target === null || target === keepNull) return target
    for (const key of fieldsOf(target, origin)) {
      const text = untypedText(target, key)
      if (text !== undefined) setOwn(target, key, text)
      const value = this.walk(
        own(target, key),
        isObject(origin) ? own(origin, key) : undefined,
        fieldSchema(schema, key),
        path === '' ? key : `${path}.${key}`,
      )
      if (value === undefined || value === null || (value === keepNull && isImplicitNull(target, key))) delete target[key]
      else if (value === keepNull) setOwn(target, key, null)
      else if (typeof value === 'object' || target === origin) setOwn(target, key, value)
      else setScalar(target, key, value, origin)
    }
    return target
  }

  #schemaOf(side: Side): SchemaNode | undefined {
    if (!isObject(side)) return undefined
    const { apiVersion, kind } = side
    return typeof apiVersion === 'string' && typeof kind === 'string' ? this.#schemas.forKind(apiVersion, kind) : undefined
  }
}

/**
 * A scalar of the patch takes over the quotes of the one in its place: a number for what was text in quotes becomes text. In
 * a new place it keeps its own.
 */
function setScalar(target: Record<string, unknown>, key: string, value: unknown, origin: MapSide): void {
  const before = Object.hasOwn(target, key) ? target[key] : undefined
  if (before === undefined || before === null || typeof before === 'object') {
    if (isObject(origin) && isQuoted(origin, key)) markQuoted(target, key)
    setOwn(target, key, value)
    return
  }
  const wasQuoted = typeof before === 'string' && (isQuoted(target, key) || scalarStyle(before, false) !== 'plain')
  writeShared(target, key, wasQuoted && typeof value !== 'string' ? textIn(origin, key, value) : value)
}

/** A scalar as it is written in the patch. */
function textIn(origin: MapSide, key: string, value: unknown): string {
  const text = typeof value === 'number' && isObject(origin) ? numberText(origin, key) : undefined
  return text !== undefined && retyped(text) === value ? text : scalarText(value)
}

type MapSide = Record<string, unknown> | null | undefined

function visitMap(dest: MapSide, origin: MapSide, path: string): MapSide | typeof keepNull {
  if (dest === undefined || dest === null) {
    const isDeletion = isObject(origin) && takeDirective(origin, path) === 'delete'
    if (isDeletion) return undefined
    return origin === undefined && dest === null ? keepNull : origin
  }
  if (origin === null) return undefined
  const directive = origin === undefined ? 'merge' : takeDirective(origin, path)
  if (directive === 'delete') return undefined
  return directive === 'replace' ? origin : dest
}

/** What the map's `$patch` asks for; the key is taken out. */
function takeDirective(origin: Record<string, unknown>, path: string): 'merge' | 'replace' | 'delete' {
  if (!Object.hasOwn(origin, '$patch') || origin['$patch'] === null) return 'merge'
  const directive = origin['$patch']
  if (directive !== 'merge' && directive !== 'replace' && directive !== 'delete') {
    throw buildError(
      `${path === '' ? 'patch' : path}: unknown patch strategy '${String(directive)}'`,
      'Use merge, replace or delete.',
    )
  }
  delete origin['$patch']
  return directive
}

function fieldsOf(target: Record<string, unknown>, origin: MapSide): string[] {
  const fields = Object.keys(target)
  if (isObject(origin) && origin !== target)
    for (const key of Object.keys(origin)) if (!Object.hasOwn(target, key)) fields.push(key)
  return fields
}

function own(map: Record<string, unknown>, key: string): Side {
  return Object.hasOwn(map, key) ? (map[key] as Side) : undefined
}

function fieldSchema(schema: SchemaNode | undefined, key: string): SchemaNode | undefined {
  if (schema === undefined) return undefined
  if (schema.type === 'map') return schema.items
  return schema.fields?.get(key)?.schema
}

function sameKind(dest: Side, origin: Side, fits: (value: unknown) => boolean, expected: string, path: string): void {
  for (const side of [dest, origin]) {
    if (side === null || side === undefined || fits(side)) continue
    const found = Array.isArray(side) ? 'a list' : isObject(side) ? 'a map' : 'a scalar'
    throw buildError(`${path === '' ? 'patch' : path}: wrong node kind: expected ${expected} but got ${found}`)
  }
}

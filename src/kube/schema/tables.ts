import { BugError } from '../../base/errors.js'
import { kindTable, scalarTable, structTable } from './tables.generated.js'

/**
 * One field of a struct as the table has it: JSON name (empty: the fields of the struct stand in the parent's JSON),
 * protobuf number (0: not on the wire), type expression, flags, what else is known.
 *
 * A type expression is prefixes (`[]` list, `{}` map of string, `@` a list that is a message of its own on the wire)
 * and one of: `s` string, `b` boolean, `i` int32, `l` int64, `f` float64, `y` bytes, `u8` byte, `t` Time, `T` MicroTime,
 * `D` Duration, `q` Quantity, `x` IntOrString, `R` RawExtension, `F` FieldsV1, `J` JSON, `B`/`A`/`S`
 * JSONSchemaPropsOr{Bool,Array,StringArray}, `#n` struct n, `$n` named scalar n.
 */
export type FieldRow = readonly [jsonName: string, number: number, type: string, flags: number, more?: FieldMore]

export interface FieldMore {
  /** listType */
  readonly l?: 'atomic' | 'set' | 'map'
  /** listMapKey */
  readonly k?: readonly string[]
  /** patchStrategy, comma-separated */
  readonly s?: string
  /** patchMergeKey */
  readonly m?: string
  /** mapType or structType */
  readonly a?: 'atomic' | 'granular'
  /** default */
  readonly d?: string | number | boolean
}

export const requiredFlag = 1
export const omitEmptyFlag = 2
export const pointerFlag = 4
export const inlineFlag = 8

export interface StructRow {
  readonly name: string
  readonly atomic: boolean
  readonly fields: readonly FieldRow[]
}

let lines: string[] | undefined
const rows: (StructRow | undefined)[] = []

/** The struct with this index; its line is parsed on first use. */
export function structRow(index: number): StructRow {
  const known = rows[index]
  if (known !== undefined) return known
  lines ??= structTable.split('\n')
  const [name, atomic, fields] = JSON.parse(lines[index] ?? '') as [string, number, FieldRow[]]
  const row = { name, atomic: atomic === 1, fields }
  rows[index] = row
  return row
}

/** Base type of a named scalar, its Go name and its enumeration. */
export function scalarRow(index: number): { goName: string; base: string; values: readonly string[] | undefined } {
  const [goName, base, values] = scalarTable[index] ?? ['', 's']
  return { goName, base, values }
}

const metaApiVersion = 'meta.k8s.io/v1'

/** Index of the struct of a kind. Kinds of meta/v1 (DeleteOptions, Status ...) belong to every apiVersion, as in client-go. */
export function structIndexOf(apiVersion: string, kind: string): number | undefined {
  return own(own(kindTable, apiVersion), kind) ?? own(kindTable[metaApiVersion], kind)
}

/** Every apiVersion with its kinds. */
export function builtInKinds(): Readonly<Record<string, Readonly<Record<string, number>>>> {
  return kindTable
}

function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined
}

const indexesByName = new Map<string, number>()

/** Index of the struct with this OpenAPI name. Throws when there is none. */
export function structIndexByName(name: string): number {
  let index = indexesByName.get(name)
  if (index === undefined) {
    lines ??= structTable.split('\n')
    index = lines.findIndex((line) => line.startsWith(`["${name}",`))
    if (index < 0) throw new BugError({ code: 'unknown-struct', message: `the schema tables have no struct ${name}` })
    indexesByName.set(name, index)
  }
  return index
}

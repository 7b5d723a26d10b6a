import type { CelField, CelType } from '../../../formats/cel/contract.js'
import { isSchema, propertiesOf } from '../definitions/structural-invariants.js'
import { isSet, listOf, type Members, membersOf, textOf } from '../validation/findings.js'
import { celName } from './cel-name.js'

/** The type of a schema for rules, with the sizes from which the costs of rules are estimated. */
export interface DeclaredType {
  /** The smallest JSON text of a value, in bytes. */
  readonly least: number
  /** Object types: by property, unlike their CEL types, which have the escaped names. */
  readonly fields?: ReadonlyMap<string, DeclaredType>
  /** Lists and maps. */
  readonly items?: DeclaredType
  /** As a CEL type; objects inside are named after the path from `name`. */
  named(name: string): CelType
}

/** The largest request body, so no value is larger. */
const mostBytes = 3 * 1024 * 1024

const anyText = { type: 'string' }
const objectMeta = { type: 'object', properties: { name: anyText, generateName: anyText } }

/**
 * What a rule sees of a structural schema; undefined when it sees nothing. Of whole objects (`whole`: the root, embedded objects)
 * it sees apiVersion, kind and the names of the metadata, whatever else their schema says of those.
 *
 * Reference: SchemaDeclType of k8s.io/apiserver/pkg/cel/common.
 */
export function declaredType(schema: Members, whole: boolean): DeclaredType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return scalar({ kind: 'dyn', maxSize: mostBytes - 2 }, 1)
  switch (schema['type']) {
    case 'array':
      return listType(schema)
    case 'object':
      return isSchema(schema['additionalProperties']) && !whole ? mapType(schema) : objectType(schema, whole)
    case 'string':
      return textType(schema)
    case 'boolean':
      return scalar({ kind: 'bool' }, 4)
    case 'number':
      return scalar({ kind: 'double' }, 1)
    case 'integer':
      return scalar({ kind: 'int' }, 1)
    default:
      return undefined
  }
}

function scalar(type: CelType, least: number): DeclaredType {
  return { least, named: () => type }
}

function part(schema: unknown): DeclaredType | undefined {
  const members = membersOf(schema)
  return declaredType(members, members['x-kubernetes-embedded-resource'] === true)
}

function most(declared: unknown, otherwise: number): number {
  return typeof declared === 'number' ? Math.max(declared, 0) : Math.trunc(otherwise)
}

function listType(schema: Members): DeclaredType | undefined {
  const items = isSchema(schema['items']) ? part(schema['items']) : undefined
  if (items === undefined) return undefined
  const maxItems = most(schema['maxItems'], (mostBytes - 2) / (items.least + 1))
  return {
    least: 2,
    items,
    named: (name) => ({ kind: 'list', items: items.named(`${name}.@idx`), maxItems, ...identityOf(schema) }),
  }
}

/** How elements are told apart. */
function identityOf(schema: Members): { listType?: 'set' | 'map'; mapKeys?: readonly string[] } {
  const listType = schema['x-kubernetes-list-type']
  if (listType === 'set') return { listType }
  return listType === 'map' ? { listType, mapKeys: listOf(schema['x-kubernetes-list-map-keys']).map(textOf) } : {}
}

function mapType(schema: Members): DeclaredType | undefined {
  const items = part(schema['additionalProperties'])
  if (items === undefined) return undefined
  const maxProperties = most(schema['maxProperties'], (mostBytes - 2) / (items.least + 6))
  // Upstream's keys have no size of their own, so that walking them costs as if they were empty.
  const key: CelType = { kind: 'string', maxLength: 0 }
  return { least: 2, items, named: (name) => ({ kind: 'map', key, value: items.named(`${name}.@elem`), maxProperties }) }
}

function objectType(schema: Members, whole: boolean): DeclaredType {
  const properties = whole
    ? { ...membersOf(schema['properties']), kind: anyText, apiVersion: anyText, metadata: metadataOf(schema) }
    : membersOf(schema['properties'])
  const required = listOf(schema['required'])
  const fields = new Map<string, DeclaredType>()
  let least = 2
  for (const [name, property] of propertiesOf({ properties })) {
    const type = part(property)
    if (type === undefined) continue
    fields.set(name, type)
    if (required.includes(name) && !isSet(property['default'])) least += name.length + type.least + 4
  }
  return { least, fields, named: (name) => objectCelType(name, fields) }
}

function objectCelType(name: string, types: ReadonlyMap<string, DeclaredType>): CelType {
  let fields: Map<string, CelField> | undefined
  return {
    kind: 'object',
    name,
    get fields() {
      if (fields !== undefined) return fields
      fields = new Map()
      for (const [property, type] of types) {
        const escaped = celName(property)
        if (escaped !== undefined) fields.set(escaped, { type: type.named(`${name}.${escaped}`), property })
      }
      return fields
    },
  }
}

/** A definition that says all of it keeps what it says. */
function metadataOf(schema: Members): Members {
  const own = membersOf(membersOf(schema['properties'])['metadata'])
  const names = membersOf(own['properties'])
  const isText = (key: string) => membersOf(names[key])['type'] === 'string'
  return own['type'] === 'object' && isText('name') && isText('generateName') ? own : objectMeta
}

function textType(schema: Members): DeclaredType {
  switch (textOf(schema['format'])) {
    case 'byte':
      return scalar({ kind: 'bytes', maxSize: most(schema['maxLength'], mostBytes - 2) }, 2)
    case 'duration':
      return scalar({ kind: 'duration', maxSize: 32 }, 3)
    case 'date':
      return scalar({ kind: 'timestamp', maxSize: 12 }, 12)
    case 'date-time':
      return scalar({ kind: 'timestamp', maxSize: 32 }, 21)
    default: {
      const { maxLength } = schema
      const texts = listOf(schema['enum'])
      // Lengths are of code points, of up to four bytes each.
      if (typeof maxLength === 'number') return scalar({ kind: 'string', maxLength: Math.max(maxLength, 0) * 4 }, 2)
      const longest = texts.length === 0 ? mostBytes - 2 : Math.max(...texts.map((one) => byteLength(textOf(one))))
      return scalar({ kind: 'string', maxLength: longest }, 2)
    }
  }
}

function byteLength(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

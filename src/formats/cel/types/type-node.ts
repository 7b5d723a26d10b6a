import type { CelType } from '../contract.js'

export type TypeKind =
  | 'dyn'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'null'
  | 'opaque'
  | 'string'
  | 'struct'
  | 'timestamp'
  | 'type'
  | 'param'
  | 'uint'

/** A type as the checker works with it. `name` is the runtime name. */
export interface TypeNode {
  readonly kind: TypeKind
  readonly name: string
  readonly params: readonly TypeNode[]
  /** The declared object: its fields. */
  readonly object?: Extract<CelType, { kind: 'object' }>
}

function simple(kind: TypeKind, name: string): TypeNode {
  return { kind, name, params: [] }
}

export const dynType = simple('dyn', 'dyn')
export const boolType = simple('bool', 'bool')
export const bytesType = simple('bytes', 'bytes')
export const doubleType = simple('double', 'double')
export const durationType = simple('duration', 'google.protobuf.Duration')
export const errorType = simple('error', 'error')
export const intType = simple('int', 'int')
export const nullType = simple('null', 'null_type')
export const stringType = simple('string', 'string')
export const timestampType = simple('timestamp', 'google.protobuf.Timestamp')
export const uintType = simple('uint', 'uint')
export const typeType = simple('type', 'type')

export function listType(items: TypeNode): TypeNode {
  return { kind: 'list', name: 'list', params: [items] }
}
export function mapType(key: TypeNode, value: TypeNode): TypeNode {
  return { kind: 'map', name: 'map', params: [key, value] }
}
export function optionalType(of: TypeNode): TypeNode {
  return { kind: 'opaque', name: 'optional_type', params: [of] }
}
export function opaqueType(name: string, ...params: TypeNode[]): TypeNode {
  return { kind: 'opaque', name, params }
}
export function structType(name: string): TypeNode {
  return simple('struct', name)
}
export function paramType(name: string): TypeNode {
  return simple('param', name)
}
export function typeOfType(of: TypeNode): TypeNode {
  return { kind: 'type', name: 'type', params: [of] }
}

export function isOptional(type: TypeNode): boolean {
  return type.kind === 'opaque' && type.name === 'optional_type'
}

/** Types of libraries that upstream declares as opaque; the others are structs without fields. */
const opaqueNames = new Set(['net.IP', 'net.CIDR'])

export function libraryType(name: string): TypeNode {
  return opaqueNames.has(name) ? opaqueType(name) : structType(name)
}

const known = new WeakMap<CelType, TypeNode>()

export function fromCelType(type: CelType): TypeNode {
  const cached = known.get(type)
  if (cached !== undefined) return cached
  const node = convert(type)
  known.set(type, node)
  return node
}

function convert(type: CelType): TypeNode {
  switch (type.kind) {
    case 'dyn':
      return dynType
    case 'bool':
      return boolType
    case 'int':
      return intType
    case 'uint':
      return uintType
    case 'double':
      return doubleType
    case 'bytes':
      return bytesType
    case 'null':
      return nullType
    case 'timestamp':
      return timestampType
    case 'duration':
      return durationType
    case 'type':
      return typeType
    case 'string':
      return stringType
    case 'list':
      return listType(fromCelType(type.items))
    case 'map':
      return mapType(fromCelType(type.key), fromCelType(type.value))
    case 'optional':
      return optionalType(fromCelType(type.of))
    case 'object':
      return { kind: 'struct', name: type.name, params: [], object: type }
    case 'opaque':
      return libraryType(type.name)
  }
}

export function toCelType(type: TypeNode): CelType {
  switch (type.kind) {
    case 'list':
      return { kind: 'list', items: toCelType(type.params[0]!) }
    case 'map':
      return { kind: 'map', key: toCelType(type.params[0]!), value: toCelType(type.params[1]!) }
    case 'opaque':
      return isOptional(type) ? { kind: 'optional', of: toCelType(type.params[0]!) } : { kind: 'opaque', name: type.name }
    case 'struct':
      return type.object ?? { kind: 'opaque', name: type.name }
    case 'error':
    case 'param':
      return { kind: 'dyn' }
    default:
      return { kind: type.kind }
  }
}

/** As error texts write a type. */
export function formatType(type: TypeNode): string {
  switch (type.kind) {
    case 'duration':
    case 'timestamp':
    case 'null':
      return type.kind
    case 'error':
      return '!error!'
    case 'param':
      return type.name
  }
  if (type.params.length === 0) return type.name
  return `${type.name}(${type.params.map(formatType).join(', ')})`
}

export function sameType(a: TypeNode, b: TypeNode, namesOfParams = true): boolean {
  if (a === b) return true
  if (a.kind !== b.kind || a.params.length !== b.params.length) return false
  if ((namesOfParams || a.kind !== 'param') && a.name !== b.name) return false
  return a.params.every((param, i) => sameType(param, b.params[i]!, namesOfParams))
}

export function typeParameters(types: readonly TypeNode[], into: Set<string> = new Set()): Set<string> {
  for (const type of types) {
    if (type.kind === 'param') into.add(type.name)
    typeParameters(type.params, into)
  }
  return into
}

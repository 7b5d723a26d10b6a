import { isNumber } from '../../base/json-text.js'
import type { SchemaNode } from './schema-node.js'

/** Where a value stands, as a list from the leaf to the root. `inside`: the step goes into a list or a map. */
export interface Path {
  readonly parent: Path | undefined
  readonly step: string | number
  readonly inside?: boolean
}

/** A number as a text has it, which says more than its value. */
export class NumberLiteral {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** As strict decoding errors print it: `spec.containers[0].name`. */
export function pathText(path: Path): string {
  const step = typeof path.step === 'number' ? `[${path.step}]` : path.step
  if (path.parent === undefined) return step
  return typeof path.step === 'number' ? pathText(path.parent) + step : `${pathText(path.parent)}.${step}`
}

/** The names of the struct fields alone: what encoding/json prints. */
function fieldPath(path: Path | undefined): string {
  if (path === undefined) return ''
  if (path.inside === true) return fieldPath(path.parent)
  const before = fieldPath(path.parent)
  return before === '' ? String(path.step) : `${before}.${path.step}`
}

/** The message of encoding/json's UnmarshalTypeError. `type` is the node, or the name of the Go type. */
export function cannotUnmarshal(value: unknown, type: string | SchemaNode, struct: SchemaNode, path: Path | undefined): string {
  const goType = typeof type === 'string' ? type : goTypeOf(type)
  const field = fieldPath(path)
  const into = field === '' ? 'value' : `struct field ${lastOf(struct.name)}.${field}`
  return `json: cannot unmarshal ${describe(value, goType)} into Go ${into} of type ${goType}`
}

function describe(value: unknown, goType: string): string {
  if (value instanceof NumberLiteral) return `number ${value.text}`
  if (isNumber(value)) return /^u?int\d/.test(goType) ? `number ${value}` : 'number'
  if (typeof value === 'boolean') return 'bool'
  return Array.isArray(value) ? 'array' : typeof value
}

const goScalars: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool', bytes: '[]uint8', number: 'float64' }

function goTypeOf(node: SchemaNode): string {
  if (node.goName !== undefined) return node.goName
  if (node.type === 'list') return `[]${node.items ? goTypeOf(node.items) : ''}`
  if (node.type === 'map')
    return node.items?.type === 'quantity' ? 'v1.ResourceList' : `map[string]${node.items ? goTypeOf(node.items) : ''}`
  if (node.type === 'integer') return node.format ?? 'int64'
  if (node.name !== undefined) return node.name.split('.').slice(-2).join('.')
  return goScalars[node.type] ?? node.type
}

function lastOf(name: string | undefined): string {
  return name?.slice(name.lastIndexOf('.') + 1) ?? ''
}

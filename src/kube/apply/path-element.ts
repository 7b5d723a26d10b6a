import { isObject } from '../../base/json.js'
import { isNumber, parseJson, printJson } from '../../base/json-text.js'
import type { SchemaNode } from '../schema/schema-node.js'

/**
 * One step of a field path, as FieldsV1 writes it: `f:name` a field or map key, `k:{"name":"web"}` an element of an
 * associative list, `v:"x"` an element of a set, `i:0` an index. The text is canonical (keys sorted, no blanks), so equal
 * steps are equal strings.
 */
export type PathElement = string

export function fieldElement(name: string): PathElement {
  return `f:${name}`
}

export function isFieldElement(element: PathElement): boolean {
  return element.charCodeAt(0) === 102
}

/** The canonical text of what FieldsV1 has as a key, undefined for a kind of step that is not known. Throws on malformed text. */
export function parsePathElement(text: string): PathElement | undefined {
  if (text.length < 2 || text[1] !== ':')
    throw new SyntaxError(`${JSON.stringify(text)} is no path element: expected f:, k:, v: or i:`)
  switch (text[0]) {
    case 'f':
      return text
    case 'k': {
      const keys: unknown = parseJson(text.slice(2))
      if (!isObject(keys)) throw new SyntaxError(`${text} is no path element: expected an object of keys`)
      return keyElement(Object.keys(keys).map((name) => [name, keys[name]]))
    }
    case 'v':
      return valueElement(parseJson(text.slice(2)))
    case 'i':
      if (!/^-?[0-9]+$/.test(text.slice(2))) throw new SyntaxError(`${text} is no path element: expected an index`)
      return `i:${Number(text.slice(2))}`
    default:
      return undefined
  }
}

/** Why an element of a list cannot be told from the others. */
export class UnidentifiedElement extends Error {}

/** The step to an element of an associative list (`map`: by its keys, with their defaults; `set`: by its value). */
export function elementOf(list: SchemaNode, item: unknown): PathElement {
  if (list.listType !== 'map') return setElement(item)
  const keys = list.listMapKeys as readonly string[]
  if (item === null || item === undefined) {
    throw new UnidentifiedElement('associative list with keys may not have a null element')
  }
  if (!isObject(item)) throw new UnidentifiedElement('associative list with keys may not have non-map elements')
  if (keys.length === 1) {
    const name = keys[0] as string
    const value = item[name]
    // The common case without intermediate arrays.
    if (typeof value === 'string') return `k:{"${name}":${quoteJson(value)}}`
  }
  return keyElement(keys.map((name) => [name, keyValue(list, item, name)]))
}

function keyValue(list: SchemaNode, item: Record<string, unknown>, name: string): unknown {
  const value = item[name]
  if (value !== undefined) return value
  const byDefault = list.items?.fields?.get(name)?.schema.default
  if (byDefault !== undefined && byDefault !== null) return byDefault
  // Members of built-in kinds that are always there are the empty text when they are not.
  const field = list.items?.fields?.get(name)
  if (list.items?.name?.startsWith('io.k8s.') && field?.required === true && field.schema.type === 'string') return ''
  throw new UnidentifiedElement(
    `associative list with keys has an element that omits key field ${JSON.stringify(name)} (and doesn't have default value)`,
  )
}

function keyElement(keys: [string, unknown][]): PathElement {
  keys.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `k:{${keys.map(([name, value]) => `${quoteJson(name)}:${printGoJson(value)}`).join(',')}}`
}

function setElement(item: unknown): PathElement {
  if (isObject(item)) throw new UnidentifiedElement("associative list without keys has an element that's a map type")
  if (Array.isArray(item)) throw new UnidentifiedElement('not supported: associative list with lists as elements')
  if (item === null || item === undefined) {
    throw new UnidentifiedElement("associative list without keys has an element that's an explicit null")
  }
  return valueElement(item)
}

function valueElement(value: unknown): PathElement {
  return `v:${printGoJson(value)}`
}

const plain = /^[^"\\<>&\u0000-\u001f\u007f-\uffff]*$/
const unsafeInHtml = /[<>&\u2028\u2029]/g

function quoteJson(text: string): string {
  return plain.test(text) ? `"${text}"` : printGoJson(text)
}

/** JSON as Go's encoder writes it: safe inside HTML, keys sorted. */
function printGoJson(value: unknown): string {
  if (isObject(value)) {
    return `{${Object.keys(value)
      .sort()
      .map((name) => `${quoteJson(name)}:${printGoJson(value[name])}`)
      .join(',')}}`
  }
  return printJson(value).replace(unsafeInHtml, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** How upstream prints a step inside a path: `.spec`, `[name="web"]`, `[="x"]`, `[0]`. */
export function formatPathElement(element: PathElement): string {
  const content = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${content}`
    case 'k': {
      const keys = parseJson(content) as Record<string, unknown>
      return `[${Object.entries(keys)
        .map(([name, value]) => `${name}=${formatValue(value)}`)
        .join(',')}]`
    }
    case 'v':
      return `[=${formatValue(parseJson(content))}]`
    default:
      return `[${content}]`
  }
}

function formatValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(formatValue).join(',')}]`
  if (isObject(value))
    return Object.entries(value)
      .map(([name, member]) => `${name}=${formatValue(member)}`)
      .join('')
  return printJson(value)
}

const kindOrder = 'fkvi'

/** The canonical order of FieldsV1: fields, keys, values, indexes; each by their content. */
export function comparePathElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0
  const kind = kindOrder.indexOf(a[0] as string) - kindOrder.indexOf(b[0] as string)
  if (kind !== 0) return kind
  if (a[0] === 'f') return a < b ? -1 : 1
  if (a[0] === 'i') return Number(a.slice(2)) - Number(b.slice(2))
  const left: unknown = parseJson(a.slice(2))
  const right: unknown = parseJson(b.slice(2))
  if (a[0] === 'v') return compareValues(left, right)
  const leftKeys = Object.entries(left as object)
  const rightKeys = Object.entries(right as object)
  for (let index = 0; index < leftKeys.length && index < rightKeys.length; index++) {
    const [leftName, leftValue] = leftKeys[index] as [string, unknown]
    const [rightName, rightValue] = rightKeys[index] as [string, unknown]
    if (leftName !== rightName) return leftName < rightName ? -1 : 1
    const order = compareValues(leftValue, rightValue)
    if (order !== 0) return order
  }
  return leftKeys.length - rightKeys.length
}

/** Numbers before strings before booleans before everything else. */
function compareValues(a: unknown, b: unknown): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (isNumber(a)) return a < (b as number | bigint) ? -1 : a > (b as number | bigint) ? 1 : 0
  if (typeof a === 'boolean') return Number(a) - Number(b)
  const left = typeof a === 'string' ? a : printJson(a)
  const right = typeof b === 'string' ? b : printJson(b)
  return left < right ? -1 : left > right ? 1 : 0
}

function rankOf(value: unknown): number {
  return isNumber(value) ? 0 : typeof value === 'string' ? 1 : typeof value === 'boolean' ? 2 : 3
}

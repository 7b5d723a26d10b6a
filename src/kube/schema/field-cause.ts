import { isObject } from '../../base/json.js'
import type { StatusCause } from '../object/status-error.js'

/**
 * The causes of a Status of reason Invalid, in the texts of k8s.io/apimachinery/pkg/util/validation/field. `value` is
 * printed into the message, `detail` follows it.
 */
export const fieldCauses = {
  required: (field: string, detail = '') => cause('FieldValueRequired', field, 'Required value', detail),
  invalid: (field: string, value: unknown, detail: string) =>
    cause('FieldValueInvalid', field, `Invalid value: ${printValue(value)}`, detail),
  typeInvalid: (field: string, value: unknown, detail: string) =>
    cause('FieldValueTypeInvalid', field, `Invalid value: ${printValue(value)}`, detail),
  duplicate: (field: string, value: unknown, detail = '') =>
    cause('FieldValueDuplicate', field, `Duplicate value: ${printValue(value)}`, detail),
  notFound: (field: string, value: unknown) => cause('FieldValueNotFound', field, `Not found: ${printValue(value)}`, ''),
  forbidden: (field: string, detail: string) => cause('FieldValueForbidden', field, 'Forbidden', detail),
  notSupported: (field: string, value: unknown, supported: readonly string[]) =>
    cause(
      'FieldValueNotSupported',
      field,
      `Unsupported value: ${printValue(value)}`,
      supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`,
    ),
  tooLong: (field: string, most: number) => cause('FieldValueTooLong', field, 'Too long', `may not be more than ${most} bytes`),
  tooMany: (field: string, count: number, most: number) =>
    cause('FieldValueTooMany', field, `Too many: ${count}`, `must have at most ${most} items`),
}

function cause(reason: string, field: string, head: string, detail: string): StatusCause {
  return { reason, message: detail === '' ? head : `${head}: ${detail}`, field }
}

/** A value that is printed as Go prints its own type: `map[string]string{"app":"a"}`. */
export class GoText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Go's %q for text, %v for other scalars, %#v for the rest of JSON. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) return '"null"'
  if (typeof value === 'string') return quote(value)
  if (value instanceof GoText) return value.text
  if (typeof value === 'object') return goSyntax(value)
  return String(value)
}

/** Go's strconv.Quote. */
export function quote(text: string): string {
  let quoted = ''
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (character === '"' || character === '\\') quoted += `\\${character}`
    else if (escapes[character] !== undefined) quoted += escapes[character]
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`
    else quoted += character
  }
  return `"${quoted}"`
}

const escapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
}

function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (isObject(value)) {
    const entries = Object.keys(value)
      .sort()
      .map((key) => `${quote(key)}:${goSyntax(value[key])}`)
    return `map[string]interface {}{${entries.join(', ')}}`
  }
  return typeof value === 'string' ? quote(value) : String(value)
}

import { setOwn } from '../../../base/json.js'
import { GoStruct, integerOf, isMap, isNilList, sortedKeys, typeName, wellFormed } from '../values.js'

/** Go's encoding/json: keys sorted, and with `escapesHtml` `<`, `>` and `&` as \u escapes. */
export function encodeJson(value: unknown, options: { escapesHtml: boolean; indent?: string }): string {
  return write(value, { ...options, isStruct: false }, '')
}

interface Style {
  readonly escapesHtml: boolean
  readonly indent?: string
  /** Members stand in the order of a struct's fields, as they are given. */
  readonly isStruct: boolean
}

function write(value: unknown, style: Style, margin: string): string {
  const { indent, escapesHtml } = style
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return quote(value, escapesHtml)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      throw new Error(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
    return Object.is(value, -0) ? '-0' : String(value)
  }
  const integer = integerOf(value)
  if (integer !== undefined) return integer.toString()
  if (value instanceof Uint8Array) return `"${btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(''))}"`
  if (value instanceof GoStruct) {
    const text = value.jsonText ?? (value.json === undefined ? value.text : undefined)
    if (text !== undefined) return quote(text(), escapesHtml)
    const shown = value.json?.()
    if (shown !== undefined) return write(shown, { ...style, isStruct: true }, margin)
    return write(value.underlying ?? value.fields, { ...style, isStruct: value.underlying === undefined }, margin)
  }
  const inner = indent === undefined ? '' : margin + indent
  const wrap = (open: string, close: string, parts: readonly string[]) => {
    if (parts.length === 0) return open + close
    if (indent === undefined) return open + parts.join(',') + close
    return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`
  }
  if (Array.isArray(value)) {
    if (isNilList(value)) return 'null'
    return wrap(
      '[',
      ']',
      value.map((item) => write(item, style, inner)),
    )
  }
  if (!isMap(value)) throw new Error(`json: unsupported type: ${typeName(value)}`)
  const separator = indent === undefined ? ':' : ': '
  const members = (style.isStruct ? Object.keys(value) : sortedKeys(value)).map(
    (key) => quote(key, escapesHtml) + separator + write(value[key], style, inner),
  )
  return wrap('{', '}', members)
}

function quote(text: string, escapesHtml: boolean): string {
  const quoted = JSON.stringify(text).replace(/[\u2028\u2029]/g, (found) => (found === '\u2028' ? '\\u2028' : '\\u2029'))
  const tidy = quoted.replace(/\\ud[89a-f][0-9a-f]{2}/g, '\\ufffd')
  return escapesHtml ? tidy.replace(/[<>&]/g, (found) => `\\u00${found.charCodeAt(0).toString(16)}`) : tidy
}

/** A template value as JSON data: integers as numbers, structs as encoding/json shows them. */
export function toJsonValue(value: unknown): unknown {
  return JSON.parse(encodeJson(value, { escapesHtml: false }))
}

/**
 * The same without the way through text, and with integers that no JavaScript number holds kept as bigints. Parts that are
 * plain data already may be shared with the value.
 */
export function toJsonData(value: unknown): unknown {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER && value < 2 ** 64 && value > -(2 ** 63)) {
      // JSON's text has the fewest digits that read back as the number, and zeros: those are what a reader of integers gets.
      return BigInt(String(value))
    }
    if (Number.isFinite(value)) return value
    throw new Error(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  }
  if (typeof value === 'string') return wellFormed(value)
  if (typeof value === 'boolean') return value
  if (value === null || value === undefined) return null
  const integer = integerOf(value)
  if (integer !== undefined) return BigInt.asIntN(54, integer) === integer ? Number(integer) : integer
  if (value instanceof Uint8Array) return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(''))
  if (value instanceof GoStruct) {
    const text = value.jsonText ?? (value.json === undefined ? value.text : undefined)
    return text === undefined ? toJsonData(value.json?.() ?? value.underlying ?? value.fields) : text()
  }
  if (Array.isArray(value)) return isNilList(value) ? null : value.map(toJsonData)
  if (!isMap(value)) throw new Error(`json: unsupported type: ${typeName(value)}`)
  const data: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setOwn(data, key, toJsonData(value[key]))
  return data
}

/** A template value as go-yaml sees it without a way through JSON: integers are bigints, other numbers float64, no list is null. */
export function toYamlData(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'string') return wellFormed(value)
  if (value === null || value === undefined) return null
  const integer = integerOf(value)
  if (integer !== undefined) return integer
  if (value instanceof Uint8Array) return Array.from(value, BigInt)
  if (Array.isArray(value)) return value.map(toYamlData)
  if (value instanceof GoStruct) {
    if (value.underlying !== undefined) return toYamlData(value.underlying)
    return value.native === undefined ? toYamlData(value.fields) : toJsonData(value)
  }
  if (!isMap(value)) throw new Error('cannot marshal type: func()')
  const data: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setOwn(data, key, toYamlData(value[key]))
  return data
}

import { compareText } from '../../../../base/compare-text.js'
import { formatFloat } from '../../../../formats/go-template/float-format.js'
import { toJsonData } from '../../../../formats/go-template/sprig/json.js'
import { GoComplex, GoInt, GoStruct, integerOf, isMap } from '../../../../formats/go-template/values.js'

/**
 * A map as TOML, as BurntSushi's encoder writes it: plain members first, then tables, both by key. What is no map is written as a
 * value would be, without a key. Throws its messages.
 */
export function formatToml(value: unknown): string {
  const map = plain(value)
  if (map === null || map === undefined) throw new NoTomlError('reflect: call of reflect.Value.Type on zero Value')
  if (isTableList(map)) throw new Error('toml: top-level values must be Go maps or structs')
  if (map instanceof GoComplex) throw new Error("unsupported type for key '': complex128")
  if (!isMap(map)) return element(map)
  const writer = new TomlWriter()
  writer.members([], map)
  return writer.text
}

/** What the encoder does not answer for but stumbles over: an error of the template. */
export class NoTomlError extends Error {}

function plain(value: unknown): unknown {
  if (value instanceof GoStruct) return value.underlying ?? toJsonData(value)
  return value
}

function isTableList(value: unknown): value is unknown[] {
  if (!Array.isArray(value) || value.length === 0) return false
  if (value.some((item) => item === null || item === undefined)) throw new Error('toml: cannot encode array with nil element')
  return value.every((item) => isMap(plain(item)))
}

class TomlWriter {
  text = ''

  members(path: readonly string[], map: Record<string, unknown>): void {
    const direct: [string, unknown][] = []
    const tables: [string, unknown][] = []
    for (const key of Object.keys(map).sort(compareText)) {
      const value = plain(map[key])
      if (value === null || value === undefined) continue
      ;(isMap(value) || isTableList(value) ? tables : direct).push([key, value])
    }
    for (const [key, value] of direct) this.text += `${indentOf(path.length)}${keyText(key)} = ${element(value)}\n`
    for (const [key, value] of tables) {
      const inner = [...path, key]
      const name = inner.map(keyText).join('.')
      const indent = indentOf(path.length)
      if (Array.isArray(value)) {
        for (const item of value) {
          this.#newline()
          this.text += `${indent}[[${name}]]\n`
          this.members(inner, plain(item) as Record<string, unknown>)
        }
        continue
      }
      if (path.length === 0) this.#newline()
      this.text += `${indent}[${name}]\n`
      this.members(inner, value as Record<string, unknown>)
    }
  }

  #newline(): void {
    if (this.text !== '') this.text += '\n'
  }
}

function indentOf(depth: number): string {
  return '  '.repeat(depth)
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key)
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
}

function quoted(text: string): string {
  const body = text.replace(
    /["\\\x00-\x1f\x7f]/g,
    (found) => escapes[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `"${body}"`
}

function element(given: unknown): string {
  const value = plain(given)
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'nan'
    if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
    const text = formatFloat(value, 'g', -1)
    return /[e.]/.test(text) ? text : `${text}.0`
  }
  if (value instanceof GoInt || typeof value === 'bigint') return String(integerOf(value))
  if (value instanceof Uint8Array) return `[${Array.from(value).join(', ')}]`
  if (Array.isArray(value)) return `[${value.map(element).join(', ')}]`
  if (isMap(value)) {
    const keys = Object.keys(value).sort(compareText)
    const isTable = (key: string) => isMap(plain(value[key])) || isTableList(plain(value[key]))
    const tables = keys.filter(isTable)
    // A comma stands behind each but the last of its kind, or behind each where tables follow; one that is nil has none.
    const write = (names: readonly string[], hasMore: boolean) =>
      names
        .map((key, index) => {
          if (value[key] === null || value[key] === undefined) return ''
          return `${keyText(key)} = ${element(value[key])}${hasMore || index < names.length - 1 ? ', ' : ''}`
        })
        .join('')
    const direct = keys.filter((key) => !isTable(key))
    return `{${write(direct, tables.length > 0)}${write(tables, false)}}`
  }
  if (value instanceof GoComplex) throw new Error('unsupported type: complex128')
  throw new Error('toml: cannot encode array with nil element')
}

import { setOwn } from '../../../base/json.js'

export interface JsonPlace {
  /** From 1. */
  readonly line: number
  readonly column: number
}

export interface PositionedJson {
  readonly value: unknown
  /** Where the value of a member stands: `at(['tlsClientConfig', 'caData'])`. The start of the text when there is none. */
  at(path: readonly (string | number)[]): JsonPlace
}

/** What is wrong with a JSON text, and where. */
export class JsonTextError extends Error {
  readonly place: JsonPlace
  constructor(message: string, place: JsonPlace) {
    super(message)
    this.place = place
  }
}

const deepest = 100

/** Parses JSON (RFC 8259) and remembers where each value stands: people must find their mistakes in a Secret. */
export function parsePositionedJson(text: string): PositionedJson {
  const places = new Map<string, number>()
  const end = text.length
  let offset = 0

  const fail = (what: string, at = offset): never => {
    throw new JsonTextError(what, placeOf(text, at))
  }
  const found = () => (offset >= end ? 'the end of the text' : JSON.stringify(text[offset]))
  const skip = () => {
    while (offset < end && ' \t\r\n'.includes(text[offset] as string)) offset++
  }

  function value(path: string, depth: number): unknown {
    skip()
    if (depth > deepest) fail(`more than ${deepest} levels`)
    places.set(path, offset)
    const first = text[offset]
    if (first === '{') return object(path, depth)
    if (first === '[') return list(path, depth)
    if (first === '"') return string()
    const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(
      text.slice(offset, offset + 64),
    )?.[0]
    if (word === undefined) return fail(`expected a value, found ${found()}`)
    offset += word.length
    return JSON.parse(word)
  }

  function object(path: string, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    offset++
    skip()
    if (text[offset] === '}') {
      offset++
      return result
    }
    for (;;) {
      skip()
      if (text[offset] !== '"') fail(`expected a member name in double quotes, found ${found()}`)
      const name = string()
      skip()
      if (text[offset] !== ':') fail(`expected ":" after "${name}", found ${found()}`)
      offset++
      setOwn(result, name, value(join(path, name), depth + 1))
      skip()
      if (text[offset] === '}') {
        offset++
        return result
      }
      if (text[offset] !== ',') fail(`expected "," or "}" after the value of "${name}", found ${found()}`)
      offset++
    }
  }

  function list(path: string, depth: number): unknown[] {
    const result: unknown[] = []
    offset++
    skip()
    if (text[offset] === ']') {
      offset++
      return result
    }
    for (;;) {
      result.push(value(join(path, result.length), depth + 1))
      skip()
      if (text[offset] === ']') {
        offset++
        return result
      }
      if (text[offset] !== ',') fail(`expected "," or "]", found ${found()}`)
      offset++
    }
  }

  function string(): string {
    const start = offset
    offset++
    while (offset < end && text[offset] !== '"') {
      if (text[offset] === '\\') offset++
      else if (text.charCodeAt(offset) < 0x20)
        fail('a line break or control character inside a string: write it as an escape (\\n)')
      offset++
    }
    if (offset >= end) fail('this string does not end', start)
    offset++
    try {
      return JSON.parse(text.slice(start, offset)) as string
    } catch {
      return fail('this string has an escape that JSON does not know', start)
    }
  }

  const root = value('', 0)
  skip()
  if (offset < end) fail(`expected the end of the text, found ${found()}`)
  return { value: root, at: (path) => placeOf(text, places.get(path.reduce<string>(join, '')) ?? 0) }
}

function join(path: string, step: string | number): string {
  return `${path}\0${step}`
}

function placeOf(text: string, offset: number): JsonPlace {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: offset - before.lastIndexOf('\n') }
}

import { type CelLibrary, member, overload } from '../check/declarations.js'
import { dynType, intType, listType, stringType } from '../types/type-node.js'
import { CelFailure, type CelList, type Value, ValueList } from '../values/values.js'
import { formatWith } from './format-string.js'

function outOfRange(index: Value): CelFailure {
  return new CelFailure(`index out of range: ${index}`)
}

function points(text: Value): string[] {
  return [...(text as string)]
}

function charAt(text: Value, index: Value): Value {
  const all = points(text)
  const i = Number(index)
  return i < 0 || i > all.length ? outOfRange(index) : (all[i] ?? '')
}

/** Longer texts than any request holds are not made. */
const longestText = 16 * 1024 * 1024
const tooLong = new CelFailure(`the result is longer than ${longestText} characters`)

/** Where the part first stands, or -1. By Knuth, Morris and Pratt: a part that nearly fits everywhere takes no longer than others. */
function find(text: readonly string[], part: readonly string[], from: number): number {
  const back = [0]
  for (let i = 1, length = 0; i < part.length; i++) {
    while (length > 0 && part[i] !== part[length]) length = back[length - 1]!
    if (part[i] === part[length]) length++
    back.push(length)
  }
  for (let i = from, length = 0; i < text.length; i++) {
    while (length > 0 && text[i] !== part[length]) length = back[length - 1]!
    if (text[i] === part[length]) length++
    if (length === part.length) return i - length + 1
  }
  return -1
}

function indexOf(text: Value, part: Value, from: Value): Value {
  if (part === '') return from
  const start = Number(from)
  if (start < 0) return outOfRange(from)
  return find(points(text), points(part), start)
}

function lastIndexOf(text: Value, part: Value, from: Value | undefined): Value {
  const all = points(text)
  if (part === '') return from ?? all.length
  const start = from === undefined ? all.length - 1 : Number(from)
  if (start < 0) return outOfRange(start)
  if (start >= all.length) return -1
  const wanted = points(part)
  const ahead = all.slice(0, start + wanted.length).reverse()
  const at = find(ahead, wanted.reverse(), 0)
  return at < 0 ? -1 : ahead.length - at - wanted.length
}

/** A negative count is no limit; an empty `old` stands between all code points. */
function replace(text: Value, old: Value, put: Value, count: Value): Value {
  const limit = Number(count) < 0 ? Infinity : Number(count)
  const [source, from, to] = [text as string, old as string, put as string]
  if (from === to || limit === 0) return source
  if (from !== '') {
    const parts = source.split(from)
    if (source.length + Math.min(parts.length, limit) * to.length > longestText) return tooLong
    if (parts.length - 1 <= limit) return parts.join(to)
    return [...parts.slice(0, limit), parts.slice(limit).join(from)].join(to)
  }
  if (source.length + Math.min(source.length + 1, limit) * to.length > longestText) return tooLong
  let out = ''
  let done = 0
  for (const point of points(text)) {
    if (done < limit) {
      out += to
      done++
    }
    out += point
  }
  return done < limit ? out + to : out
}

function split(text: Value, separator: Value, count: Value): Value {
  const limit = Number(count)
  if (limit === 0) return new ValueList([])
  const parts = separator === '' ? points(text) : (text as string).split(separator as string)
  if (limit < 0 || parts.length <= limit) return new ValueList(parts)
  return new ValueList([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator as string)])
}

function substring(text: Value, start: Value, end: Value | undefined): Value {
  const all = points(text)
  if (end !== undefined && Number(start) > Number(end)) {
    return new CelFailure(`invalid substring range. start: ${start}, end: ${end}`)
  }
  for (const index of end === undefined ? [start] : [start, end]) {
    if (Number(index) < 0 || Number(index) > all.length) return outOfRange(index)
  }
  return all.slice(Number(start), end === undefined ? undefined : Number(end)).join('')
}

function join(list: Value, separator: Value): Value {
  const from = list as CelList
  const parts: string[] = []
  let length = 0
  for (let i = 0; i < from.size; i++) {
    const part = from.get(i)
    if (typeof part !== 'string') return new CelFailure(`join: invalid input: ${String(part)}`)
    length += part.length + (separator as string).length
    if (length > longestText) return tooLong
    parts.push(part)
  }
  return parts.join(separator as string)
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

function quote(text: Value): Value {
  return `"${(text as string).replace(/[\x07\b\f\n\r\t\v\\"]/g, (c) => escapes[c] ?? c)}"`
}

/** What Unicode calls white space, as Go trims it. */
function trim(text: Value): Value {
  const space = '[\\t\\n\\v\\f\\r \\x85\\xA0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
  return (text as string).replace(new RegExp(`^${space}`), '').replace(new RegExp(`${space}$`), '')
}

const text = stringType
const texts = listType(stringType)

/** The strings extension, version 2. */
export const stringsLibrary: CelLibrary = {
  functions: [
    { name: 'charAt', overloads: [member('string_char_at_int', [text, intType], text, (s, i) => charAt(s!, i!))] },
    {
      name: 'indexOf',
      overloads: [
        member('string_index_of_string', [text, text], intType, (s, part) => indexOf(s!, part!, 0)),
        member('string_index_of_string_int', [text, text, intType], intType, (s, part, from) => indexOf(s!, part!, from!)),
      ],
    },
    {
      name: 'lastIndexOf',
      overloads: [
        member('string_last_index_of_string', [text, text], intType, (s, part) => lastIndexOf(s!, part!, undefined)),
        member('string_last_index_of_string_int', [text, text, intType], intType, (s, part, from) =>
          lastIndexOf(s!, part!, from!),
        ),
      ],
    },
    {
      name: 'lowerAscii',
      overloads: [member('string_lower_ascii', [text], text, (s) => (s as string).replace(/[A-Z]/g, (c) => c.toLowerCase()))],
    },
    {
      name: 'replace',
      overloads: [
        member('string_replace_string_string', [text, text, text], text, (s, old, put) => replace(s!, old!, put!, -1)),
        member('string_replace_string_string_int', [text, text, text, intType], text, (s, old, put, n) =>
          replace(s!, old!, put!, n!),
        ),
      ],
    },
    {
      name: 'split',
      overloads: [
        member('string_split_string', [text, text], texts, (s, separator) => split(s!, separator!, -1)),
        member('string_split_string_int', [text, text, intType], texts, (s, separator, n) => split(s!, separator!, n!)),
      ],
    },
    {
      name: 'substring',
      overloads: [
        member('string_substring_int', [text, intType], text, (s, start) => substring(s!, start!, undefined)),
        member('string_substring_int_int', [text, intType, intType], text, (s, start, end) => substring(s!, start!, end)),
      ],
    },
    { name: 'trim', overloads: [member('string_trim', [text], text, (s) => trim(s!))] },
    {
      name: 'upperAscii',
      overloads: [member('string_upper_ascii', [text], text, (s) => (s as string).replace(/[a-z]/g, (c) => c.toUpperCase()))],
    },
    {
      name: 'format',
      overloads: [
        member('string_format', [text, listType(dynType)], text, (s, list) => formatWith(s as string, list as CelList)),
      ],
    },
    { name: 'strings.quote', overloads: [overload('strings_quote', [text], text, (s) => quote(s!))] },
    {
      name: 'join',
      overloads: [
        member('list_join', [texts], text, (list) => join(list!, '')),
        member('list_join_string', [texts, text], text, (list, separator) => join(list!, separator!)),
      ],
    },
  ],
}

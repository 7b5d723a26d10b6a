import { utf8Bytes } from '../values/utf8.js'

/** A message instead of the text says what is wrong. */
export type Unescaped<T> = { readonly value: T } | { readonly wrong: string }

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
}

/** The text of a string literal (with quotes and an optional `r`). */
export function unescapeString(literal: string): Unescaped<string> {
  const { body, raw } = inside(literal)
  if (raw || !body.includes('\\')) return { value: body }
  let out = ''
  for (let i = 0; i < body.length; ) {
    const c = body[i]!
    if (c !== '\\') {
      out += c
      i++
      continue
    }
    const sequence = readEscape(body, i)
    if (sequence.text !== undefined) out += sequence.text
    else {
      if (sequence.code > 0x10ffff || (sequence.code >= 0xd800 && sequence.code < 0xe000))
        return { wrong: 'invalid unicode code point' }
      out += String.fromCodePoint(sequence.code)
    }
    i = sequence.end
  }
  return { value: out }
}

/** The bytes of a bytes literal without its `b`: text is UTF-8, `\x` and octal escapes are bytes. */
export function unescapeBytes(literal: string): Unescaped<Uint8Array> {
  const { body, raw } = inside(literal)
  if (raw || !body.includes('\\')) return { value: utf8Bytes(body) }
  const out: number[] = []
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      const next = body.indexOf('\\', i)
      const end = next < 0 ? body.length : next
      out.push(...utf8Bytes(body.slice(i, end)))
      i = end
      continue
    }
    if (body[i + 1] === 'u' || body[i + 1] === 'U') return { wrong: 'unable to unescape string' }
    const sequence = readEscape(body, i)
    out.push(sequence.text === undefined ? sequence.code & 0xff : sequence.text.charCodeAt(0))
    i = sequence.end
  }
  return { value: Uint8Array.from(out) }
}

function inside(literal: string): { body: string; raw: boolean } {
  const raw = literal.startsWith('r') || literal.startsWith('R')
  const text = (raw ? literal.slice(1) : literal).replaceAll('\r\n', '\n').replaceAll('\r', '\n')
  const triple = text.length >= 6 && (text.startsWith('"""') || text.startsWith("'''"))
  return { body: triple ? text.slice(3, -3) : text.slice(1, -1), raw }
}

/** The lexer let only whole escapes through. */
function readEscape(body: string, at: number): { text?: string; code: number; end: number } {
  const c = body[at + 1]!
  const text = simple[c]
  if (text !== undefined) return { text, code: 0, end: at + 2 }
  const width = c === 'x' || c === 'X' ? 2 : c === 'u' ? 4 : c === 'U' ? 8 : 0
  if (width > 0) return { code: Number.parseInt(body.slice(at + 2, at + 2 + width), 16), end: at + 2 + width }
  return { code: Number.parseInt(body.slice(at + 1, at + 4), 8), end: at + 4 }
}

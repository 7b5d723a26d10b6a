/** The kind of a token is its own text for punctuation and keywords, a name in capitals otherwise. */
export interface Token {
  readonly kind: string
  readonly text: string
  readonly at: number
}

const punctuation = [
  ...['==', '!=', '<=', '>=', '&&', '||', '[', ']', '{', '}', '(', ')', '.', ',', '-', '!', '?', ':', '+', '*', '/', '%'],
  ...['<', '>'],
]
const words = new Set(['in', 'true', 'false', 'null'])
const number =
  /(?:(?<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|(?<uint>0x[0-9a-fA-F]+[uU]|[0-9]+[uU])|(?<int>0x[0-9a-fA-F]+|[0-9]+))/y
const space = /(?:[\t \r\n\f]|\/\/[^\n]*)+/y
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y
const escapedIdentifier = /`[A-Za-z0-9_./ -]+`/y
const stringPrefix = /[bB]?[rR]?(?=["'])/y

/** Splits a source into tokens; what is none is reported and skipped, as ANTLR does. The last token is `<EOF>`. */
export function tokenize(source: string, report: (at: number, message: string) => void): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    space.lastIndex = at
    const skipped = space.exec(source)
    if (skipped !== null) {
      at += skipped[0].length
      continue
    }
    const token = readToken(source, at)
    if (typeof token === 'number') {
      report(at, `Syntax error: token recognition error at: '${showText(source.slice(at, token + 1))}'`)
      at = token + widthAt(source, token)
      continue
    }
    tokens.push(token)
    at += token.text.length
  }
  tokens.push({ kind: '<EOF>', text: '<EOF>', at: source.length })
  return tokens
}

/** A token, or where reading one failed. */
function readToken(source: string, at: number): Token | number {
  stringPrefix.lastIndex = at
  const prefix = stringPrefix.exec(source)
  if (prefix !== null) {
    const raw = /[rR]$/.test(prefix[0])
    const end = readString(source, at + prefix[0].length, raw)
    if (end > 0) {
      const text = source.slice(at, end)
      return { kind: /^[bB]/.test(prefix[0]) ? 'BYTES' : 'STRING', text, at }
    }
    if (prefix[0] === '') return -end
  }
  identifier.lastIndex = at
  const name = identifier.exec(source)
  if (name !== null) return { kind: words.has(name[0]) ? name[0] : 'IDENTIFIER', text: name[0], at }
  number.lastIndex = at
  const digits = number.exec(source)
  if (digits !== null) {
    const kind =
      digits.groups?.['float'] !== undefined ? 'NUM_FLOAT' : digits.groups?.['uint'] !== undefined ? 'NUM_UINT' : 'NUM_INT'
    return { kind, text: digits[0], at }
  }
  escapedIdentifier.lastIndex = at
  const escaped = escapedIdentifier.exec(source)
  if (escaped !== null) return { kind: 'ESC_IDENTIFIER', text: escaped[0], at }
  const mark = punctuation.find((p) => source.startsWith(p, at))
  if (mark !== undefined) return { kind: mark, text: mark, at }
  const first = source[at]!
  if (first === '&' || first === '|' || first === '=') return at + 1
  if (first === '`') return at + 1 + (/^[A-Za-z0-9_./ -]*/.exec(source.slice(at + 1))?.[0].length ?? 0)
  return at
}

/** The end of the string that starts with a quote at `at`; negative: where it failed. */
function readString(source: string, at: number, raw: boolean): number {
  const quote = source[at]!
  const triple = quote.repeat(3)
  if (source.startsWith(triple, at)) {
    const end = readUntil(source, at + 3, triple, raw, true)
    // An unfinished long string is an empty one and what follows.
    return end > 0 ? end : at + 2
  }
  return readUntil(source, at + 1, quote, raw, false)
}

function readUntil(source: string, from: number, closing: string, raw: boolean, lines: boolean): number {
  let i = from
  while (i < source.length) {
    if (source.startsWith(closing, i)) return i + closing.length
    const c = source[i]!
    if (!lines && (c === '\n' || c === '\r')) return -i
    if (c === '\\' && !raw) {
      const end = escapeEnd(source, i)
      if (end < 0) return end
      i = end
    } else i++
  }
  return -source.length
}

function escapeEnd(source: string, at: number): number {
  const c = source[at + 1]
  if (c === undefined) return -(at + 1)
  if ('abfnrtv"\'\\?`'.includes(c)) return at + 2
  const wanted = c === 'x' || c === 'X' ? 2 : c === 'u' ? 4 : c === 'U' ? 8 : 0
  if (wanted > 0) {
    for (let i = 0; i < wanted; i++) if (!/[0-9a-fA-F]/.test(source[at + 2 + i] ?? '')) return -(at + 2 + i)
    return at + 2 + wanted
  }
  if (/[0-3]/.test(c)) {
    for (let i = 0; i < 2; i++) if (!/[0-7]/.test(source[at + 2 + i] ?? '')) return -(at + 2 + i)
    return at + 4
  }
  return -(at + 1)
}

function widthAt(source: string, at: number): number {
  return (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}

function showText(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text
}

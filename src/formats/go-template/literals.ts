import { fromByteString, toByteString } from './values.js'

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/** The value of a Go string literal (interpreted or raw) or character constant; undefined when it is malformed. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0]
  const inner = literal.slice(1, -1)
  if (quote === '`') return inner.replaceAll('\r', '')
  if (!inner.includes('\\')) return inner
  let bytes = ''
  for (let index = 0; index < inner.length; ) {
    const character = inner[index]!
    if (character !== '\\') {
      const text = String.fromCodePoint(inner.codePointAt(index)!)
      bytes += toByteString(text)
      index += text.length
      continue
    }
    const escaped = inner[index + 1] ?? ''
    const simple = escaped === quote ? quote : simpleEscapes[escaped]
    if (simple !== undefined) {
      bytes += simple
      index += 2
      continue
    }
    const numeric = /^\\(?:x(?<byte>[0-9a-fA-F]{2})|u(?<short>[0-9a-fA-F]{4})|U(?<long>[0-9a-fA-F]{8})|(?<octal>[0-7]{3}))/.exec(
      inner.slice(index, index + 10),
    )
    const groups = numeric?.groups
    if (numeric === null || groups === undefined) return undefined
    if (groups['byte'] !== undefined || groups['octal'] !== undefined) {
      const byte = groups['byte'] === undefined ? Number.parseInt(groups['octal'] ?? '', 8) : Number.parseInt(groups['byte'], 16)
      if (byte > 255) return undefined
      bytes += String.fromCharCode(byte)
    } else {
      const code = Number.parseInt(groups['short'] ?? groups['long'] ?? '', 16)
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
      bytes += toByteString(String.fromCodePoint(code))
    }
    index += numeric[0].length
  }
  return fromByteString(bytes)
}

const integerShape = /^[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/

/** An integer literal with Go's prefixes (0x, 0o, 0, 0b) and underscores, of up to 400 characters; undefined for anything else. */
export function parseInteger(text: string): bigint | undefined {
  if (text.length > 400 || !integerShape.test(text)) return undefined
  const negative = text.startsWith('-')
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '')
  const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits)
  return negative ? -value : value
}

/** A decimal or hexadecimal floating-point literal, `Inf` and `NaN` as strconv.ParseFloat reads it; undefined otherwise. */
export function parseFloatLiteral(text: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special !== null) {
    if (/nan/i.test(text)) return special[1] === '' ? Number.NaN : undefined
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]+)$/.exec(text.replaceAll('_', ''))
  if (hex !== null) {
    const fraction = hex[3] ?? ''
    const digits = `${hex[2]}${fraction}`
    if (digits === '') return undefined
    const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(hex[4]) - 4 * fraction.length)
    return hex[1] === '-' ? -value : value
  }
  if (!/^[+-]?(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9]+)?$/.test(text))
    return undefined
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) ? value : undefined
}

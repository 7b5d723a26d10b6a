import { plainKind } from './resolve-scalar.js'

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal'

/** What a text allows, found in one pass. Follows libyaml's analysis, which go-yaml kept. */
interface Analysis {
  readonly multiline: boolean
  readonly plain: boolean
  readonly single: boolean
  readonly block: boolean
}

const simple = /^[A-Za-z_/][A-Za-z0-9_./-]*$/
const breaks = /[\n\r\u0085\u2028\u2029]/
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const indicatorsAtStart = new Set([...'#,[]{}&*!|>\'"%@`'].map((char) => char.charCodeAt(0)))

/** The style in which Go's YAML encoder writes a string. Keys are never written as literal blocks. */
export function scalarStyle(text: string, isKey: boolean): ScalarStyle {
  if (simple.test(text)) return plainKind(text, 'kubernetes') === 'string' ? 'plain' : 'double'
  const kind = plainKind(text, 'kubernetes')
  const wanted: ScalarStyle = text.includes('\n') ? 'literal' : kind === 'string' && !base60.test(text) ? 'plain' : 'double'
  const allowed = analyse(text)
  let style: ScalarStyle = isKey && allowed.multiline ? 'double' : wanted
  if (style === 'plain' && !allowed.plain) style = 'single'
  if (style === 'single' && !allowed.single) style = 'double'
  if (style === 'literal' && (!allowed.block || isKey)) style = 'double'
  return style
}

/** True when the text cannot be written as `key: value` on one line and needs the `? key` form. */
export function needsExplicitKey(text: string): boolean {
  if (text.length <= 42 && !breaks.test(text)) return false
  return analyse(text).multiline || utf8Length(text) > 128
}

function analyse(text: string): Analysis {
  if (text.length === 0) return { multiline: false, plain: true, single: true, block: false }
  let blockIndicators = text.startsWith('---') || text.startsWith('...')
  let lineBreaks = false
  let special = false
  let leading = false
  let trailingSpace = false
  let trailingBreak = false
  let breakSpace = false
  let spaceBreak = false
  let precededByWhitespace = true
  let previousSpace = false
  let previousBreak = false
  const last = text.length - 1
  for (let index = 0; index <= last; index++) {
    const code = text.charCodeAt(index)
    if (index === 0 && indicatorsAtStart.has(code)) blockIndicators = true
    else if ((index === 0 && (code === 0x3f || code === 0x2d)) || code === 0x3a) {
      if (index === last || isBlank(text.charCodeAt(index + 1))) blockIndicators = true
    } else if (code === 0x23 && precededByWhitespace) blockIndicators = true
    if (!isPrintable(code)) special = true
    const isSpace = code === 0x20
    const isBreakHere = isBreak(code)
    if (isSpace) {
      if (index === 0) leading = true
      if (index === last) trailingSpace = true
      if (previousBreak) breakSpace = true
    } else if (isBreakHere) {
      lineBreaks = true
      if (index === 0) leading = true
      if (index === last) trailingBreak = true
      if (previousSpace) spaceBreak = true
    }
    previousSpace = isSpace
    previousBreak = isBreakHere
    precededByWhitespace = isSpace || code === 0x09 || isBreakHere || code === 0
  }
  const spoilt = spaceBreak || special
  return {
    multiline: lineBreaks,
    plain: !(leading || trailingSpace || trailingBreak || breakSpace || spoilt || lineBreaks || blockIndicators),
    single: !(breakSpace || spoilt),
    block: !(trailingSpace || spoilt),
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

export function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029
}

/** Characters beyond U+FFFF come as surrogates here and, as in go-yaml, count as not printable. */
export function isPrintable(code: number): boolean {
  return (
    code === 0x0a ||
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
  )
}

function utf8Length(text: string): number {
  let length = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    // A surrogate pair is four bytes: two for each half.
    length += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3
  }
  return length
}

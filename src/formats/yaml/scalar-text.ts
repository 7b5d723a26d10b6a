const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '/': '/',
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
}
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** The text between double quotes of one line with its escapes resolved, undefined when one is not known. */
export function decodeEscapes(raw: string): string | undefined {
  let out = ''
  let from = 0
  for (let at = raw.indexOf('\\'); at !== -1; at = raw.indexOf('\\', from)) {
    const char = raw[at + 1]
    if (char === undefined) return undefined
    out += raw.slice(from, at)
    const digits = hexDigits[char]
    if (digits === undefined) {
      const escaped = escapes[char]
      if (escaped === undefined) return undefined
      out += escaped
      from = at + 2
      continue
    }
    const hex = raw.slice(at + 2, at + 2 + digits)
    if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) return undefined
    const point = Number.parseInt(hex, 16)
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined
    out += String.fromCodePoint(point)
    from = at + 2 + digits
  }
  return out + raw.slice(from)
}

/** Lines of a plain scalar as one text: a break is a space, n blank lines are n breaks. */
export function foldLines(lines: readonly string[]): string {
  let out = lines[0] ?? ''
  let blanks = 0
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index]!
    if (line === '') blanks++
    else {
      out += blanks === 0 ? ' ' : '\n'.repeat(blanks)
      out += line
      blanks = 0
    }
  }
  return out
}

/**
 * What stands between quotes, its lines folded as those of a plain scalar; blanks around breaks are left out, those behind the
 * opening and in front of the closing quote are text. Escapes are left as they are. Undefined for what has rules of its own:
 * breaks that are escaped, tabs, lines that end the document.
 */
export function foldQuoted(raw: string): string | undefined {
  if (raw.includes('\t')) return undefined
  const lines = raw.split('\n')
  let out = ''
  let breaks = 0
  for (const [index, line] of lines.entries()) {
    const isLast = index === lines.length - 1
    if (index > 0 && (line.startsWith('---') || line.startsWith('...'))) return undefined
    let from = 0
    let to = line.length
    if (index > 0) while (line[from] === ' ') from++
    if (!isLast) while (to > from && line[to - 1] === ' ') to--
    const text = line.slice(from, to)
    if (!isLast && text.endsWith('\\')) return undefined
    if (text === '' && index > 0 && !isLast) {
      breaks++
      continue
    }
    if (index > 0) out += breaks === 0 ? ' ' : '\n'.repeat(breaks)
    out += text
    breaks = 0
  }
  return out
}

export type SelectorTokenKind =
  | 'identifier'
  | 'end'
  | 'error'
  | 'in'
  | 'notin'
  | '='
  | '=='
  | '!='
  | '!'
  | '('
  | ')'
  | ','
  | '>'
  | '<'

export interface SelectorToken {
  readonly kind: SelectorTokenKind
  /** What messages quote. */
  readonly text: string
}

const special = '=!(),><'
const symbols = new Set<string>(['=', '==', '!=', '!', '(', ')', ',', '>', '<'])
const words = /[^ \t\r\n=!(),><\0]+/y

/** The tokens of a label selector, the last one of kind `end`. Anything but blanks and operators is an identifier. */
export function tokenizeSelector(text: string): SelectorToken[] {
  const tokens: SelectorToken[] = []
  let position = 0
  while (position < text.length) {
    const character = text[position] as string
    if (character === ' ' || character === '\t' || character === '\r' || character === '\n') {
      position++
    } else if (character === '\0') {
      break
    } else if (special.includes(character)) {
      // The longest operator counts.
      const pair = text.slice(position, position + 2)
      const symbol = symbols.has(pair) ? pair : character
      tokens.push({ kind: symbol as SelectorTokenKind, text: symbol })
      position += symbol.length
    } else {
      words.lastIndex = position
      const word = words.exec(text)?.[0] ?? character
      tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word })
      position += word.length
    }
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

export type TokenType =
  | 'error'
  | 'eof'
  | 'text'
  | 'left-delimiter'
  | 'right-delimiter'
  | 'space'
  | 'bool'
  | 'character-constant'
  | 'complex'
  | 'number'
  | 'string'
  | 'raw-string'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'dot'
  | 'nil'
  | 'keyword'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'left-parenthesis'
  | 'right-parenthesis'
  | 'character'

export interface Token {
  readonly type: TokenType
  /** The text as written; for `error` the message. */
  readonly text: string
  /** Offset in UTF-16 units. */
  readonly position: number
  /** From 1. */
  readonly line: number
}

const keywords = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'])
const blank = /[ \t\r\n]/
const alphanumeric = /[\p{L}\p{Nd}_]/u
const leadingBlanks = /^[ \t\r\n]+/
const trailingBlanks = /[ \t\r\n]+$/

/**
 * Splits a template into tokens. Trim markers have taken their blanks away, comments are gone. The last token is `eof`
 * or `error`.
 */
export function lex(input: string, leftDelimiter: string, rightDelimiter: string): Token[] {
  const tokens: Token[] = []
  let position = 0
  let line = 1

  const advanceTo = (end: number) => {
    for (let index = position; index < end; index++) if (input.charCodeAt(index) === 10) line++
    position = end
  }
  const emit = (type: TokenType, end: number) => {
    tokens.push({ type, text: input.slice(position, end), position, line })
    advanceTo(end)
  }
  const fail = (message: string): Token[] => {
    tokens.push({ type: 'error', text: message, position, line })
    return tokens
  }
  const characterAt = (index: number) => {
    const code = input.codePointAt(index)
    return code === undefined ? '' : String.fromCodePoint(code)
  }
  const rightDelimiterAt = (index: number): 'none' | 'plain' | 'trimming' => {
    if (blank.test(input.charAt(index)) && input[index + 1] === '-' && input.startsWith(rightDelimiter, index + 2))
      return 'trimming'
    return input.startsWith(rightDelimiter, index) ? 'plain' : 'none'
  }
  const wordEnd = (from: number) => {
    let end = from
    for (let character = characterAt(end); character !== '' && alphanumeric.test(character); character = characterAt(end)) {
      end += character.length
    }
    return end
  }
  const endsWord = (index: number) =>
    index >= input.length || /[ \t\r\n.,|:()]/.test(input.charAt(index)) || input.startsWith(rightDelimiter, index)

  for (;;) {
    const open = input.indexOf(leftDelimiter, position)
    if (open < 0) {
      if (position < input.length) emit('text', input.length)
      tokens.push({ type: 'eof', text: 'EOF', position, line })
      return tokens
    }
    const inner = open + leftDelimiter.length
    const trimsLeft = input[inner] === '-' && blank.test(input.charAt(inner + 1))
    const textEnd = trimsLeft ? position + input.slice(position, open).replace(trailingBlanks, '').length : open
    if (textEnd > position) emit('text', textEnd)
    advanceTo(open)
    const body = trimsLeft ? inner + 2 : inner
    if (input.startsWith('/*', body)) {
      advanceTo(body)
      const close = input.indexOf('*/', body + 2)
      if (close < 0) return fail('unclosed comment')
      const after = close + 2
      const ending = rightDelimiterAt(after)
      if (ending === 'none') return fail('comment ends before closing delimiter')
      advanceTo(after + (ending === 'trimming' ? 2 : 0) + rightDelimiter.length)
      if (ending === 'trimming') advanceTo(position + (leadingBlanks.exec(input.slice(position))?.[0].length ?? 0))
      continue
    }
    emit('left-delimiter', inner)
    advanceTo(body)
    const problem = lexAction()
    if (problem !== undefined) return fail(problem)
  }

  /** Tokens up to and with the right delimiter; the message of what is wrong, if anything. */
  function lexAction(): string | undefined {
    let depth = 0
    for (;;) {
      const ending = rightDelimiterAt(position)
      if (ending !== 'none') {
        if (depth > 0) return 'unclosed left paren'
        if (ending === 'trimming') advanceTo(position + 2)
        emit('right-delimiter', position + rightDelimiter.length)
        if (ending === 'trimming') advanceTo(position + (leadingBlanks.exec(input.slice(position))?.[0].length ?? 0))
        return undefined
      }
      const character = characterAt(position)
      if (character === '') return 'unclosed action'
      if (blank.test(character)) {
        let end = position + 1
        while (end < input.length && blank.test(input.charAt(end))) end++
        // The last blank belongs to a trimming right delimiter.
        if (rightDelimiterAt(end - 1) === 'trimming') end--
        if (end > position) emit('space', end)
        continue
      }
      if (character === '=') emit('assign', position + 1)
      else if (character === ':') {
        if (input[position + 1] !== '=') return 'expected :='
        emit('declare', position + 2)
      } else if (character === '|') emit('pipe', position + 1)
      else if (character === '(') {
        depth++
        emit('left-parenthesis', position + 1)
      } else if (character === ')') {
        depth--
        if (depth < 0) return 'unexpected right paren'
        emit('right-parenthesis', position + 1)
      } else {
        const problem = lexOperand(character)
        if (problem !== undefined) return problem
      }
    }
  }

  function lexOperand(character: string): string | undefined {
    if (character === '"' || character === "'") {
      const end = quotedEnd(character)
      if (end < 0) return character === '"' ? 'unterminated quoted string' : 'unterminated character constant'
      emit(character === '"' ? 'string' : 'character-constant', end)
      return undefined
    }
    if (character === '`') {
      const end = input.indexOf('`', position + 1)
      if (end < 0) return 'unterminated raw quoted string'
      emit('raw-string', end + 1)
      return undefined
    }
    const next = input.charAt(position + 1)
    if (character === '$' || (character === '.' && !/[0-9]/.test(next))) {
      if (character === '.' && next === '') return 'unclosed action'
      const end = wordEnd(position + 1)
      if (!endsWord(end)) return `bad character ${codePoint(characterAt(end))}`
      if (character === '$') emit('variable', end)
      else emit(end === position + 1 ? 'dot' : 'field', end)
      return undefined
    }
    if (/[+\-0-9.]/.test(character)) return lexNumber()
    if (alphanumeric.test(character)) {
      const end = wordEnd(position)
      if (!endsWord(end)) return `bad character ${codePoint(characterAt(end))}`
      const word = input.slice(position, end)
      if (keywords.has(word)) emit('keyword', end)
      else if (word === 'nil') emit('nil', end)
      else emit(word === 'true' || word === 'false' ? 'bool' : 'identifier', end)
      return undefined
    }
    if (character >= ' ' && character <= '~') {
      emit('character', position + 1)
      return undefined
    }
    return `unrecognized character in action: ${codePoint(character)}`
  }

  function quotedEnd(quote: string): number {
    for (let index = position + 1; index < input.length; index++) {
      const character = input[index]
      if (character === '\n') return -1
      if (character === '\\') {
        index++
        if (index >= input.length || input[index] === '\n') return -1
      } else if (character === quote) return index + 1
    }
    return -1
  }

  function lexNumber(): string | undefined {
    const end = numberEnd(position)
    if (alphanumeric.test(characterAt(end)))
      return `bad number syntax: ${JSON.stringify(input.slice(position, end + characterAt(end).length))}`
    if (input[end] === '+' || input[end] === '-') {
      const second = numberEnd(end)
      if (input[second - 1] !== 'i') return `bad number syntax: ${JSON.stringify(input.slice(position, second))}`
      emit('complex', second)
    } else emit('number', end)
    return undefined
  }

  function numberEnd(from: number): number {
    const shape =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y
    shape.lastIndex = from
    shape.exec(input)
    return shape.lastIndex
  }
}

/** `U+0041 'A'`, as Go shows a character that it does not expect. */
function codePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(character) || character === '' ? `U+${hex}` : `U+${hex} '${character}'`
}

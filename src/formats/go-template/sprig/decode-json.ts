import { quoteString } from '../print.js'
import { bytesOfText } from '../values.js'

/** JSON as encoding/json reads it into an interface{}: every number a float64. Throws an Error with Go's texts. */
export function decodeJson(text: string): unknown {
  try {
    return JSON.parse(withoutLoneSurrogates(text))
  } catch {
    throw new Error(complaint(text))
  }
}

/** Halves of characters, written out or as escapes, are U+FFFD to Go. */
function withoutLoneSurrogates(text: string): string {
  const whole = /[\ud800-\udfff]/.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text
  if (!/\\u[dD][89a-fA-F]/.test(whole)) return whole
  return whole.replace(
    /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)/g,
    (found) => (found.length === 6 && found[1] === 'u' && /^[dD]/.test(found[2]!) ? '\ufffd' : found),
  )
}

const literals = ['true', 'false', 'null'] as const

/** What encoding/json says about a text that is no JSON. */
function complaint(text: string): string {
  const characters = [...text]
  let at = 0
  const skip = () => {
    while (at < characters.length && ' \t\r\n'.includes(characters[at]!)) at++
  }
  const end = 'unexpected end of JSON input'
  const invalid = (context: string) => (at >= characters.length ? end : `invalid character ${quoted(characters[at]!)} ${context}`)
  /** A number that ends too early meets a blank, says Go. */
  const inNumber = (context: string) => (at >= characters.length ? `invalid character ' ' ${context}` : invalid(context))
  const stack: ('{' | '[')[] = []
  /** Reads a scalar; a text when it is wrong. */
  const scalar = (): string | undefined => {
    const first = characters[at]
    if (first === '"') {
      at++
      while (at < characters.length && characters[at] !== '"') {
        if (characters[at]! < ' ') return invalid('in string literal')
        if (characters[at] === '\\') {
          at++
          if (at >= characters.length) return end
          if (!'"\\/bfnrtu'.includes(characters[at]!)) return invalid('in string escape code')
          if (characters[at] === 'u') {
            for (let count = 0; count < 4; count++) {
              at++
              if (!/^[0-9a-fA-F]$/.test(characters[at] ?? '')) return invalid('in \\u hexadecimal character escape')
            }
          }
        }
        at++
      }
      if (at >= characters.length) return end
      at++
      return undefined
    }
    for (const literal of literals) {
      if (first !== literal[0]) continue
      for (let index = 1; index < literal.length; index++) {
        at++
        if (characters[at] !== literal[index]) return invalid(`in literal ${literal} (expecting ${quoted(literal[index]!)})`)
      }
      at++
      return undefined
    }
    if (first === '-' || /^[0-9]$/.test(first ?? '')) {
      if (first === '-') {
        at++
        if (!/^[0-9]$/.test(characters[at] ?? '')) return inNumber('in numeric literal')
      }
      if (characters[at] === '0') at++
      else while (/^[0-9]$/.test(characters[at] ?? '')) at++
      if (characters[at] === '.') {
        at++
        if (!/^[0-9]$/.test(characters[at] ?? '')) return inNumber('after decimal point in numeric literal')
        while (/^[0-9]$/.test(characters[at] ?? '')) at++
      }
      if (/^[eE]$/.test(characters[at] ?? '')) {
        at++
        if (/^[+-]$/.test(characters[at] ?? '')) at++
        if (!/^[0-9]$/.test(characters[at] ?? '')) return inNumber('in exponent of numeric literal')
        while (/^[0-9]$/.test(characters[at] ?? '')) at++
      }
      return undefined
    }
    return invalid('looking for beginning of value')
  }
  let wants: 'value' | 'key' | 'first-key' | 'first-item' | 'after' = 'value'
  for (;;) {
    skip()
    const character = characters[at]
    if (wants === 'after') {
      const open = stack.at(-1)
      if (open === undefined) return at >= characters.length ? end : invalid('after top-level value')
      if (character === ',') {
        at++
        wants = open === '{' ? 'key' : 'value'
      } else if (character === (open === '{' ? '}' : ']')) {
        at++
        stack.pop()
      } else return invalid(open === '{' ? 'after object key:value pair' : 'after array element')
      continue
    }
    if (wants === 'key' || wants === 'first-key') {
      if (wants === 'first-key' && character === '}') {
        at++
        stack.pop()
        wants = 'after'
        continue
      }
      if (character !== '"') return invalid('looking for beginning of object key string')
      const wrong = scalar()
      if (wrong !== undefined) return wrong
      skip()
      if (characters[at] !== ':') return invalid('after object key')
      at++
      wants = 'value'
      continue
    }
    if (wants === 'first-item' && character === ']') {
      at++
      stack.pop()
      wants = 'after'
    } else if (character === '{' || character === '[') {
      stack.push(character)
      at++
      wants = character === '{' ? 'first-key' : 'first-item'
    } else {
      const wrong = scalar()
      if (wrong !== undefined) return wrong
      wants = 'after'
    }
  }
}

function quoted(character: string): string {
  if (character === "'") return `'\\''`
  if (character === '"') return `'"'`
  // Go looks at bytes.
  return `'${quoteString(String.fromCharCode(bytesOfText(character)[0]!)).slice(1, -1)}'`
}

import { matchesShellPattern } from '../transformers/shell-pattern.js'

/** What one text may still cost. */
export interface ExpansionBudget {
  steps: number
  characters: number
}

/** Letters, digits and underscores of any script. */
export const unicodeName = /[\p{L}\p{Nd}_]+/uy

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The value after an operator of `${name...}`; a problem where there is none. */
export function applyOperator(
  operator: string,
  value: string,
  args: readonly string[],
  budget: ExpansionBudget,
): string | { readonly problem: string } {
  const [word = '', second] = args
  switch (operator) {
    case ',,':
      return eachLetter(value, lower)
    case '^^':
      return eachLetter(value, upper)
    case ',':
      return firstLetter(value, lower)
    case '^':
      return firstLetter(value, upper)
    case '#':
    case '##':
      if (args.length === 0) return String(encoder.encode(value).length)
      return withoutMatch([...value], [...word], operator === '##', budget)
    case '%':
    case '%%': {
      const rest = withoutMatch([...value].reverse(), [...word].reverse(), operator === '%%', budget)
      return typeof rest === 'string' ? [...rest].reverse().join('') : rest
    }
    case '/':
      return replaced(value, word, second ?? '', false, budget)
    case '//':
      return replaced(value, word, second ?? '', true, budget)
    case '/#':
      return second !== undefined && value.startsWith(word) ? second + value.slice(word.length) : value
    case '/%':
      return second !== undefined && value.endsWith(word) ? value.slice(0, value.length - word.length) + second : value
    case ':':
      return substring(value, word, second)
    default:
      return value === '' ? args.join('') : value
  }
}

/** Go changes the case of a letter to one letter, JavaScript to several at times. */
function changed(letter: string, other: string): string {
  return [...other].length === 1 ? other : letter
}

function lower(letter: string): string {
  return changed(letter, letter.toLowerCase())
}

function upper(letter: string): string {
  return changed(letter, letter.toUpperCase())
}

function eachLetter(text: string, change: (letter: string) => string): string {
  return Array.from(text, change).join('')
}

function firstLetter(text: string, change: (letter: string) => string): string {
  const first = text.codePointAt(0)
  if (first === undefined) return text
  const letter = String.fromCodePoint(first)
  return change(letter) + text.slice(letter.length)
}

/** Without the shortest or longest beginning, of one character at least, that the pattern matches. */
function withoutMatch(
  letters: readonly string[],
  pattern: readonly string[],
  longest: boolean,
  budget: ExpansionBudget,
): string | { problem: string } {
  const whole = letters.join('')
  for (let step = 0; step < letters.length; step++) {
    const length = longest ? letters.length - step : step + 1
    const matches = matchesShellPattern(pattern, letters, length, budget)
    if (budget.steps <= 0)
      return { problem: `the pattern ${JSON.stringify(pattern.slice(0, 100).join(''))} takes too many steps` }
    if (matches === undefined) return whole
    if (matches) return letters.slice(length).join('')
  }
  return whole
}

function replaced(text: string, old: string, other: string, all: boolean, budget: ExpansionBudget): string | { problem: string } {
  const pieces = all ? (old === '' ? ['', ...text, ''] : text.split(old)) : undefined
  if (pieces === undefined) return text.replace(old, () => other)
  budget.characters -= text.length + (pieces.length - 1) * other.length
  if (budget.characters < 0) return { problem: 'too many characters come out' }
  return pieces.join(other)
}

function wholeNumber(text: string): number | undefined {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

/** Offset and length count bytes; negative ones count from the end. */
function substring(text: string, from: string, count: string | undefined): string | { problem: string } {
  const start = wholeNumber(from)
  if (start === undefined) return text
  const bytes = encoder.encode(text)
  const position = start < 0 ? Math.max(0, bytes.length + start) : start
  let end = bytes.length
  if (count !== undefined) {
    const length = wholeNumber(count)
    if (length === undefined) return text
    end = length < 0 ? bytes.length + length : Math.min(bytes.length, position + length)
  }
  if (end <= position) return ''
  try {
    return decoder.decode(bytes.subarray(position, end))
  } catch {
    return { problem: `bytes ${position} to ${end} of the value begin or end inside of a character` }
  }
}

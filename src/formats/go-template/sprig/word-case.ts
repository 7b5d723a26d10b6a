import { wellFormed } from '../values.js'
import { lowerCharacter, upperCharacter } from './letter-case.js'
import { isSpace } from './text.js'

type WordKind = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other'

const isConnector = (character: string) => character === '-' || character === '_' || isSpace(character.codePointAt(0)!)
const isUpper = (character: string) => /^\p{Lu}$/u.test(character)
const isNumber = (character: string) => /^\p{N}$/u.test(character)
const isPunctuation = (character: string) => /^\p{P}$/u.test(character)

function isLetter(character: string): boolean {
  if (!/^\p{L}$/u.test(character)) return false
  return !/^[\u4e00-\u9fcc\u3400-\u4db5\u{20000}-\u{2a6d6}\u{2a700}-\u{2b734}\u{2b740}-\u{2b81d}]$/u.test(character)
}

interface Word {
  readonly kind: WordKind
  readonly text: string
  /** Where the next word starts. */
  readonly end: number
}

/** The next word: a run of one kind, where an upper-case run leaves its last letter to a following lower-case word. */
function nextWord(characters: readonly string[], start: number): Word {
  const first = characters[start]
  if (first === undefined) return { kind: 'none', text: '', end: start }
  const run = (from: number, matches: (character: string) => boolean) => {
    let end = from
    while (end < characters.length && matches(characters[end]!)) end++
    return end
  }
  const lower = (character: string) => isLetter(character) && !isUpper(character)
  let kind: WordKind
  let end: number
  if (isConnector(first)) [kind, end] = ['connector', run(start + 1, isConnector)]
  else if (isPunctuation(first)) [kind, end] = ['punctuation', run(start + 1, isPunctuation)]
  else if (isUpper(first)) {
    kind = 'upper'
    end = run(start + 1, isUpper)
    if (end === start + 1) end = run(start + 1, lower)
    else if (end < characters.length && isLetter(characters[end]!)) end--
  } else if (isLetter(first)) [kind, end] = ['letters', run(start + 1, lower)]
  else if (isNumber(first)) [kind, end] = ['number', run(start + 1, isNumber)]
  else {
    kind = 'other'
    end = run(start + 1, (c) => !(isConnector(c) || isLetter(c) || isNumber(c) || isPunctuation(c)))
  }
  return { kind, text: characters.slice(start, end).join(''), end }
}

/** `HTTPServer2xx` -> `http_server_2xx`: words in lower case, joined by the connector. */
export function joinWords(text: string, connector: '_' | '-'): string {
  let output = ''
  const write = (word: { kind: WordKind; text: string }) => {
    if (word.kind !== 'upper' && word.kind !== 'connector') output += word.text
    else
      for (const character of word.text)
        output += isConnector(character) ? connector : isUpper(character) ? lowerCharacter(character) : character
  }
  const joins = (kind: WordKind) => kind !== 'connector' && kind !== 'punctuation'
  const joinsMore = (kind: WordKind) => kind !== 'none' && joins(kind)
  const characters = [...text]
  let word = nextWord(characters, 0)
  const writeAlphanumerics = () => {
    while (word.kind === 'letters' || word.kind === 'number') {
      write(word)
      word = nextWord(characters, word.end)
    }
  }
  while (word.end < characters.length) {
    const previous = word
    if (previous.kind !== 'connector') write(previous)
    word = nextWord(characters, previous.end)
    if (previous.kind === 'number') {
      writeAlphanumerics()
      if (joinsMore(word.kind)) output += connector
    } else if (previous.kind === 'connector') write(previous)
    else if (previous.kind !== 'punctuation') {
      if (word.kind !== 'number') {
        if (joins(word.kind)) output += connector
      } else if (word.end < characters.length) {
        const number = word
        word = nextWord(characters, word.end)
        if (word.kind !== 'letters') {
          write(number)
          if (joins(word.kind)) output += connector
        } else {
          output += connector
          write(number)
          writeAlphanumerics()
          if (joinsMore(word.kind)) output += connector
        }
      }
    }
  }
  write(word)
  return output
}

/** `http_server` -> `HttpServer`; leading connectors stay, runs of capitals become one capital. */
export function pascalCase(text: string): string {
  const characters = [...wellFormed(text)]
  let output = ''
  let index = 0
  while (index < characters.length && isConnector(characters[index]!)) output += characters[index++]
  // Upstream writes the last of nothing but connectors twice.
  if (index === characters.length) return output + (characters.at(-1) ?? '')
  let held = upperCharacter(characters[index]!)
  let inCapitals = isUpper(characters[index]!)
  index++
  for (; index < characters.length; index++) {
    const before = held
    held = characters[index]!
    if (isConnector(held) && isConnector(before)) {
      output += before
    } else if (isConnector(before)) {
      inCapitals = isUpper(held)
      held = upperCharacter(held)
    } else {
      if (inCapitals) {
        if (isUpper(held)) held = lowerCharacter(held)
        else inCapitals = false
      }
      output += before
    }
  }
  return output + held
}

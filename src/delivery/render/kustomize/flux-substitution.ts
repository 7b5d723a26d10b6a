import { buildError } from './build-error.js'

export interface SubstitutionOptions {
  readonly variables: Readonly<Record<string, string>>
  /** A variable that is not set and has no default is an error; else it is empty. */
  readonly strict?: boolean
}

const nameStart = /[_a-zA-Z]/
const namePart = /[_a-zA-Z0-9]/

/**
 * The variables in a text as Flux puts them in after a build: `${var}`, `${var:=default}` and the other forms of a shell's
 * parameter expansion; `$${var}` stays `${var}`, and a `$` before anything but a brace stays.
 */
export function substituteVariables(text: string, options: SubstitutionOptions, where: string): string {
  for (const name of Object.keys(options.variables)) {
    if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name))
      throw buildError(`${where}: '${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`)
  }
  return new Expansion(text, options, where).expand()
}

const maxDepth = 32

class Expansion {
  readonly #text: string
  readonly #options: SubstitutionOptions
  readonly #where: string
  #at = 0

  constructor(text: string, options: SubstitutionOptions, where: string) {
    this.#text = text
    this.#options = options
    this.#where = where
  }

  expand(): string {
    let result = ''
    while (this.#at < this.#text.length) {
      const dollar = this.#text.indexOf('$', this.#at)
      if (dollar === -1) break
      result += this.#text.slice(this.#at, dollar)
      this.#at = dollar
      if (this.#text.startsWith('$${', dollar)) {
        result += '${'
        this.#at += 3
      } else if (this.#text.startsWith('${', dollar)) {
        this.#at += 2
        result += this.#variable(0)
      } else {
        result += '$'
        this.#at++
      }
    }
    return result + this.#text.slice(this.#at)
  }

  #fail(what: string): never {
    const line = this.#text.slice(0, this.#at).split('\n').length
    throw buildError(
      `${this.#where}: variable substitution failed: line ${line}: ${what}`,
      'Write $${ where no variable is meant.',
    )
  }

  /** What follows `${`, with the closing brace. */
  #variable(depth: number): string {
    if (depth > maxDepth) this.#fail('too many variables inside of each other')
    const start = this.#at
    if (this.#text[start] === '#') return this.#length()
    if (!nameStart.test(this.#text[start] ?? '')) this.#fail('missing variable name')
    while (namePart.test(this.#text[this.#at] ?? '')) this.#at++
    const name = this.#text.slice(start, this.#at)
    const value = Object.hasOwn(this.#options.variables, name) ? this.#options.variables[name]! : undefined
    const operator =
      /^(?::[-=+?]|[-=+?]|\^\^?|,,?|##?|%%?|\/\/|\/#|\/%|\/|:)/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0] ?? ''
    this.#at += operator.length
    const args = operator === '' ? [] : this.#arguments(operator, depth)
    if (this.#text[this.#at] !== '}') this.#fail('missing closing brace')
    this.#at++
    if (value === undefined && this.#options.strict === true && !/^:?[-=+]$/.test(operator))
      this.#fail(`variable not set (strict mode): "${name}"`)
    return apply(operator, value, args)
  }

  #length(): string {
    const match = /^#([_a-zA-Z][_a-zA-Z0-9]*)\}/.exec(this.#text.slice(this.#at, this.#at + 300))
    if (match === null) this.#fail('bad substitution')
    this.#at += match[0].length
    return String([...(this.#options.variables[match[1]!] ?? '')].length)
  }

  /** The words behind an operator: two around `/` and `:`, else one; variables in them are put in. */
  #arguments(operator: string, depth: number): string[] {
    const separator = operator.startsWith('/') ? '/' : operator === ':' ? ':' : ''
    const words = ['']
    while (this.#at < this.#text.length && this.#text[this.#at] !== '}') {
      const char = this.#text[this.#at]!
      if (this.#text.startsWith('${', this.#at)) {
        this.#at += 2
        words[words.length - 1] += this.#variable(depth + 1)
        continue
      }
      this.#at++
      if (char === '\\' && this.#at < this.#text.length && separator !== '') words[words.length - 1] += this.#text[this.#at++]!
      else if (char === separator && words.length < 2) words.push('')
      else words[words.length - 1] += char
    }
    return words
  }
}

function apply(operator: string, value: string | undefined, args: readonly string[]): string {
  const text = value ?? ''
  const [word = '', second] = args
  switch (operator) {
    case ':-':
    case ':=':
    case '-':
    case '=':
      return text === '' ? word : text
    case ':+':
    case '+':
      return text === '' ? '' : word
    case '^^':
      return text.toUpperCase()
    case '^':
      return text.slice(0, 1).toUpperCase() + text.slice(1)
    case ',,':
      return text.toLowerCase()
    case ',':
      return text.slice(0, 1).toLowerCase() + text.slice(1)
    case '#':
    case '##':
      return text.startsWith(word) ? text.slice(word.length) : text
    case '%':
    case '%%':
      return word !== '' && text.endsWith(word) ? text.slice(0, -word.length) : text
    case '/':
      return text.replace(word, () => second ?? '')
    case '//':
      return word === '' ? text : text.replaceAll(word, () => second ?? '')
    case '/#':
      return text.startsWith(word) ? (second ?? '') + text.slice(word.length) : text
    case '/%':
      return text.endsWith(word) ? text.slice(0, text.length - word.length) + (second ?? '') : text
    case ':':
      return slice(text, word, second)
    default:
      return text
  }
}

function slice(text: string, from: string, length: string | undefined): string {
  const start = Number.parseInt(from, 10)
  if (Number.isNaN(start)) return text
  const rest = text.slice(start < 0 ? Math.max(0, text.length + start) : start)
  const count = length === undefined ? rest.length : Number.parseInt(length, 10)
  return Number.isNaN(count) ? rest : rest.slice(0, count)
}

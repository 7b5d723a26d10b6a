import { buildError } from '../build-error.js'
import { applyOperator, type ExpansionBudget, unicodeName } from './substitution-operators.js'

export interface SubstitutionOptions {
  readonly variables: Readonly<Record<string, string>>
  /** A variable that is not set and has no default is an error; else it is empty. */
  readonly strict?: boolean
  /** Looks for variables even when none is given, as `substituteStrategy: Always`. Else nothing is done then. */
  readonly always?: boolean
}

/** Text, or a variable with an operator and what is behind it. */
type Node = string | { readonly name: string; readonly operator: string; readonly args: readonly Node[]; readonly at: number }

/**
 * The variables in a text as Flux puts them in after a build: `${var}`, `${var:=default}` and the other forms that its
 * dialect of a shell's parameter expansion has, with its peculiarities (`:+` is `:-`, lengths and offsets count bytes, `$$` is `$`).
 */
export function substituteVariables(text: string, options: SubstitutionOptions, where: string): string {
  for (const name of Object.keys(options.variables)) {
    if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name))
      throw buildError(`${where}: '${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`)
  }
  const fail = (at: number, what: string): never => {
    const line = text.slice(0, at).split('\n').length
    throw buildError(
      `${where}: variable substitution failed: line ${line}: ${what}`,
      'Write $${ where no variable is meant, and look at the operators that docs/guides/render-as-a-library.md lists.',
    )
  }
  const nodes = new ExpansionParser(text, fail).parse()
  const budget: ExpansionBudget = { steps: 20_000_000, characters: maxCharacters }
  const expansionOf = (node: Node): string => {
    if (typeof node === 'string') return node
    const args = node.args.map(expansionOf)
    const isSet = Object.hasOwn(options.variables, node.name)
    if (!isSet && options.strict === true && !/^:?[-=+?]$/.test(node.operator))
      fail(node.at, `variable not set (strict mode): "${node.name}"`)
    const result = applyOperator(node.operator, isSet ? options.variables[node.name]! : '', args, budget)
    if (typeof result !== 'string') return fail(node.at, result.problem)
    return result
  }
  let total = 0
  const parts = nodes.map((node) => {
    const part = expansionOf(node)
    total += part.length
    if (total > maxCharacters) fail(typeof node === 'string' ? 0 : node.at, `more than ${maxCharacters} characters come out`)
    return part
  })
  return parts.join('')
}

const maxDepth = 64
const maxCharacters = 32 * 1024 * 1024
const insideFunction = 'unable to parse substitution within function'
const bad = 'bad substitution'

class ExpansionParser {
  readonly #text: string
  readonly #fail: (at: number, what: string) => never
  #at = 0

  constructor(text: string, fail: (at: number, what: string) => never) {
    this.#text = text
    this.#fail = fail
  }

  parse(): Node[] {
    const nodes: Node[] = []
    while (this.#at < this.#text.length) {
      const dollar = this.#text.indexOf('$', this.#at)
      if (dollar === -1 || dollar === this.#text.length - 1) {
        nodes.push(this.#text.slice(this.#at))
        break
      }
      const next = this.#text[dollar + 1]
      const isVariable = next === '{'
      nodes.push(this.#text.slice(this.#at, isVariable ? dollar : dollar + 1))
      this.#at = dollar + (isVariable || next === '$' ? 2 : 1)
      if (isVariable) nodes.push(this.#variable(0))
    }
    return nodes
  }

  #failHere(what: string): never {
    return this.#fail(this.#at, what)
  }

  /** What follows `${`, with the closing brace. */
  #variable(depth: number): Node {
    if (depth > maxDepth) this.#failHere('too many variables inside of each other')
    const at = this.#at
    if (this.#peek() === '#') {
      this.#at++
      const name = this.#name()
      if (name === '') this.#failHere(bad)
      this.#close(bad)
      return { name, operator: '#', args: [], at }
    }
    const name = this.#name()
    if (name === '') this.#failHere('unable to parse variable name')
    const node = (operator: string, args: readonly Node[] = []): Node => {
      this.#close(operator === '' ? 'missing closing brace' : bad)
      return { name, operator, args, at }
    }
    switch (this.#peek()) {
      case ':': {
        const operator = /^:[-=?+]/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0]
        if (operator !== undefined) return node(operator, this.#default(operator, depth))
        return node(':', this.#substring(depth))
      }
      case '=':
        return node('=', this.#default('=', depth))
      case ',':
      case '^':
        return node(this.#take(/^[,^]{1,2}/))
      case '#':
        return node(this.#take(/^##?/), [this.#word(/[}]/, false, depth)])
      case '%':
        return node(this.#take(/^%%?/), [this.#word(/[}]/, false, depth)])
      case '/':
        return node(this.#take(/^\/[/#%]?/), this.#replacement(depth))
      default:
        return node('')
    }
  }

  #peek(): string | undefined {
    return this.#text[this.#at]
  }

  #take(pattern: RegExp): string {
    const found = pattern.exec(this.#text.slice(this.#at, this.#at + 2))![0]
    this.#at += found.length
    return found
  }

  #name(): string {
    unicodeName.lastIndex = this.#at
    const found = unicodeName.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #close(otherwise: string): void {
    if (this.#peek() !== '}') this.#failHere(otherwise)
    this.#at++
  }

  /** Texts and variables up to the closing brace. */
  #default(operator: string, depth: number): Node[] {
    this.#at += operator.length
    const words: Node[] = []
    while (this.#peek() !== '}') words.push(this.#word(/[}]/, false, depth))
    return words
  }

  #substring(depth: number): Node[] {
    // A letter of several bytes behind the colon makes the original lose its place.
    if ((this.#text.codePointAt(this.#at + 1) ?? 0) > 0x7f) this.#failHere(bad)
    this.#at++
    const from = this.#word(/[:}]/, false, depth)
    if (this.#peek() === '}') return [from]
    if (this.#peek() !== ':') this.#failHere(bad)
    while (this.#peek() === ':') this.#at++
    return [from, this.#word(/[}]/, false, depth)]
  }

  #replacement(depth: number): Node[] {
    const pattern = this.#word(/[/]/, true, depth)
    if (this.#peek() !== '/') this.#failHere(bad)
    while (this.#peek() === '/') this.#at++
    return this.#peek() === '}' ? [pattern] : [pattern, this.#word(/[}]/, true, depth)]
  }

  /** One variable, or a text of at least one character up to what ends it or a variable. */
  #word(end: RegExp, hasEscapes: boolean, depth: number): Node {
    if (this.#text.startsWith('${', this.#at)) {
      this.#at += 2
      return this.#variable(depth + 1)
    }
    const start = this.#at
    let word = ''
    while (this.#at < this.#text.length && !this.#text.startsWith('${', this.#at)) {
      if (hasEscapes && /^(?:\$\$|\\[/\\])/.test(this.#text.slice(this.#at, this.#at + 2))) this.#at++
      else if (end.test(this.#peek()!)) break
      word += this.#text[this.#at++]
    }
    if (this.#at === start) this.#failHere(insideFunction)
    return word
  }
}

import { CelBytes, CelDouble, CelUint, type Value } from '../values/values.js'
import { codePoints, type Issues } from './issues.js'
import { tokenize } from './lexer.js'
import { type Macros, macroKey } from './macros.js'
import { type Expr, type MapEntry, operators, type StructField } from './syntax-tree.js'
import { Mismatch, showInput, TokenStream, TooManyRecoveries } from './token-stream.js'
import { unescapeBytes, unescapeString } from './unescape.js'

export interface ParserOptions {
  readonly macros: Macros
  readonly optionalSyntax: boolean
}

/** cel-go's limits. */
const mostDepth = 250
const mostCodePoints = 100_000

/** Words that cannot be names. */
export const reserved: ReadonlySet<string> = new Set([
  ...['as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'package'],
  ...['namespace', 'null', 'return', 'true', 'var', 'void', 'while'],
])

const starters = new Set([
  ...['[', '{', '(', '.', '-', '!', 'true', 'false', 'null', 'NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER'],
])
const numbers = new Set(['NUM_INT', 'NUM_FLOAT'])
const relations = ['<', '<=', '>=', '>', '==', '!=', 'in']
const products = ['*', '/', '%']
const sums = ['+', '-']
const operatorTokens = [...relations, ...products, ...sums, '&&', '||']

type Rule = 'expr' | 'relation' | 'calc' | 'member'

class TooDeep extends Error {}

/** Reads a source; undefined when it is too long to look at. Everything wrong is in the issues. */
export function parse(source: string, issues: Issues, options: ParserOptions): Expr {
  const size = codePoints(source)
  if (size > mostCodePoints) {
    issues.report(-1, `expression code point size exceeds limit: size: ${size}, limit ${mostCodePoints}`)
    return { kind: 'broken', at: -1 }
  }
  try {
    return new Parser(source, issues, options).start()
  } catch (error) {
    if (error instanceof TooDeep) issues.report(-1, error.message)
    else if (!(error instanceof TooManyRecoveries)) throw error
    return { kind: 'broken', at: -1 }
  }
}

class Parser {
  readonly #source: string
  readonly #issues: Issues
  readonly #options: ParserOptions
  readonly #tokens: TokenStream
  readonly #depths: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, member: 0 }
  /** How deep the last expression read is, in the nodes that cel-go counts. */
  #depth = 0
  #deepest = 0

  constructor(source: string, issues: Issues, options: ParserOptions) {
    this.#source = source
    this.#issues = issues
    this.#options = options
    const report = (at: number, message: string): void => issues.report(at, message)
    this.#tokens = new TokenStream(tokenize(source, report), report)
  }

  start(): Expr {
    const tokens = this.#tokens
    tokens.followers.push(['<EOF>'])
    const expr = this.#expr()
    try {
      tokens.expect('<EOF>')
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error
      tokens.recover(error)
    }
    if (this.#deepest > mostDepth) throw new TooDeep('max recursion depth exceeded')
    return expr
  }

  #enter(rule: Rule): void {
    if (++this.#depths[rule] > mostDepth) throw new TooDeep(`expression recursion limit exceeded: ${mostDepth}`)
  }

  #node<T>(depth: number, node: T): T {
    this.#depth = depth + 1
    if (this.#depth > this.#deepest) this.#deepest = this.#depth
    return node
  }

  #within<T>(followers: readonly string[], read: () => T): T {
    this.#tokens.followers.push(followers)
    const result = read()
    this.#tokens.followers.pop()
    return result
  }

  /** Runs a rule; a mismatch in it ends the rule, not the reading. */
  #rule(otherwise: () => Expr, read: () => Expr): Expr {
    const open = this.#tokens.followers.length
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error
      this.#tokens.followers.length = open
      this.#tokens.recover(error)
      return otherwise()
    }
  }

  #expr(): Expr {
    const tokens = this.#tokens
    this.#enter('expr')
    let result: Expr = broken(tokens.token.at)
    result = this.#rule(
      () => result,
      () => {
        result = this.#within(['?'], () => this.#or())
        const condition = result
        const conditionDepth = this.#depth
        const mark = tokens.accept('?')
        if (mark === undefined) return condition
        const whenTrue = this.#within([':'], () => this.#or())
        const trueDepth = this.#depth
        tokens.expect(':', starters)
        const whenFalse = this.#expr()
        const depth = Math.max(conditionDepth, trueDepth, this.#depth)
        return this.#node(depth, call(mark.at, operators.conditional, [condition, whenTrue, whenFalse]))
      },
    )
    this.#depths.expr--
    return result
  }

  #or(): Expr {
    return this.#logic('||', operators.or, () => this.#logic('&&', operators.and, () => this.#relation(0)))
  }

  #logic(token: string, operator: string, term: () => Expr): Expr {
    const tokens = this.#tokens
    const terms = [this.#within(operatorTokens, term)]
    let depth = this.#depth
    const places: number[] = []
    while (tokens.is(token)) {
      places.push(tokens.take().at)
      terms.push(this.#within(operatorTokens, term))
      depth = Math.max(depth, this.#depth)
    }
    this.#depth = depth
    return balanced(operator, terms, places, 0, places.length - 1)
  }

  #relation(_level: number): Expr {
    return this.#leftRecursive('relation', [relations], 0)
  }

  /** A left-recursive rule: relations over sums over products. */
  #leftRecursive(rule: 'relation' | 'calc', levels: readonly (readonly string[])[], level: number): Expr {
    const tokens = this.#tokens
    this.#enter(rule)
    let left = rule === 'relation' ? this.#leftRecursive('calc', [sums, products], 0) : this.#unary()
    for (;;) {
      const found = levels.findIndex((operators, i) => i >= level && operators.includes(tokens.token.kind))
      if (found < 0) break
      const leftDepth = this.#depth
      const mark = tokens.take()
      const right = this.#leftRecursive(rule, levels, found + 1)
      const name = mark.kind === 'in' ? operators.in : `_${mark.kind}_`
      left = this.#node(Math.max(leftDepth, this.#depth), call(mark.at, name, [left, right]))
    }
    this.#depths[rule]--
    return left
  }

  #unary(): Expr {
    const tokens = this.#tokens
    this.#depth = 0
    return this.#rule(
      () => broken(tokens.token.at),
      () => {
        tokens.sync(starters)
        const first = tokens.token
        if (first.kind !== '!' && (first.kind !== '-' || numbers.has(tokens.ahead(1).kind))) return this.#member()
        let count = 0
        while (tokens.is(first.kind)) {
          if (first.kind === '-') this.#expectOperand()
          tokens.take()
          count++
        }
        if (first.kind === '!' && !starters.has(tokens.token.kind)) {
          tokens.unwanted(starters)
          tokens.sync(starters)
        }
        const operand = this.#member()
        if (count % 2 === 0) return operand
        return call(first.at, first.kind === '!' ? operators.not : operators.negate, [operand])
      },
    )
  }

  /** A minus needs something behind it; where nothing is, ANTLR does not take it, and it becomes an operator afterwards. */
  #expectOperand(): void {
    const next = this.#tokens.ahead(1)
    if (next.kind === '!' || !starters.has(next.kind)) throw this.#nothingBehind()
  }

  #nothingBehind(): Mismatch {
    const { token } = this.#tokens
    const next = this.#tokens.ahead(1)
    const end = next.kind === '<EOF>' ? next.at : next.at + next.text.length
    return new Mismatch(`no viable alternative at input ${showInput(this.#source.slice(token.at, end))}`, next.at)
  }

  #member(): Expr {
    const tokens = this.#tokens
    this.#enter('member')
    let left = this.#within(['.', '['], () => this.#primary())
    left = this.#rule(
      () => left,
      () => {
        while (tokens.is('.') || tokens.is('[')) {
          left = tokens.is('.') ? this.#afterDot(left) : this.#index(left)
        }
        return left
      },
    )
    this.#depths.member--
    return left
  }

  #afterDot(operand: Expr): Expr {
    const tokens = this.#tokens
    const depth = this.#depth
    const second = tokens.ahead(1)
    const optional = second.kind === '?'
    const name = optional ? tokens.ahead(2) : second
    if (name.kind !== 'IDENTIFIER' && name.kind !== 'ESC_IDENTIFIER') {
      if (optional) return this.#noOptionalField()
      throw this.#noField(name.kind, name.text)
    }
    const dot = tokens.take()
    const mark = optional ? tokens.take() : undefined
    tokens.take()
    if (!optional && name.kind === 'IDENTIFIER' && tokens.is('(')) {
      const open = tokens.take()
      const args = this.#args()
      return this.#node(Math.max(depth, args.depth), this.#callOrMacro(open.at, name.text, operand, args.list))
    }
    let field = name.text
    if (name.kind === 'ESC_IDENTIFIER') {
      this.#issues.report(name.at, "unsupported syntax: '`'")
      field = ''
    }
    if (mark !== undefined) {
      if (!this.#options.optionalSyntax) {
        this.#issues.report(dot.at, "unsupported syntax '.?'")
        return this.#node(depth, broken(dot.at))
      }
      const literal: Expr = { kind: 'literal', at: name.at, value: field }
      return this.#node(depth, call(dot.at, operators.optionalSelect, [operand, literal]))
    }
    return this.#node(depth, { kind: 'select', at: dot.at, operand, field, testOnly: false })
  }

  #noOptionalField(): Expr {
    const tokens = this.#tokens
    tokens.take()
    tokens.take()
    const { text, at } = tokens.token
    tokens.recover(new Mismatch(`mismatched input '${text}' expecting {IDENTIFIER, ESC_IDENTIFIER}`, at))
    this.#issues.report(at, 'unsupported ident kind')
    return broken(at)
  }

  #noField(kind: string, text: string): Mismatch {
    const { at } = this.#tokens.ahead(1)
    if (kind === 'true' || kind === 'false' || kind === 'null') {
      return new Mismatch(`mismatched input '${text}' expecting IDENTIFIER`, at)
    }
    const seen = kind === '<EOF>' ? '' : text
    return new Mismatch(`no viable alternative at input '.${seen}'`, at)
  }

  #index(operand: Expr): Expr {
    const tokens = this.#tokens
    const depth = this.#depth
    const open = tokens.take()
    tokens.sync(new Set([...starters, '?']))
    const mark = tokens.accept('?')
    const key = this.#within([']'], () => this.#expr())
    const keyDepth = this.#depth
    tokens.expect(']', 'what follows')
    if (mark !== undefined && !this.#options.optionalSyntax) {
      this.#issues.report(open.at, "unsupported syntax '[?'")
      return this.#node(depth, broken(open.at))
    }
    const name = mark === undefined ? operators.index : operators.optionalIndex
    return this.#node(Math.max(depth, keyDepth), call(open.at, name, [operand, key]))
  }

  #args(): { list: Expr[]; depth: number } {
    const tokens = this.#tokens
    tokens.sync(new Set([...starters, ')']))
    const list: Expr[] = []
    let depth = 0
    if (!tokens.is(')')) {
      do {
        list.push(this.#within([')', ','], () => this.#expr()))
        depth = Math.max(depth, this.#depth)
      } while (tokens.accept(','))
    }
    tokens.expect(')', 'what follows')
    return { list, depth }
  }

  #primary(): Expr {
    const tokens = this.#tokens
    this.#depth = 0
    return this.#rule(
      () => broken(tokens.token.at),
      () => {
        const token = tokens.token
        switch (token.kind) {
          case '(': {
            tokens.take()
            const inner = this.#within([')'], () => this.#expr())
            tokens.expect(')', 'what follows')
            return inner
          }
          case '[':
            return this.#list()
          case '{':
            return this.#map()
          case '.':
          case 'IDENTIFIER':
            return this.#named()
          default:
            if (token.kind === '-' && !numbers.has(tokens.ahead(1).kind)) throw this.#nothingBehind()
            return this.#literal()
        }
      },
    )
  }

  #named(): Expr {
    const tokens = this.#tokens
    if (tokens.is('.') && tokens.ahead(1).kind !== 'IDENTIFIER') {
      const { kind, text, at } = tokens.ahead(1)
      throw new Mismatch(`no viable alternative at input '.${kind === '<EOF>' ? '' : text}'`, at)
    }
    const leading = tokens.is('.') ? tokens.take() : undefined
    let count = 0
    while (tokens.ahead(count + 1).kind === '.' && tokens.ahead(count + 2).kind === 'IDENTIFIER') count += 2
    if (tokens.is('IDENTIFIER') && tokens.ahead(count + 1).kind === '{') return this.#struct(leading?.at, count)
    const token = tokens.take()
    const at = leading?.at ?? token.at
    if (reserved.has(token.text)) {
      if (tokens.accept('(')) this.#args()
      this.#depth = 0
      this.#issues.report(at, `reserved identifier: ${token.text}`)
      return broken(at)
    }
    const name = (leading === undefined ? '' : '.') + token.text
    if (tokens.is('(')) {
      const open = tokens.take()
      const args = this.#args()
      this.#depth = args.depth
      return this.#callOrMacro(open.at, name, undefined, args.list)
    }
    this.#depth = 0
    return { kind: 'ident', at: token.at, name }
  }

  #struct(leading: number | undefined, count: number): Expr {
    const tokens = this.#tokens
    let name = leading === undefined ? '' : '.'
    for (let i = 0; i <= count; i++) name += tokens.take().text
    const open = tokens.expect('{')
    const fields: StructField[] = []
    let depth = 0
    tokens.sync(new Set(['}', ',', '?', 'IDENTIFIER', 'ESC_IDENTIFIER']))
    while (!tokens.is('}') && !tokens.is(',')) {
      const optional = tokens.accept('?') !== undefined
      const field = tokens.expect(tokens.is('ESC_IDENTIFIER') ? 'ESC_IDENTIFIER' : 'IDENTIFIER')
      if (field.kind === 'ESC_IDENTIFIER') this.#issues.report(field.at, "unsupported syntax: '`'")
      const colon = tokens.expect(':', starters)
      const value = this.#within(['}', ','], () => this.#expr())
      depth = Math.max(depth, this.#depth)
      fields.push({ at: colon.at, name: field.text, value, optional })
      if (!this.#another('}')) break
    }
    tokens.accept(',')
    tokens.expect('}', 'what follows')
    this.#depth = depth
    return { kind: 'struct', at: open.at, name, fields }
  }

  /** After an element: true when a comma and another element follow. */
  #another(close: string): boolean {
    const tokens = this.#tokens
    if (!tokens.is(',')) {
      tokens.sync(new Set([',', close]))
      if (!tokens.is(',')) return false
    }
    const next = tokens.ahead(1).kind
    if (next === close || (next !== '?' && next !== 'ESC_IDENTIFIER' && !starters.has(next))) return false
    tokens.take()
    return true
  }

  #list(): Expr {
    const tokens = this.#tokens
    const open = tokens.take()
    const elements: Expr[] = []
    const optional = new Set<number>()
    let depth = 0
    tokens.sync(new Set([...starters, ']', ',', '?']))
    while (!tokens.is(']') && !tokens.is(',')) {
      const mark = tokens.accept('?')
      if (mark !== undefined) {
        if (this.#options.optionalSyntax) optional.add(elements.length)
        else this.#issues.report(mark.at, "unsupported syntax '?'")
      }
      elements.push(this.#within([']', ','], () => this.#expr()))
      depth = Math.max(depth, this.#depth)
      if (!this.#another(']')) break
    }
    tokens.accept(',')
    tokens.expect(']', 'what follows')
    this.#depth = depth
    return { kind: 'list', at: open.at, elements, optional }
  }

  #map(): Expr {
    const tokens = this.#tokens
    const open = tokens.take()
    const entries: MapEntry[] = []
    let depth = 0
    tokens.sync(new Set([...starters, '}', ',', '?']))
    while (!tokens.is('}') && !tokens.is(',')) {
      const mark = tokens.accept('?')
      if (mark !== undefined && !this.#options.optionalSyntax) this.#issues.report(mark.at, "unsupported syntax '?'")
      const key = this.#within([':'], () => this.#expr())
      depth = Math.max(depth, this.#depth)
      const colon = tokens.expect(':', starters)
      const value = this.#within(['}', ','], () => this.#expr())
      depth = Math.max(depth, this.#depth)
      entries.push({ at: colon.at, key, value, optional: mark !== undefined })
      if (!this.#another('}')) break
    }
    tokens.accept(',')
    tokens.expect('}', 'what follows')
    this.#depth = depth
    return { kind: 'map', at: open.at, entries }
  }

  #literal(): Expr {
    const tokens = this.#tokens
    const sign = tokens.accept('-')
    const token = tokens.take()
    const at = sign?.at ?? token.at
    const text = (sign === undefined ? '' : '-') + token.text
    const literal = (value: Value): Expr => ({ kind: 'literal', at, value })
    switch (token.kind) {
      case 'true':
        return literal(true)
      case 'false':
        return literal(false)
      case 'null':
        return literal(null)
      case 'STRING': {
        const read = unescapeString(token.text)
        return 'wrong' in read ? this.#wrong(at, read.wrong) : literal(read.value)
      }
      case 'BYTES': {
        const read = unescapeBytes(token.text.slice(1))
        return 'wrong' in read ? this.#wrong(at, read.wrong) : literal(new CelBytes(read.value))
      }
      case 'NUM_INT': {
        const value = (sign === undefined ? 1n : -1n) * BigInt(token.text)
        if (BigInt.asIntN(64, value) !== value) return this.#wrong(at, 'invalid int literal')
        return literal(Number.isSafeInteger(Number(value)) ? Number(value) : value)
      }
      case 'NUM_UINT': {
        const value = BigInt(token.text.slice(0, -1))
        return value > 0xffffffffffffffffn ? this.#wrong(at, 'invalid uint literal') : literal(new CelUint(value))
      }
      default: {
        const value = Number(text)
        return Number.isFinite(value) ? literal(new CelDouble(value)) : this.#wrong(at, 'invalid double literal')
      }
    }
  }

  #wrong(at: number, message: string): Expr {
    this.#issues.report(at, message)
    return broken(at)
  }

  #callOrMacro(at: number, name: string, target: Expr | undefined, args: Expr[]): Expr {
    const macro = this.#options.macros.get(macroKey(name, args.length, target !== undefined))
    const expanded = macro?.(at, target, args)
    if (expanded === undefined) return { kind: 'call', at, name, target, args }
    return 'wrong' in expanded ? this.#wrong(expanded.at, expanded.wrong) : expanded
  }
}

function broken(at: number): Expr {
  return { kind: 'broken', at }
}

function call(at: number, name: string, args: Expr[]): Expr {
  return { kind: 'call', at, name, target: undefined, args }
}

/** `a && b && c && d` as a tree that is no deeper than it must be. */
function balanced(operator: string, terms: readonly Expr[], places: readonly number[], low: number, high: number): Expr {
  if (places.length === 0) return terms[0]!
  const middle = Math.trunc((low + high + 1) / 2)
  const left = middle === low ? terms[middle]! : balanced(operator, terms, places, low, middle - 1)
  const right = middle === high ? terms[middle + 1]! : balanced(operator, terms, places, middle + 1, high)
  return call(places[middle]!, operator, [left, right])
}

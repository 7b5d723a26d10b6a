import type { Token } from './lexer.js'

/** Thrown where the grammar cannot go on; the rule that catches it reports and recovers. */
export class Mismatch extends Error {
  readonly text: string
  readonly at: number
  constructor(text: string, at: number) {
    super(text)
    this.text = text
    this.at = at
  }
}

const closers = new Set([')', ']', '}', ',', ':', '<EOF>'])

/** More than this many recoveries end the reading, as cel-go's parser does. */
const mostRecoveries = 30

/** In the order of ANTLR's token types, which is the order of its messages. */
const order = [
  ...['==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', '[', ']', '{', '}', '(', ')', '.', ',', '-', '!', '?', ':', '+'],
  ...['*', '/', '%', 'true', 'false', 'null', 'NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER'],
  ...['ESC_IDENTIFIER', '<EOF>'],
]

function showKind(kind: string): string {
  return /^[A-Z_]+$/.test(kind) || kind === '<EOF>' ? kind : `'${kind}'`
}

function showSet(kinds: ReadonlySet<string>): string {
  const shown = order.filter((kind) => kinds.has(kind)).map(showKind)
  return shown.length === 1 ? shown[0]! : `{${shown.join(', ')}}`
}

/** As it stands in messages: between quotes, white space escaped. */
export function showInput(text: string): string {
  return `'${text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}'`
}

function showToken(token: Token): string {
  return showInput(token.text)
}

export class TooManyRecoveries extends Error {}

/** Tokens with ANTLR's way to report and to recover: one token too many, one missing, or skipping to what may follow. */
export class TokenStream {
  readonly #tokens: readonly Token[]
  readonly #report: (at: number, message: string) => void
  #next = 0
  #recovering = false
  #recoveries = 0
  #lastErrorAt = -1
  /** What may follow in the rules that are open. */
  readonly followers: (readonly string[])[] = []

  constructor(tokens: readonly Token[], report: (at: number, message: string) => void) {
    this.#tokens = tokens
    this.#report = report
  }

  get token(): Token {
    return this.#tokens[this.#next]!
  }

  ahead(count: number): Token {
    return this.#tokens[Math.min(this.#next + count, this.#tokens.length - 1)]!
  }

  is(kind: string): boolean {
    return this.token.kind === kind
  }

  /** Takes the token, whatever it is. */
  take(): Token {
    const token = this.token
    if (this.#next < this.#tokens.length - 1) this.#next++
    this.#recovering = false
    return token
  }

  accept(kind: string): Token | undefined {
    return this.is(kind) ? this.take() : undefined
  }

  /** The token must start or end what is open here. */
  sync(expected: ReadonlySet<string>): void {
    if (expected.has(this.token.kind)) return
    if (this.#dropOne(expected)) return
    throw this.#mismatch(expected)
  }

  /** `after`: what must stand here for the token to count as forgotten. */
  expect(kind: string, after?: ReadonlySet<string> | 'what follows'): Token {
    if (this.is(kind)) return this.take()
    const expected = new Set([kind])
    this.#countRecovery()
    if (this.#dropOne(expected)) return this.take()
    const next = after === 'what follows' ? this.#following() : after
    if (next?.has(this.token.kind) === true) {
      this.#error(this.token.at, `missing ${showKind(kind)} at ${showToken(this.token)}`)
      return { kind, text: `<missing ${showKind(kind)}>`, at: this.token.at }
    }
    throw this.#mismatch(expected)
  }

  /** What may come after a whole operand here: operators, and what closes the innermost bracket. */
  #following(): Set<string> {
    const following = new Set(['.', '['])
    for (const kinds of this.followers.toReversed()) {
      for (const kind of kinds) following.add(kind)
      if (kinds.some((kind) => closers.has(kind))) break
    }
    return following
  }

  /** Says that the token is not wanted, and skips to one that is or that may follow. */
  unwanted(expected: ReadonlySet<string>): void {
    this.#error(this.token.at, `extraneous input ${showToken(this.token)} expecting ${showSet(expected)}`)
    const follow = new Set([...expected, ...this.followers.flat()])
    while (!this.is('<EOF>') && !follow.has(this.token.kind)) this.#skip()
  }

  #mismatch(expected: ReadonlySet<string>): Mismatch {
    return new Mismatch(`mismatched input ${showToken(this.token)} expecting ${showSet(expected)}`, this.token.at)
  }

  /** One token too many: skips it when the next one fits. */
  #dropOne(expected: ReadonlySet<string>): boolean {
    if (this.token.kind === '<EOF>' || !expected.has(this.ahead(1).kind)) return false
    this.#error(this.token.at, `extraneous input ${showToken(this.token)} expecting ${showSet(expected)}`)
    this.take()
    return true
  }

  #error(at: number, text: string): void {
    if (this.#recovering) return
    this.#recovering = true
    this.#report(at, `Syntax error: ${text}`)
  }

  /** Reports the mismatch and skips to what may follow. */
  recover(problem: Mismatch): void {
    this.#error(problem.at, problem.text)
    this.#countRecovery()
    if (this.#lastErrorAt === this.#next && !this.is('<EOF>')) this.#skip()
    this.#lastErrorAt = this.#next
    const follow = new Set(this.followers.flat())
    while (!this.is('<EOF>') && !follow.has(this.token.kind)) this.#skip()
  }

  #skip(): void {
    this.#next++
  }

  #countRecovery(): void {
    if (++this.#recoveries <= mostRecoveries) return
    this.#report(this.token.at, `Syntax error: error recovery attempt limit exceeded: ${mostRecoveries}`)
    throw new TooManyRecoveries()
  }
}

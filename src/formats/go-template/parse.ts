import { TemplateParseError } from './errors.js'
import type { FunctionTable } from './functions.js'
import { lex, type Token, type TokenType } from './lex.js'
import { parseFloatLiteral, parseInteger, unquote } from './literals.js'
import {
  type BranchNode,
  type ChainNode,
  type CommandNode,
  isEmptyTree,
  type ListNode,
  type NumberNode,
  nodeText,
  type OperandNode,
  type PipeNode,
  type StatementNode,
  type VariableNode,
} from './nodes.js'
import { byteLength, GoComplex } from './values.js'

/** One named template: its tree and where its text came from. */
export interface Definition {
  readonly name: string
  /** Name and text of the file it stands in, for places in messages. */
  readonly source: { readonly name: string; readonly text: string }
  readonly root: ListNode
}

export interface ParseOptions {
  readonly leftDelimiter: string
  readonly rightDelimiter: string
  readonly functions: FunctionTable
}

const maximumNesting = 400
const operandTokens: ReadonlySet<TokenType> = new Set([
  'bool',
  'character-constant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw-string',
  'string',
  'variable',
  'left-parenthesis',
])

type Ending = { readonly kind: 'end' | 'else'; readonly position: number; readonly chained: 'if' | 'with' | undefined }

/** Parses a text into its definitions: the template itself under `name`, and what `define` and `block` add. */
export function parse(name: string, text: string, options: ParseOptions): Definition[] {
  return new Parser(name, text, options).run()
}

class Parser {
  readonly #name: string
  readonly #text: string
  readonly #functions: FunctionTable
  readonly #tokens: readonly Token[]
  readonly #definitions = new Map<string, Definition>()
  #next = 0
  #furthest = 0
  #variables: string[] = ['$']
  #rangeDepth = 0
  #nesting = 0
  #actionLine = 0

  constructor(name: string, text: string, options: ParseOptions) {
    this.#name = name
    this.#text = text
    this.#functions = options.functions
    this.#tokens = lex(text, options.leftDelimiter, options.rightDelimiter)
  }

  run(): Definition[] {
    const nodes: StatementNode[] = []
    while (this.#peek().type !== 'eof') {
      if (this.#peek().type === 'left-delimiter') {
        const start = this.#next
        this.#take()
        const word = this.#takeSolid()
        if (word.type === 'keyword' && word.text === 'define') {
          this.#parseDefine()
          continue
        }
        this.#next = start
      }
      const node = this.#parseStatement()
      if (isEnding(node)) this.#fail(`unexpected {{${node.kind}}}`)
      else nodes.push(node)
    }
    this.#define(this.#name, { kind: 'list', position: 0, nodes })
    return [...this.#definitions.values()]
  }

  #fail(message: string): never {
    throw new TemplateParseError(`template: ${this.#name}:${this.#tokens[this.#furthest]?.line ?? 1}: ${message}`)
  }

  #unexpected(token: Token, context: string): never {
    if (token.type !== 'error') this.#fail(`unexpected ${tokenText(token)} in ${context}`)
    let where = ''
    if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
      where = ` in action started at ${this.#name}:${this.#actionLine}`
      if (token.text.endsWith(' action')) where = where.slice(' in action'.length)
    }
    this.#fail(token.text + where)
  }

  #take(): Token {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]!
    this.#furthest = Math.max(this.#furthest, Math.min(this.#next, this.#tokens.length - 1))
    this.#next++
    return token
  }

  #peek(): Token {
    const token = this.#take()
    this.#next--
    return token
  }

  /** The next token that is no space. */
  #takeSolid(): Token {
    let token = this.#take()
    while (token.type === 'space') token = this.#take()
    return token
  }

  #peekSolid(): Token {
    const token = this.#takeSolid()
    this.#next--
    return token
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#takeSolid()
    if (token.type !== type) this.#unexpected(token, context)
    return token
  }

  #define(name: string, root: ListNode): void {
    const earlier = this.#definitions.get(name)
    if (earlier !== undefined && !isEmptyTree(earlier.root)) {
      if (!isEmptyTree(root)) this.#fail(`template: multiple definition of template ${JSON.stringify(name)}`)
      return
    }
    this.#definitions.set(name, { name, source: { name: this.#name, text: this.#text }, root })
  }

  #parseDefine(): void {
    const context = 'define clause'
    const name = this.#templateName(this.#takeSolid(), context)
    this.#expect('right-delimiter', context)
    this.#define(name, this.#parseBody(context))
  }

  /** The body of `define` and `block`: variables and loops outside are not seen inside. */
  #parseBody(context: string): ListNode {
    const variables = this.#variables
    const rangeDepth = this.#rangeDepth
    this.#variables = ['$']
    this.#rangeDepth = 0
    const [list, ending] = this.#parseList()
    if (ending.kind !== 'end') this.#fail(`unexpected {{else}} in ${context}`)
    this.#variables = variables
    this.#rangeDepth = rangeDepth
    return list
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'raw-string') this.#unexpected(token, context)
    return unquote(token.text) ?? this.#fail('invalid syntax')
  }

  #parseList(): [ListNode, Ending] {
    if (++this.#nesting > maximumNesting) this.#fail('max expression depth exceeded')
    const position = this.#peekSolid().position
    const nodes: StatementNode[] = []
    while (this.#peekSolid().type !== 'eof') {
      const node = this.#parseStatement()
      if (isEnding(node)) {
        this.#nesting--
        return [{ kind: 'list', position, nodes }, node]
      }
      nodes.push(node)
    }
    this.#fail('unexpected EOF')
  }

  #parseStatement(): StatementNode | Ending {
    const token = this.#takeSolid()
    if (token.type === 'text') return { kind: 'text', position: token.position, text: token.text, bytes: byteLength(token.text) }
    if (token.type !== 'left-delimiter') this.#unexpected(token, 'input')
    this.#actionLine = token.line
    const node = this.#parseAction()
    this.#actionLine = 0
    return node
  }

  #parseAction(): StatementNode | Ending {
    const word = this.#takeSolid()
    if (word.type === 'keyword') {
      switch (word.text) {
        case 'block':
          return this.#parseBlock()
        case 'break':
        case 'continue':
          return this.#parseJump(word.text, word.position)
        case 'else':
          return this.#parseElse()
        case 'end':
          return { kind: 'end', position: this.#expect('right-delimiter', 'end').position, chained: undefined }
        case 'if':
        case 'range':
        case 'with':
          return this.#parseBranch(word.text)
        case 'template':
          return this.#parseTemplate()
      }
    }
    this.#next--
    const position = this.#peek().position
    return { kind: 'action', position, pipe: this.#parsePipe('command', 'right-delimiter') }
  }

  #parseJump(kind: 'break' | 'continue', position: number): StatementNode {
    const token = this.#takeSolid()
    if (token.type !== 'right-delimiter') this.#unexpected(token, `{{${kind}}}`)
    if (this.#rangeDepth === 0) this.#fail(`{{${kind}}} outside {{range}}`)
    return { kind, position }
  }

  #parseElse(): Ending {
    const word = this.#peekSolid()
    if (word.type === 'keyword' && (word.text === 'if' || word.text === 'with')) {
      return { kind: 'else', position: word.position, chained: word.text }
    }
    return { kind: 'else', position: this.#expect('right-delimiter', 'else').position, chained: undefined }
  }

  #parseBranch(kind: 'if' | 'with' | 'range'): BranchNode {
    const variables = this.#variables.length
    const pipe = this.#parsePipe(kind, 'right-delimiter')
    if (kind === 'range') this.#rangeDepth++
    const [list, ending] = this.#parseList()
    if (kind === 'range') this.#rangeDepth--
    let elseList: ListNode | undefined
    if (ending.kind === 'else') {
      if (ending.chained !== undefined && ending.chained === kind) {
        this.#takeSolid()
        if (++this.#nesting > maximumNesting) this.#fail('max expression depth exceeded')
        elseList = { kind: 'list', position: ending.position, nodes: [this.#parseBranch(kind)] }
        this.#nesting--
      } else {
        const [rest, last] = this.#parseList()
        if (last.kind !== 'end') this.#fail(`expected end; found {{else}}`)
        elseList = rest
      }
    }
    this.#variables.length = variables
    return { kind, position: pipe.position, pipe, list, elseList }
  }

  #parseBlock(): StatementNode {
    const context = 'block clause'
    const token = this.#takeSolid()
    const name = this.#templateName(token, context)
    const pipe = this.#parsePipe(context, 'right-delimiter')
    this.#define(name, this.#parseBody(context))
    return { kind: 'template', position: token.position, name, pipe }
  }

  #parseTemplate(): StatementNode {
    const context = 'template clause'
    const token = this.#takeSolid()
    const name = this.#templateName(token, context)
    let pipe: PipeNode | undefined
    if (this.#takeSolid().type !== 'right-delimiter') {
      this.#next--
      pipe = this.#parsePipe(context, 'right-delimiter')
    }
    return { kind: 'template', position: token.position, name, pipe }
  }

  #parsePipe(context: string, end: TokenType): PipeNode {
    const position = this.#peekSolid().position
    const declarations: VariableNode[] = []
    let assigns = false
    while (this.#peekSolid().type === 'variable') {
      const start = this.#next
      const variable = this.#takeSolid()
      const after = this.#peekSolid()
      const node: VariableNode = { kind: 'variable', position: variable.position, path: variable.text.split('.') }
      if (after.type === 'assign' || after.type === 'declare') {
        assigns = after.type === 'assign'
        this.#takeSolid()
        declarations.push(node)
        this.#variables.push(variable.text)
        break
      }
      if (after.type !== 'character' || after.text !== ',') {
        this.#next = start
        break
      }
      this.#takeSolid()
      declarations.push(node)
      this.#variables.push(variable.text)
      if (context !== 'range' || declarations.length >= 2) this.#fail(`too many declarations in ${context}`)
      const following = this.#peekSolid().type
      if (following !== 'variable' && following !== 'right-delimiter' && following !== 'right-parenthesis') {
        this.#fail('range can only initialize variables')
      }
    }
    const commands: CommandNode[] = []
    for (;;) {
      const token = this.#takeSolid()
      if (token.type === end) break
      if (!operandTokens.has(token.type)) this.#unexpected(token, context)
      this.#next--
      commands.push(this.#parseCommand())
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`)
    for (const [index, command] of commands.entries()) {
      const kind = command.operands[0]!.kind
      if (index > 0 && (kind === 'bool' || kind === 'dot' || kind === 'nil' || kind === 'number' || kind === 'string')) {
        this.#fail(`non executable command in pipeline stage ${index + 1}`)
      }
    }
    return { kind: 'pipe', position, declarations, assigns, commands }
  }

  #parseCommand(): CommandNode {
    const position = this.#peekSolid().position
    const operands: OperandNode[] = []
    for (;;) {
      this.#peekSolid()
      const operand = this.#parseOperand()
      if (operand !== undefined) operands.push(operand)
      const token = this.#take()
      if (token.type === 'space') continue
      if (token.type === 'right-delimiter' || token.type === 'right-parenthesis') this.#next--
      else if (token.type !== 'pipe') this.#unexpected(token, 'operand')
      break
    }
    if (operands.length === 0) this.#fail('empty command')
    return { kind: 'command', position, operands }
  }

  #parseOperand(): OperandNode | undefined {
    const base = this.#parseTerm()
    if (base === undefined || this.#peek().type !== 'field') return base
    const position = this.#peek().position
    const path: string[] = []
    while (this.#peek().type === 'field') path.push(this.#take().text.slice(1))
    if (base.kind === 'field' || base.kind === 'variable') return { kind: base.kind, position, path: [...base.path, ...path] }
    if (base.kind === 'identifier' || base.kind === 'pipe' || base.kind === 'chain') {
      return { kind: 'chain', position, base, path } satisfies ChainNode
    }
    this.#fail(`unexpected . after term ${JSON.stringify(nodeText(base))}`)
  }

  #parseTerm(): OperandNode | undefined {
    const token = this.#takeSolid()
    const position = token.position
    switch (token.type) {
      case 'identifier':
        if (!this.#functions.has(token.text)) this.#fail(`function ${JSON.stringify(token.text)} not defined`)
        return { kind: 'identifier', position, name: token.text }
      case 'dot':
      case 'nil':
        return { kind: token.type, position }
      case 'variable': {
        const path = token.text.split('.')
        if (!this.#variables.includes(path[0]!)) this.#fail(`undefined variable ${JSON.stringify(path[0])}`)
        return { kind: 'variable', position, path }
      }
      case 'field':
        return { kind: 'field', position, path: token.text.slice(1).split('.') }
      case 'bool':
        return { kind: 'bool', position, value: token.text === 'true' }
      case 'character-constant':
      case 'complex':
      case 'number':
        return this.#parseNumber(token)
      case 'left-parenthesis': {
        if (++this.#nesting > maximumNesting) this.#fail('max expression depth exceeded')
        const pipe = this.#parsePipe('parenthesized pipeline', 'right-parenthesis')
        this.#nesting--
        return pipe
      }
      case 'string':
      case 'raw-string':
        return { kind: 'string', position, quoted: token.text, text: unquote(token.text) ?? this.#fail('invalid syntax') }
      default:
        this.#next--
        return undefined
    }
  }

  #parseNumber(token: Token): NumberNode {
    const { position, text } = token
    if (token.type === 'complex') {
      const [, real = '', imaginary = ''] = /^(.*[^eEpP])([+-].*)i$/.exec(text) ?? []
      const part = (digits: string): number =>
        parseFloatLiteral(digits) ?? this.#fail(/\d/.test(digits) ? 'value out of range' : 'syntax error scanning complex number')
      return complexNode(position, text, part(real), part(imaginary))
    }
    if (token.type === 'number' && text.endsWith('i')) {
      const imaginary = parseFloatLiteral(text.slice(0, -1))
      if (imaginary === undefined) this.#fail(`illegal number syntax: ${JSON.stringify(text)}`)
      return complexNode(position, text, 0, imaginary)
    }
    if (token.type === 'character-constant') {
      const value = unquote(text)
      if (value === undefined || value === '') this.#fail('invalid syntax')
      const code = value.codePointAt(0)!
      if (String.fromCodePoint(code) !== value) this.#fail(`malformed character constant: ${text}`)
      return { kind: 'number', position, text, integer: BigInt(code), float: code }
    }
    const integer = parseInteger(text)
    if (integer !== undefined && integer >= -(2n ** 63n) && integer < 2n ** 64n) {
      return { kind: 'number', position, text, integer, float: Number(integer) }
    }
    const float = parseFloatLiteral(text)
    if (float === undefined) this.#fail(`illegal number syntax: ${JSON.stringify(text)}`)
    if (!/[.eEpP]/.test(text)) this.#fail(`integer overflow: ${JSON.stringify(text)}`)
    const whole = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined
    return { kind: 'number', position, text, integer: whole, float }
  }
}

/** Without an imaginary part it counts as the number that it is as well. */
function complexNode(position: number, text: string, real: number, imaginary: number): NumberNode {
  const whole = imaginary === 0 && Number.isInteger(real) && Math.abs(real) < 2 ** 63 ? BigInt(real) : undefined
  return { kind: 'number', position, text, integer: whole, float: real, complex: new GoComplex(real, imaginary) }
}

function isEnding(node: StatementNode | Ending): node is Ending {
  return node.kind === 'end' || node.kind === 'else'
}

function tokenText(token: Token): string {
  if (token.type === 'eof') return 'EOF'
  if (token.type === 'keyword' || token.type === 'dot' || token.type === 'nil') return `<${token.text}>`
  const characters = [...token.text]
  if (characters.length > 10) return `${JSON.stringify(characters.slice(0, 10).join(''))}...`
  return JSON.stringify(token.text)
}

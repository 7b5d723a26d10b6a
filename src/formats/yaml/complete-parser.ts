import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import type { Json, JsonObject } from '../../base/json.js'
import { setOwn } from '../../base/json.js'
import { isNumber } from '../../base/json-text.js'
import type { ParsedDocument } from './block-parser.js'
import { createGoLexer } from './go-lexer.js'
import { formatGoNumber } from './go-number.js'
import { resolvePlain, type YamlDialect } from './resolve-scalar.js'
import { markImplicitNull, markPlainText, markQuoted } from './source-marks.js'
import { YamlError } from './yaml-error.js'

const maxDepth = 512
const tagPrefix = 'tag:yaml.org,2002:'

/** Reads everything YAML has, or throws a YamlError. Syntax is npm's yaml package's business, meaning is decided here. */
export function parseAnyYaml(
  text: string,
  dialect: YamlDialect,
  source: string | undefined,
  duplicateKeys: 'error' | 'last' = 'error',
): ParsedDocument[] {
  const lines = new LineCounter()
  const fail = (what: string, offset: number): never => {
    const { line, col } = lines.linePos(offset)
    throw new YamlError({ what, line: Math.max(line, 1), column: Math.max(col, 1), ...(source === undefined ? {} : { source }) })
  }
  const documents: ParsedDocument[] = []
  const unfinishedAt = text.endsWith('\n') ? undefined : text.length
  try {
    const parsed = withoutStackTraces(() => composeAll(text, lines))
    for (const document of parsed) {
      if (document.errors.length > 0) {
        const { message, pos } = firstMistake(text, document)
        fail(message, pos[0])
      }
      const contents = document.contents as Node | null
      if (contents === null || isEmptyScalar(contents)) continue
      const value = new Reader(dialect, fail, unfinishedAt, duplicateKeys).read(contents)
      documents.push({ value, line: lines.linePos(offsetOf(contents)).line })
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    fail('collections are nested too deeply', 0)
  }
  return documents
}

/** Of the parser's stack, which has two entries or three for a level: more than any text has that the reader takes. */
const mostOpen = 4 * maxDepth

/**
 * The documents, mistakes included. The tokens of a text are made without recursion; what would let the composer, which does
 * recur, run out of stack is refused before. A full stack is no mere exception: V8 ends the process when it has to compile a
 * regular expression there.
 */
function composeAll(text: string, lines: LineCounter, lexer = createGoLexer()): Document.Parsed[] {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  const tokens: CST.Token[] = []
  for (const lexeme of lexer.lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > mostOpen) throw new RangeError('too deep')
  }
  for (const token of parser.end()) tokens.push(token)
  const options = {
    schema: 'failsafe',
    version: '1.1',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  } as const
  return Array.from(new Composer({ ...options, lineCounter: lines }).compose(tokens) as Iterable<Document.Parsed>)
}

/** Of a quote or a bracket that is never closed everything below is swallowed: where the indentation ends is nearer to the mistake. */
function firstMistake(text: string, document: Document.Parsed): { message: string; pos: [number, number] } {
  const told = document.errors[0]!
  const strict = composeAll(text, new LineCounter(), new Lexer()).flatMap(({ errors }) => errors)
  const nearer = strict.find(({ pos }) => pos[0] >= document.range[0])
  if (nearer !== undefined && nearer.pos[0] < told.pos[0]) return nearer
  if (!/^Missing closing/.test(told.message)) return told
  let last = document.contents as Node | null
  while (isMap(last) || isSeq(last)) {
    const item: unknown = last.items.at(-1)
    last = (isPair(item) ? (item.value ?? item.key) : item) as Node | null
  }
  return { message: told.message, pos: [offsetOf(last), told.pos[1]] }
}

/** A text of a hundred thousand mistakes makes as many errors, of which one is told: their stack traces cost most of the time. */
function withoutStackTraces<T>(run: () => T): T {
  const errors = Error as { stackTraceLimit?: number }
  const before = errors.stackTraceLimit
  errors.stackTraceLimit = 0
  try {
    return run()
  } finally {
    if (before === undefined) delete errors.stackTraceLimit
    else errors.stackTraceLimit = before
  }
}

function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.type === 'PLAIN' && node.source === '' && node.tag === undefined && node.anchor === undefined
}

function offsetOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0
}

class Reader {
  readonly #dialect: YamlDialect
  readonly #fail: (what: string, offset: number) => never
  /** Where the text ends, if not with a line break: a block scalar that reaches it has no last line break in go-yaml. */
  readonly #duplicateKeys: 'error' | 'last'
  readonly #unfinishedAt: number | undefined
  readonly #anchors = new Map<string, Node>()
  readonly #open = new Set<Node>()
  #decoded = 0
  #fromAliases = 0
  #aliasDepth = 0
  #depth = 0

  constructor(
    dialect: YamlDialect,
    fail: (what: string, offset: number) => never,
    unfinishedAt: number | undefined,
    duplicateKeys: 'error' | 'last',
  ) {
    this.#dialect = dialect
    this.#fail = fail
    this.#unfinishedAt = unfinishedAt
    this.#duplicateKeys = duplicateKeys
  }

  read(node: Node | null): Json {
    if (node === null) return null
    this.#count(node)
    if (isAlias(node)) return this.#alias(node, (target) => this.read(target))
    if ('anchor' in node && typeof node.anchor === 'string') this.#anchors.set(node.anchor, node)
    if (isScalar(node)) return this.#scalar(node)
    if (++this.#depth > maxDepth) this.#fail(`collections are nested deeper than ${maxDepth} levels`, offsetOf(node))
    this.#open.add(node)
    let value: Json
    if (isSeq(node)) value = node.items.map((item) => this.read(item as Node | null))
    else if (isMap(node)) {
      value = {}
      this.#map(node, value, new Set())
    } else value = this.#fail('expected a scalar, a list or a map', offsetOf(node))
    this.#open.delete(node)
    this.#depth--
    return value
  }

  /** go-yaml's bound on what aliases may multiply: nearly everything in small texts, a tenth in large ones. */
  #count(node: Node): void {
    this.#decoded++
    if (this.#aliasDepth > 0) this.#fromAliases++
    if (this.#fromAliases <= 100 || this.#decoded <= 1000) return
    const spread = Math.min(Math.max((this.#decoded - 400_000) / 3_600_000, 0), 1)
    if (this.#fromAliases / this.#decoded > 0.99 - 0.89 * spread)
      this.#fail('document contains excessive aliasing', offsetOf(node))
  }

  #alias<T>(node: Alias, use: (target: Node) => T): T {
    const target = this.#anchors.get(node.source)
    if (target === undefined) return this.#fail(`unknown anchor '${node.source}' referenced`, offsetOf(node))
    if (this.#open.has(target)) return this.#fail(`anchor '${node.source}' value contains itself`, offsetOf(node))
    this.#aliasDepth++
    const result = use(target)
    this.#aliasDepth--
    return result
  }

  #map(node: YAMLMap, into: JsonObject, merged: Set<string>): void {
    const own = new Set<string>()
    const merges: Node[] = []
    for (const pair of node.items) {
      const keyNode = pair.key as Node | null
      const valueNode = pair.value as Node | null
      if (isScalar(keyNode) && keyNode.type === 'PLAIN' && keyNode.source === '<<') {
        if (valueNode === null) this.#fail('map merge requires map or sequence of maps as the value', offsetOf(keyNode))
        else merges.push(valueNode)
        continue
      }
      const key = this.#key(keyNode, node)
      if (own.has(key) && this.#duplicateKeys === 'error')
        this.#fail(`key "${key}" is already set in this map`, offsetOf(keyNode))
      own.add(key)
      if (merged.has(key)) this.read(valueNode)
      else setOwn(into, key, this.read(valueNode))
      if (this.#dialect !== 'kyaml') continue
      if (valueNode === null || isEmptyScalar(valueNode)) markImplicitNull(into, key)
      else if (isScalar(valueNode) && valueNode.type !== 'PLAIN') markQuoted(into, key)
      else if (isScalar(valueNode) && isWrittenOtherwise(into[key], valueNode.source ?? 'null'))
        markPlainText(into, key, valueNode.source ?? 'null')
    }
    const seen = new Set([...merged, ...own])
    for (const merge of merges) this.#merge(merge, into, seen)
  }

  /** What a map has itself wins over what it merges in; of several, the first wins. */
  #merge(node: Node, into: JsonObject, seen: Set<string>): void {
    this.#count(node)
    if (isAlias(node)) {
      this.#alias(node, (target) => {
        if (!isMap(target)) this.#fail('map merge requires map or sequence of maps as the value', offsetOf(node))
        this.#merge(target, into, seen)
      })
    } else if (isMap(node)) {
      if (++this.#depth > maxDepth) this.#fail(`collections are nested deeper than ${maxDepth} levels`, offsetOf(node))
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
      this.#map(node, into, seen)
      for (const key of Object.keys(into)) seen.add(key)
      this.#depth--
    } else if (isSeq(node)) {
      for (const item of node.items) {
        if (isSeq(item)) this.#fail('map merge requires map or sequence of maps as the value', offsetOf(node))
        this.#merge(item as Node, into, seen)
      }
    } else this.#fail('map merge requires map or sequence of maps as the value', offsetOf(node))
  }

  #key(node: Node | null, map: Node): string {
    if (node === null) return this.#fail('a key must not be null', offsetOf(map))
    const value = this.read(node)
    if (typeof value === 'string') return value
    if (typeof value === 'number') return formatGoNumber(value)
    if (typeof value === 'boolean') return String(value)
    return this.#fail(`invalid map key: expected text, a number or a boolean`, offsetOf(node))
  }

  #scalar(node: Scalar): Json {
    let text = typeof node.value === 'string' ? node.value : (node.source ?? '')
    if (node.type?.startsWith('BLOCK') && text.endsWith('\n') && (node.range?.[1] ?? 0) === this.#unfinishedAt) {
      text = text.slice(0, -1)
    }
    const tag = node.tag?.startsWith(tagPrefix) ? node.tag.slice(tagPrefix.length) : node.tag
    if (tag === undefined || tag === '') return node.type === 'PLAIN' ? this.#plain(text, node) : text
    if (tag === 'binary') return this.#binary(text, node)
    if (tag === 'str' || !['null', 'bool', 'int', 'float', 'timestamp'].includes(tag)) return text
    const value = this.#plain(text, node)
    const found = value === null ? 'null' : typeof value === 'boolean' ? 'bool' : isNumber(value) ? 'number' : 'str'
    const fits =
      found === tag ||
      (found === 'number' && (tag === 'float' || (tag === 'int' && Number.isInteger(Number(value))))) ||
      tag === 'timestamp'
    return fits ? value : this.#fail(`cannot decode !!${found} \`${text}\` as a !!${tag}`, offsetOf(node))
  }

  #plain(text: string, node: Scalar): Json {
    const value = resolvePlain(text, this.#dialect)
    // A bigint in the dialect that asks for them.
    if (value !== undefined) return value as Json
    return this.#fail(`${text} has no equivalent in JSON`, offsetOf(node))
  }

  #binary(text: string, node: Scalar): string {
    try {
      return new TextDecoder().decode(Uint8Array.from(atob(text.replace(/\s+/g, '')), (char) => char.charCodeAt(0)))
    } catch {
      return this.#fail('!!binary value contains invalid base64 data', offsetOf(node))
    }
  }
}

/** True for nulls and numbers whose text is not that of JSON. */
function isWrittenOtherwise(value: unknown, text: string): boolean {
  return (value === null || typeof value === 'number') && text !== String(value)
}

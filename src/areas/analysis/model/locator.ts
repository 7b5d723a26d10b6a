import {
  Composer,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type Document as YamlDocument,
} from 'yaml'
import { createGoLexer } from '../../../formats/yaml/go-lexer.js'
import type { DocumentText } from './document.js'
import type { Path, Place } from './spot.js'

/** Offsets in a document's text. */
export interface Range {
  readonly key: readonly [number, number] | undefined
  readonly value: readonly [number, number] | undefined
  /** Where the member or the item starts and ends, key and all. */
  readonly whole: readonly [number, number]
}

interface Parsed {
  readonly tree: YamlDocument
  readonly lines: LineCounter
}

const kept = 64

/**
 * Finds where a path of a document is written. Texts are parsed with positions only when they are asked for, and only a
 * bounded number of parsed texts is held.
 */
export class Locator {
  readonly #parsed = new Map<DocumentText, Parsed>()

  place(text: DocumentText, path: Path, what: 'value' | 'key'): Place {
    const { tree, lines } = this.#parse(text)
    const found = find(tree, path)
    const span = (found.exact && what === 'key' ? found.key : undefined) ?? found.value ?? found.key
    const at = (offset: number) => {
      const { line, col } = lines.linePos(offset)
      return { line: Math.max(line, 1) + text.linesBefore, column: Math.max(col, 1) + text.indent }
    }
    const start = at(span?.[0] ?? firstContent(text.text))
    if (span === undefined) return { file: text.file, ...start }
    const end = at(Math.max(span[1], span[0]))
    return { file: text.file, ...start, endLine: end.line, endColumn: end.column }
  }

  /** Undefined unless every step of the path is written out (not an alias, not merged in). */
  range(text: DocumentText, path: Path): Range | undefined {
    const found = find(this.#parse(text).tree, path)
    if (!found.exact) return undefined
    const start = found.key?.[0] ?? found.value?.[0] ?? 0
    return { key: found.key, value: found.value, whole: [start, Math.max(found.value?.[1] ?? start, found.key?.[1] ?? start)] }
  }

  /** Of a literal block (`key: |`): the lines before its content, and the columns it is indented by. */
  block(text: DocumentText, path: Path): { linesBefore: number; indent: number } | undefined {
    const { tree, lines } = this.#parse(text)
    const node = tree.getIn(path as unknown[], true)
    if (!isScalar(node) || node.type !== 'BLOCK_LITERAL' || node.range == null) return undefined
    const contentStart = text.text.indexOf('\n', node.range[0]) + 1
    const content = text.text.slice(contentStart, node.range[1])
    const indent = /^( *)[^ \n]/m.exec(content)?.[1]?.length
    return indent === undefined ? undefined : { linesBefore: lines.linePos(contentStart).line - 1, indent }
  }

  #parse(text: DocumentText): Parsed {
    const known = this.#parsed.get(text)
    if (known !== undefined) {
      this.#parsed.delete(text)
      this.#parsed.set(text, known)
      return known
    }
    const lines = new LineCounter()
    const parsed = { tree: compose(text.text, lines), lines }
    this.#parsed.set(text, parsed)
    if (this.#parsed.size > kept) this.#parsed.delete(this.#parsed.keys().next().value as DocumentText)
    return parsed
  }
}

/** The first document of a text, mistakes included: those are for whoever reads it. */
function compose(text: string, lines: LineCounter): YamlDocument {
  lines.addNewLine(0)
  const parser = new Parser(lines.addNewLine)
  const composer = new Composer({
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    schema: 'failsafe',
  })
  function* tokens() {
    for (const lexeme of createGoLexer().lex(text)) yield* parser.next(lexeme)
    yield* parser.end()
  }
  const [tree] = composer.compose(tokens(), true, text.length)
  return tree as unknown as YamlDocument
}

interface Found {
  readonly key: readonly [number, number] | undefined
  readonly value: readonly [number, number] | undefined
  /** False when the path leaves what is written: then this is the nearest above it. */
  readonly exact: boolean
}

function find(tree: YamlDocument, path: Path): Found {
  let node = tree.contents as Node | null
  let found: Found = { key: undefined, value: spanOf(node), exact: true }
  let steps = 0
  for (const step of path) {
    let within = node
    if (isAlias(within)) within = (within.resolve(tree as never) as Node | undefined) ?? null
    if (isMap(within)) {
      const pairs = (within.items as Pair<Node, Node | null>[]).filter(
        (pair) => isScalar(pair.key) && String(pair.key.value) === String(step),
      )
      const pair = pairs.at(-1)
      if (pair === undefined) break
      node = pair.value
      found = { key: spanOf(pair.key), value: spanOf(node), exact: true }
    } else if (isSeq(within) && typeof step === 'number' && isNode(within.items[step])) {
      node = within.items[step] as Node
      found = { key: undefined, value: spanOf(node), exact: true }
    } else break
    steps++
  }
  if (steps === path.length) return found
  // The nearest above is named by its key: the value below it may be long.
  return { key: found.key, value: found.key ?? found.value, exact: false }
}

function spanOf(node: Node | null): readonly [number, number] | undefined {
  if (node === null || node.range === undefined || node.range === null) return undefined
  return [node.range[0], node.range[1]]
}

function firstContent(text: string): number {
  const match = /^[^\S\n]*[^#\s-]/m.exec(text)
  return match === null ? 0 : match.index + match[0].length - 1
}

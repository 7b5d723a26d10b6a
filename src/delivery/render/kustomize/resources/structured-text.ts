import { isMap, isScalar, isSeq, parseDocument, Scalar, visit, type Document as YamlDocument } from 'yaml'
import type { Json } from '../../../../base/json.js'
import { cloneJson, isObject } from '../../../../base/json.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import { isIntegerText, plainKind, resolvePlain } from '../../../../formats/yaml/resolve-scalar.js'
import { compareCodePoints, goJson } from './content-hash.js'

/** A text that has been written over a scalar of data in text: the scalar keeps its type, a created one has none of its own. */
export class WrittenText {
  readonly text: string
  readonly was: 'string' | 'number' | 'boolean' | 'null' | undefined
  readonly isInteger: boolean

  constructor(text: string, was: WrittenText['was'], isInteger: boolean) {
    this.isInteger = isInteger
    this.text = text
    this.was = was
  }
}

/** Data that is written as text in a field, such as a JSON file in a ConfigMap; undefined when the text is no such thing. */
export function parseStructuredText(text: string): Json | undefined {
  const read = (yaml: string) => {
    const value = parseYaml(yaml, { dialect: 'kyaml', duplicateKeys: 'last' })
    return typeof value === 'object' && value !== null ? value : undefined
  }
  try {
    return read(text)
  } catch {
    if (!misfitTag.test(text)) return undefined
  }
  try {
    return read(text.replace(new RegExp(misfitTag, 'g'), '$1'))
  } catch {
    return undefined
  }
}

/** Tags that a replacement before has left at scalars which are something else (`!!float yes`). */
const misfitTag = /([:-] )!!(float|int|bool|null) /

/**
 * The text again after its data has changed, in the style it had: JSON on one line or indented by two, YAML with its order,
 * quotes and comments. Undefined where a text was written over a JSON value of another type: kustomize leaves the whole alone.
 */
export function formatStructuredText(value: unknown, original: string): string | undefined {
  const first = original.trim()[0]
  if (first !== '{' && first !== '[') return formatYamlText(value, original)
  const resolved = resolveWritten(value)
  if (resolved === undefined) return undefined
  return original.includes('\n') && original.includes('  ') ? indentedJson(resolved, '') : goJson(resolved)
}

/** With texts in place of WrittenText read as what they are; undefined when one does not fit. */
function resolveWritten(value: unknown): unknown {
  if (value instanceof WrittenText) {
    const plain = resolvePlain(value.text, 'kyaml')
    if (value.was === 'string') return value.text
    if (value.was === undefined) return plain === undefined ? value.text : plain
    if (value.was === 'number' && value.isInteger && !isIntegerText(value.text)) return undefined
    return typeof plain === value.was && plain !== null ? plain : undefined
  }
  if (Array.isArray(value)) {
    const items = value.map(resolveWritten)
    return items.includes(undefined) ? undefined : items
  }
  if (!isObject(value)) return value
  const entries = Object.keys(value).map((key) => [key, resolveWritten(value[key])] as const)
  return entries.some(([, item]) => item === undefined) ? undefined : Object.fromEntries(entries)
}

const markStart = 'written0scalar'

function formatYamlText(value: unknown, original: string): string {
  // Such tags would be written with quotes, or not at all: they pass as a part of the text.
  const passing = misfitTag.test(original) ? original.replace(new RegExp(misfitTag, 'g'), '$1written0tag0$2 ') : original
  const document = parseDocument(passing, { uniqueKeys: false })
  const raw: string[] = []
  document.contents = updated(document, document.contents, value, raw) as typeof document.contents
  visit(document, {
    Node(_, node) {
      node.spaceBefore = false
    },
  })
  const text = document.toString({ lineWidth: 0, indentSeq: false, flowCollectionPadding: false }).trim()
  const whole = passing === original ? text : text.replace(/written0tag0(\w+) /g, '!!$1 ')
  return raw.length === 0 ? whole : whole.replace(/&?written0scalar(\d+)x/g, (_, index) => raw[Number(index)]!)
}

/** Nodes whose values are as they were stay as they are written. What cannot be said by a node goes through \`raw\`. */
function updated(document: YamlDocument.Parsed, node: unknown, value: unknown, raw: string[]): unknown {
  if (value instanceof WrittenText) return writtenNode(node, value, raw)
  if (isMap(node) && isObject(value)) {
    for (const key of Object.keys(value)) {
      const pair = node.items.find((item) => (isScalar(item.key) ? String(item.key.source ?? item.key.value) : '') === key)
      if (pair === undefined) node.items.push(document.createPair(key, updated(document, undefined, value[key], raw)) as never)
      else pair.value = updated(document, pair.value, value[key], raw) as typeof pair.value
    }
    return node
  }
  if (isSeq(node) && Array.isArray(value)) {
    node.items = value.map((item, index) => updated(document, node.items[index], item, raw)) as typeof node.items
    return node
  }
  if (isScalar(node) && (typeof value !== 'object' || value === null)) return node
  if (isObject(value)) {
    const map = document.createNode({})
    return updated(document, map, value, raw)
  }
  if (Array.isArray(value)) return updated(document, document.createNode([]), value, raw)
  return document.createNode(cloneJson(value))
}

const tags = { number: '!!int', boolean: '!!bool', null: '!!null' } as const

function writtenNode(node: unknown, written: WrittenText, raw: string[]): unknown {
  const { text, was } = written
  const scalar = isScalar(node) ? node : new Scalar('')
  const kind = plainKind(text, 'kyaml')
  if (was === 'string' || (was === undefined && kind === 'string')) {
    scalar.value = text
    return scalar
  }
  // A plain scalar with the text as it is, under the tag that it had where it reads as something else now.
  const isInteger = written.isInteger && isScalar(node) && isIntegerText(node.source ?? '')
  const tag = was === 'number' && !isInteger ? '!!float' : was === undefined ? '' : tags[was]
  const fits = was === undefined || (kind === was && (was !== 'number' || isInteger === isIntegerText(text)))
  if (text.includes('\n') && !fits) {
    // Text of several lines is a block, whose tag stands where an anchor would.
    scalar.value = text
    scalar.type = 'BLOCK_LITERAL'
    scalar.anchor = `${markStart}${raw.length}x`
    raw.push(tag)
    return scalar
  }
  scalar.value = `${markStart}${raw.length}x`
  raw.push(fits ? text : `${tag} ${isPlain(text) ? text : quoted(text)}`)
  return scalar
}

function isPlain(text: string): boolean {
  return !/^[\s#&*!|>'"%@`{[\]},?:-]|: |:$| #|\s$|^$/.test(text)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function indentedJson(value: unknown, indent: string): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item) => inner + indentedJson(item, inner)).join(',\n')}\n${indent}]`
  }
  if (!isObject(value)) return goJson(value)
  const keys = Object.keys(value)
  if (keys.length === 0) return '{}'
  const entries = keys.sort(compareCodePoints).map((key) => `${inner}${goJson(key)}: ${indentedJson(value[key], inner)}`)
  return `{\n${entries.join(',\n')}\n${indent}}`
}

import { isMap, isScalar, isSeq, parseDocument, visit, type Document as YamlDocument } from 'yaml'
import type { Json } from '../../../base/json.js'
import { cloneJson, isObject } from '../../../base/json.js'
import { parseYaml } from '../../../formats/yaml/parse-yaml.js'
import { compareCodePoints, goJson } from './content-hash.js'

/** Data that is written as text in a field, such as a JSON file in a ConfigMap; undefined when the text is no such thing. */
export function parseStructuredText(text: string): Json | undefined {
  try {
    const value = parseYaml(text, { dialect: 'kyaml', duplicateKeys: 'last' })
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * The text again after its data has changed, in the style it had: JSON on one line or indented by two, YAML with its order,
 * quotes and comments.
 */
export function formatStructuredText(value: Json, original: string): string {
  const first = original.trim()[0]
  if (first === '{' || first === '[') {
    if (!original.includes('\n') || !original.includes('  ')) return goJson(value)
    return indentedJson(value, '')
  }
  const document = parseDocument(original, { uniqueKeys: false })
  document.contents = updated(document, document.contents, value) as typeof document.contents
  visit(document, {
    Node(_, node) {
      node.spaceBefore = false
    },
  })
  return document.toString({ lineWidth: 0, indentSeq: false, flowCollectionPadding: false }).trim()
}

/** Nodes whose values are as they were stay as they are written. */
function updated(document: YamlDocument.Parsed, node: unknown, value: unknown): unknown {
  if (isMap(node) && isObject(value)) {
    for (const key of Object.keys(value)) {
      const pair = node.items.find((item) => (isScalar(item.key) ? String(item.key.source ?? item.key.value) : '') === key)
      if (pair === undefined) node.items.push(document.createPair(key, cloneJson(value[key])) as never)
      else pair.value = updated(document, pair.value, value[key]) as typeof pair.value
    }
    return node
  }
  if (isSeq(node) && Array.isArray(value)) {
    node.items = value.map((item, index) =>
      index < node.items.length ? updated(document, node.items[index], item) : document.createNode(cloneJson(item)),
    ) as typeof node.items
    return node
  }
  if (isScalar(node) && (typeof value !== 'object' || value === null)) {
    if (node.value !== value) node.value = value as never
    return node
  }
  return document.createNode(cloneJson(value))
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

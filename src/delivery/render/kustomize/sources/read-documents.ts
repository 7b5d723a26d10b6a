import type { Json, JsonObject } from '../../../../base/json.js'
import { isObject, setOwn } from '../../../../base/json.js'
import { type ParsedDocument, parseYamlDocuments } from '../../../../formats/yaml/parse-yaml.js'
import { copyMarks } from '../../../../formats/yaml/source-marks.js'
import { buildError } from '../build-error.js'
import { Resource } from '../resources/resource.js'
import { decodeText } from './loader.js'

/**
 * Parsed files by content hash, shared between builds. What is in it is never changed: builds work on copies.
 * The least recently used go first.
 */
export interface DocumentCache {
  get(hash: string): readonly ParsedDocument[] | undefined
  set(hash: string, documents: readonly ParsedDocument[]): void
}

export function createDocumentCache(options: { maxEntries: number }): DocumentCache {
  const entries = new Map<string, readonly ParsedDocument[]>()
  return {
    get(hash) {
      const found = entries.get(hash)
      if (found !== undefined) {
        entries.delete(hash)
        entries.set(hash, found)
      }
      return found
    },
    set(hash, documents) {
      entries.set(hash, documents)
      if (entries.size <= options.maxEntries) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        break
      }
    },
  }
}

/** The documents of a resource or patch, read as kustomize reads them, with annotations as text. */
export function parseResourceDocuments(text: string, source: string): ParsedDocument[] {
  const documents = parseYamlDocuments(text, { dialect: 'kyaml', source })
  if (documents.some((document) => hasAnnotationsThatAreNotText(document.value))) keepAnnotationText(documents, text)
  return documents
}

/** Resources made of documents: lists are taken apart, every object must have a kind and a name. Makes copies. */
export function toResources(documents: readonly ParsedDocument[], source: string): Resource[] {
  const pending: { value: Json; source: string }[] = []
  for (const { value, line } of documents) {
    const here = `${source}:${line}`
    if (documents.length === 1 && isObject(value) && isListKind(value['kind']) && Array.isArray(value['items'])) {
      for (const item of value['items']) pending.push({ value: item as Json, source: here })
    } else pending.push({ value, source: here })
  }
  const resources: Resource[] = []
  for (let index = 0; index < pending.length; index++) {
    const { value, source: here } = pending[index]!
    if (value === null || (isObject(value) && Object.keys(value).length === 0)) continue
    const object = checked(value, here)
    const kind = String(object['kind'])
    if (kind.endsWith('List') && Object.hasOwn(object, 'items')) {
      const items = object['items']
      if (items === null) continue
      if (!Array.isArray(items)) throw buildError(`${here}: expected a list in ${kind}/items, found ${typeof items}`)
      for (const item of items) pending.push({ value: item, source: here })
      continue
    }
    resources.push(new Resource(copyWithMarks(object) as JsonObject, here))
  }
  return resources
}

export function loadResources(
  file: { bytes: Uint8Array; path: string },
  name: string,
  hash: string | undefined,
  cache: DocumentCache | undefined,
): Resource[] {
  let documents = hash === undefined ? undefined : cache?.get(hash)
  if (documents === undefined) {
    documents = parseResourceDocuments(decodeText(file.bytes), name)
    if (hash !== undefined) cache?.set(hash, documents)
  }
  return toResources(documents, name)
}

/** A deep copy that keeps what is known of how things were written. */
export function copyWithMarks(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyWithMarks)
  const result: JsonObject = {}
  for (const key of Object.keys(value)) setOwn(result, key, copyWithMarks(value[key]!))
  copyMarks(value, result)
  return result
}

function isListKind(kind: unknown): boolean {
  return kind === 'List' || kind === 'ResourceList'
}

function checked(value: Json, source: string): JsonObject {
  if (!isObject(value))
    throw buildError(
      `${source}: expected a Kubernetes object, found ${Array.isArray(value) ? 'a list' : `the ${typeof value} ${JSON.stringify(value)}`}`,
    )
  const kind = value['kind']
  if (typeof kind !== 'string' || kind === '') throw buildError(`${source}: missing kind in object`)
  if (kind.endsWith('List')) return value as JsonObject
  const metadata = value['metadata']
  const name = isObject(metadata) ? metadata['name'] : undefined
  if (name === undefined || name === null || name === '')
    throw buildError(`${source}: missing metadata.name in object of kind ${kind}`)
  return value as JsonObject
}

/** A date that is not in quotes has become a time. */
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/

function annotationsOf(value: unknown): Record<string, unknown> | undefined {
  const metadata = isObject(value) ? value['metadata'] : undefined
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined
  return isObject(annotations) ? annotations : undefined
}

function hasAnnotationsThatAreNotText(value: unknown): boolean {
  const annotations = annotationsOf(value)
  return (
    annotations !== undefined &&
    Object.values(annotations).some((text) => (typeof text === 'string' ? rfc3339.test(text) : text !== null))
  )
}

/** Annotations are text in the end, and then as they were written (1.10 is not 1.1): read a second time, all as text. */
function keepAnnotationText(documents: readonly ParsedDocument[], text: string): void {
  const texts = parseYamlDocuments(text, { dialect: 'text' })
  for (const [index, { value }] of documents.entries()) {
    const annotations = annotationsOf(value)
    const written = annotationsOf(texts[index]?.value)
    if (annotations === undefined || written === undefined) continue
    for (const key of Object.keys(annotations)) {
      if (typeof annotations[key] !== 'object' && typeof written[key] === 'string') setOwn(annotations, key, written[key])
    }
  }
}

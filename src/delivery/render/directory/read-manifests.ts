import { messageOf, Stalled } from '../../../base/errors.js'
import type { Json } from '../../../base/json.js'
import { isObject } from '../../../base/json.js'
import { WorkStopped } from '../../../base/work-time.js'
import { parseYamlDocuments } from '../../../formats/yaml/parse-yaml.js'
import { positionAt, YamlError } from '../../../formats/yaml/yaml-error.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

export interface Manifests {
  readonly objects: KubeObject[]
  readonly warnings: string[]
}

interface Document {
  readonly value: Json
  readonly line: number
}

const decoder = new TextDecoder()

/** The objects of one file. Throws Stalled with file and line; a file that looks like no manifest gives none and a warning. */
export function readManifests(file: string, bytes: Uint8Array): Manifests {
  const text = decoder.decode(bytes)
  const warnings: string[] = []
  const objects: KubeObject[] = []
  try {
    for (const document of file.endsWith('.json') ? readJson(file, text) : readYaml(file, text, warnings)) {
      if (document.value !== null) objects.push(...flatten(document.value, `${file}:${document.line}`))
    }
  } catch (error) {
    if (error instanceof WorkStopped) throw new WorkStopped(`${file}: ${error.message}`)
    if (file.endsWith('.json') || objects.length > 0 || looksLikeManifest(text)) throw asStalled(error)
    return { objects: [], warnings: [`${file}: passed over, no manifest: ${messageOf(error)}`] }
  }
  return { objects, warnings }
}

function readYaml(file: string, text: string, warnings: string[]): readonly Document[] {
  try {
    return parseYamlDocuments(text, { source: file })
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    // A repeated key is no error to the tools people have used so far: the last one counts.
    let documents: readonly Document[]
    try {
      documents = parseYamlDocuments(text, { source: file, duplicateKeys: 'last' })
    } catch {
      throw error
    }
    warnings.push(`${error.message}; the last one counts`)
    return documents
  }
}

function readJson(file: string, text: string): readonly Document[] {
  try {
    return [{ value: JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text) as Json, line: 1 }]
  } catch (error) {
    const at = /at position (\d+)/.exec(messageOf(error))
    const { line, column } = positionAt(text, at === null ? 0 : Number(at[1]))
    throw new Stalled({
      code: 'manifest-invalid',
      message: `${file}:${line}:${column}: ${messageOf(error)}`,
      fix: 'A .json file holds one JSON object.',
    })
  }
}

/** The items of a list, or the object itself. */
export function flatten(value: Json, where: string): KubeObject[] {
  if (!isObject(value))
    throw invalid(
      where,
      `expected a Kubernetes object, found ${Array.isArray(value) ? 'a list' : `the ${typeof value} ${JSON.stringify(value)}`}`,
    )
  const kind = value['kind']
  if (typeof kind !== 'string' || kind === '') throw invalid(where, "Object 'Kind' is missing")
  const items = value['items']
  if (Array.isArray(items)) return items.flatMap((item: Json, index) => flatten(item, `${where} (items[${index}])`))
  if (kind.endsWith('List') && items === null) return []
  const apiVersion = value['apiVersion']
  if (typeof apiVersion !== 'string' || apiVersion === '') throw invalid(where, `${kind}: Object 'apiVersion' is missing`)
  const metadata = value['metadata']
  const name = isObject(metadata) ? (metadata['name'] ?? metadata['generateName']) : undefined
  if (typeof name !== 'string' || name === '') throw invalid(where, `${kind}: metadata.name is missing`)
  return [value as unknown as KubeObject]
}

function looksLikeManifest(text: string): boolean {
  return text.includes('apiVersion:') && text.includes('kind:') && text.includes('metadata:')
}

function invalid(where: string, message: string): Stalled {
  return new Stalled({
    code: 'manifest-invalid',
    message: `${where}: ${message}`,
    fix: 'Correct the manifest, or exclude the file.',
  })
}

function asStalled(error: unknown): Stalled {
  if (error instanceof Stalled) return error
  return new Stalled({
    code: 'manifest-invalid',
    message: messageOf(error),
    fix: 'Correct the manifest, or exclude the file.',
    cause: error,
  })
}

import { canonicalJson, isObject } from '../../base/json.js'
import { parseJson } from '../../base/json-text.js'
import type { KubeObject } from '../object/kube-object.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { difference, type FieldSet } from './field-set.js'
import { compareTyped } from './typed-compare.js'
import { fieldSetOfValue } from './typed-fields.js'

/** Where client-side apply keeps what it applied last. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

const mostAnnotationBytes = 256 * 1024

/**
 * The fields that client-side apply set and that still have its values: `kubectl apply --server-side` may take them over
 * from itself without a conflict. Undefined when the object does not tell.
 */
export function fieldsOfLastApplied(schema: SchemaNode, live: KubeObject, apiVersion: string): FieldSet | undefined {
  const text = live.metadata.annotations?.[lastAppliedAnnotation]
  if (!text) return undefined
  let applied: unknown
  try {
    applied = parseJson(text)
  } catch {
    return undefined
  }
  if (!isObject(applied) || applied['apiVersion'] !== apiVersion) return undefined
  const { changed, removed } = compareTyped(schema, applied, live)
  return difference(difference(fieldSetOfValue(schema, applied), changed), removed)
}

/** Keeps the annotation in step when kubectl applies on the server, so that client-side apply can follow. */
export function syncLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const annotations = object.metadata.annotations
  if (!annotations?.[lastAppliedAnnotation]) return object
  const { annotations: given, ...metadata } = applied.metadata
  const { [lastAppliedAnnotation]: _, ...kept } = given ?? {}
  const text = `${canonicalJson({ ...applied, metadata: given === undefined ? metadata : { ...metadata, annotations: kept } })}\n`
  const changed: Record<string, string> = { ...annotations, [lastAppliedAnnotation]: text }
  let size = 0
  for (const [key, value] of Object.entries(changed)) size += key.length + value.length
  if (size > mostAnnotationBytes) delete changed[lastAppliedAnnotation]
  return { ...object, metadata: { ...object.metadata, annotations: changed } }
}

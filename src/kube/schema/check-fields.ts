import { messageOf } from '../../base/errors.js'
import type { KubeObject } from '../object/kube-object.js'
import { versionOf } from '../object/kube-object.js'
import { statusErrors } from '../object/status-error.js'
import { builtInStruct } from './built-in.js'
import { coerceEmbedded } from './custom-validation/embedded-metadata.js'
import { pruneUnknown } from './prune.js'
import { type FieldSteps, scanFields, stepsText } from './scan-fields.js'
import type { SchemaNode } from './schema-node.js'
import { toTyped } from './typed.js'

export interface CheckOptions {
  /** The query parameter `fieldValidation`. */
  readonly mode: 'Strict' | 'Warn' | 'Ignore'
  /** The JSON text of the object: needed to see duplicate fields, which JSON.parse hides. */
  readonly text?: string
}

export interface CheckedFields {
  /** The object as it is to be processed: unknown fields gone; of built-in kinds, as Go would marshal it. */
  readonly object: KubeObject
  /** For `Warning: 299` headers: `unknown field "spec.foo"`. */
  readonly warnings: readonly string[]
}

/**
 * Decodes a request's object against the schema of its kind, as kube-apiserver does: drops unknown fields and, for
 * built-in kinds, gives every value its canonical form (quantities, times, omitted zero values). Custom resources keep
 * their values as they are; only their metadata is typed.
 *
 * Throws a StatusError BadRequest when a value has the wrong type, or in mode `Strict` when there are unknown or duplicate
 * fields.
 */
export function checkFields(schema: SchemaNode, object: KubeObject, options: CheckOptions): CheckedFields {
  const { object: checked, problems } = readFields(schema, object, options.mode === 'Ignore' ? undefined : options.text)
  if (options.mode === 'Strict' && problems.length > 0) throw cannotBeHandled(object, strictDecodingError(problems))
  return { object: checked, warnings: options.mode === 'Warn' ? problems : [] }
}

/** As `checkFields`, leaving it to the caller what follows from unknown and duplicate fields (patches answer otherwise). */
export function readFields(schema: SchemaNode, object: KubeObject, text?: string): { object: KubeObject; problems: string[] } {
  try {
    return isCustom(schema) ? readCustom(schema, object, text) : readBuiltIn(schema, object, text)
  } catch (error) {
    throw cannotBeHandled(object, messageOf(error))
  }
}

/** The text of upstream's strict decoding error. */
export function strictDecodingError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(', ')}`
}

function cannotBeHandled(object: KubeObject, why: string): Error {
  return statusErrors.badRequest(
    `${object.kind} in version ${JSON.stringify(versionOf(object.apiVersion))} cannot be handled as a ${object.kind}: ${why}`,
  )
}

/** Roots of custom resources carry the OpenAPI node that they come from. */
function isCustom(schema: SchemaNode): boolean {
  return schema.validations !== undefined
}

const unknownField = (path: string) => `unknown field "${path}"`
const duplicateField = (path: string) => `duplicate field "${path}"`

function readBuiltIn(
  schema: SchemaNode,
  object: KubeObject,
  text: string | undefined,
): { object: KubeObject; problems: string[] } {
  const { object: typed, unknown } = toTyped(schema, object)
  const problems = new Map<string, number>()
  for (const path of unknown) problems.set(unknownField(path), Number.MAX_SAFE_INTEGER)
  // Decoding in Go meets both kinds of problem in the order of the text.
  if (text !== undefined) {
    scanFields(text, (steps, offset, repeated) => {
      if (repeated) {
        const problem = duplicateField(stepsText(steps))
        if (!problems.has(problem) && isKnown(schema, steps)) problems.set(problem, offset)
      } else if (unknown.length > 0) {
        const problem = unknownField(stepsText(steps))
        if (problems.has(problem)) problems.set(problem, offset)
      }
    })
  }
  return { object: typed as KubeObject, problems: [...problems].sort(([, a], [, b]) => a - b).map(([problem]) => problem) }
}

/** False for what stands in raw JSON or below a field that is not known: nobody decodes it. */
function isKnown(schema: SchemaNode, steps: FieldSteps): boolean {
  let node: SchemaNode | undefined = schema
  for (const step of steps) {
    node = node?.type === 'struct' && typeof step === 'string' ? node.fields?.get(step)?.schema : node?.items
    if (node === undefined) return false
  }
  return true
}

function readCustom(
  schema: SchemaNode,
  object: KubeObject,
  text: string | undefined,
): { object: KubeObject; problems: string[] } {
  const problems: string[] = []
  if (text !== undefined) {
    scanFields(text, (steps, _offset, repeated) => {
      const problem = repeated ? duplicateField(stepsText(steps)) : ''
      if (repeated && !problems.includes(problem)) problems.push(problem)
    })
  }
  const metadata = toTyped(builtInStruct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'), object.metadata)
  const { creationTimestamp, ...rest } = metadata.object as KubeObject['metadata']
  const { object: pruned, unknown } = pruneUnknown(schema, object)
  // The metadata of objects inside is typed as that of the object itself is.
  const embedded = coerceEmbedded(schema, pruned)
  if (embedded.problem !== undefined) throw new Error(`${embedded.problem.field}: ${embedded.problem.message}`)
  const paths = [...metadata.unknown.map((path) => `metadata.${path}`), ...unknown].sort()
  return {
    object: { ...(embedded.value as KubeObject), metadata: creationTimestamp === null ? rest : { creationTimestamp, ...rest } },
    problems: [...problems, ...paths.map(unknownField), ...embedded.unknown.map(unknownField)],
  }
}

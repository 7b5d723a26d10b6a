import { closest } from '../../../base/closest.js'
import { messageOf } from '../../../base/errors.js'
import { cloneJson, isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { readFields } from '../../../kube/schema/check-fields.js'
import { validateCustom } from '../../../kube/schema/custom-validation/validate-custom.js'
import { applyDefaults } from '../../../kube/schema/defaults/apply-defaults.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'
import { validateCreate } from '../../../kube/schema/validation/validate.js'
import type { KubeDocument } from '../model/document.js'
import { parseFieldPath } from '../model/field-path.js'
import type { FleetModel } from '../model/fleet-model.js'
import type { Path } from '../model/spot.js'
import { type KnownSchema, KnownSchemas } from './known-schemas.js'

/** What the schema of an object's kind says against it. */
export interface ObjectProblem {
  readonly kind: 'unknown-field' | 'wrong-type' | 'invalid'
  readonly path: Path
  /** In the API server's words. */
  readonly message: string
  /** unknown-field: the field that was probably meant. */
  readonly meant?: string
}

const known = new WeakMap<FleetModel, { schemas: KnownSchemas; problems: WeakMap<KubeDocument, readonly ObjectProblem[]> }>()

/** Asked by several checks, found once. Empty for kinds whose schema is not known. */
export function objectProblems(model: FleetModel, document: KubeDocument): readonly ObjectProblem[] {
  let cache = known.get(model)
  if (cache === undefined) {
    cache = { schemas: new KnownSchemas(model), problems: new WeakMap() }
    known.set(model, cache)
  }
  let problems = cache.problems.get(document)
  if (problems === undefined) {
    const schema = cache.schemas.find(document.group, document.version, document.kind)
    problems = schema === undefined ? [] : find(document, schema)
    cache.problems.set(document, problems)
  }
  return problems
}

function find(document: KubeDocument, { schema, isBuiltIn, namespaced }: KnownSchema): ObjectProblem[] {
  const object = withMetadata(document, namespaced)
  const problems: ObjectProblem[] = []
  let typed: KubeObject
  try {
    // With its text, so that custom resources tell unknown fields too.
    const read = readFields(schema, object, JSON.stringify(object))
    typed = read.object
    for (const problem of read.problems) {
      const field = /^unknown field "(.*)"$/s.exec(problem)?.[1]
      if (field === undefined) continue
      const path = parseFieldPath(field)
      const meant = closest(String(path.at(-1)), fieldsAt(schema, path.slice(0, -1)))
      problems.push({ kind: 'unknown-field', path, message: `unknown field ${field}`, ...(meant === undefined ? {} : { meant }) })
    }
  } catch (error) {
    const message = messageOf(error).replace(/^.* cannot be handled as a [^:]*: /, '')
    return [{ kind: 'wrong-type', path: typePath(object, message), message: hiding(document, message) }]
  }
  const causes = isBuiltIn
    ? validateCreate(applyDefaults(document.apiVersion, document.kind, cloneJson(typed)), { namespaced })
    : validateCustom({ schema }, { object: typed, metadataCauses: validateCreate(typed, { namespaced, anyFinalizer: true }) })
        .causes
  for (const { field = '', message = '', reason } of causes) {
    // Names that are made when it is created.
    if (field === 'metadata.name' && document.text('metadata', 'generateName') !== undefined) continue
    const text =
      reason === 'FieldValueRequired' ? `${field} is required${message.replace(/^Required value/, '')}` : `${field}: ${message}`
    problems.push({ kind: 'invalid', path: parseFieldPath(field), message: hiding(document, text) })
  }
  return problems
}

/** What names no namespace lands in the one that it is applied to, which is not wrong. */
function withMetadata(document: KubeDocument, namespaced: boolean | undefined): KubeObject {
  const given = isObject(document.object.metadata) ? document.object.metadata : {}
  // One that is given to an object of the whole cluster is dropped on the way.
  const { namespace: _, ...others } = given
  const metadata =
    namespaced === false
      ? others
      : namespaced === true && document.namespace === undefined
        ? { ...given, namespace: 'default' }
        : given
  return { ...document.object, metadata: metadata as unknown as KubeObject['metadata'] }
}

/** What Secrets hold goes into no report. */
function hiding(document: KubeDocument, message: string): string {
  return document.kind === 'Secret' && document.group === '' ? message.replace(/"(?:[^"\\]|\\.)*"/g, '"..."') : message
}

function fieldsAt(schema: SchemaNode, path: Path): Iterable<string> {
  let node: SchemaNode | undefined = schema
  for (const step of path) {
    if (node === undefined) return []
    node = typeof step === 'number' || node.type === 'map' ? node.items : node.fields?.get(step)?.schema
  }
  return node?.fields?.keys() ?? []
}

/** Messages of encoding/json name fields without indexes: the first place in the object that can be meant. */
function typePath(object: unknown, message: string): Path {
  const names = (/Go struct field \w+\.([\w.$-]+) of type/.exec(message)?.[1] ?? /^([\w.[\]-]+):/.exec(message)?.[1] ?? '').split(
    '.',
  )
  const path: (string | number)[] = []
  let value = object
  for (const name of names) {
    if (Array.isArray(value)) {
      const index = value.findIndex((item) => isObject(item) && Object.hasOwn(item, name))
      if (index === -1) break
      path.push(index)
      value = value[index]
    }
    if (!isObject(value) || !Object.hasOwn(value, name)) break
    path.push(name)
    value = value[name]
  }
  // Of maps and lists of text the message names only the whole.
  if (/ of type string$/.test(message) && typeof value === 'object' && value !== null) {
    const wrong = Object.entries(value).find(([, member]) => typeof member !== 'string')?.[0]
    if (wrong !== undefined) path.push(Array.isArray(value) ? Number(wrong) : wrong)
  }
  return path
}

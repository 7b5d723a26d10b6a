import { closest } from '../../../base/closest.js'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import { groupOf, type KubeObject, versionOf } from '../../../kube/object/kube-object.js'
import { readFields } from '../../../kube/schema/check-fields.js'
import { validateCustom } from '../../../kube/schema/custom-validation/validate-custom.js'
import { applyDefaults } from '../../../kube/schema/defaults/apply-defaults.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'
import { applySchemaDefaults } from '../../../kube/schema/structural-defaults.js'
import { validateCreate } from '../../../kube/schema/validation/validate.js'
import type { KubeDocument } from '../model/document.js'
import { parseFieldPath } from '../model/field-path.js'
import type { FleetModel } from '../model/fleet-model.js'
import type { Path } from '../model/spot.js'
import { embeddedObjects } from './embedded-objects.js'
import { type KnownSchema, KnownSchemas } from './known-schemas.js'
import { lostIndentation } from './lost-indentation.js'
import { meantField } from './meant-field.js'
import { holdsPlaceholder } from './placeholder.js'
import { removedApi } from './removed-apis.js'
import { type Standing, standingOf } from './standing.js'
import { type ShapeProblem, walkFields } from './walk-fields.js'

/** What the schema of an object's kind says against it. */
export interface ObjectProblem {
  readonly kind: 'unknown-field' | 'wrong-type' | 'invalid'
  readonly path: Path
  /** `invalid`: in the API server's words. */
  readonly message: string
  /** `invalid`: it holds unless the operator of the kind fills the field in. */
  readonly isLikely?: boolean
  /** unknown-field: the field that was probably meant. */
  readonly meant?: string
  /** unknown-field: no other field is near, and the value fits. */
  readonly isOnly?: boolean
  /** wrong-type: the same in the right type. */
  readonly instead?: string | number | boolean
}

interface Cache {
  readonly schemas: KnownSchemas
  readonly problems: WeakMap<KubeDocument, readonly ObjectProblem[]>
  /** Of objects that clusters have in common, by what they say. */
  readonly bySameText: Map<string, readonly ObjectProblem[]>
}

const known = new WeakMap<FleetModel, Cache>()

/** Asked by several checks, found once. Empty for kinds whose schema is not known, and where all follows from lost indentation. */
export function objectProblems(model: FleetModel, document: KubeDocument): readonly ObjectProblem[] {
  let cache = known.get(model)
  if (cache === undefined) {
    cache = { schemas: new KnownSchemas(model), problems: new WeakMap(), bySameText: new Map() }
    known.set(model, cache)
  }
  let problems = cache.problems.get(document)
  if (problems === undefined) {
    const standing = standingOf(model, document)
    // Most objects of a fleet are the same in every cluster.
    const key = document.cluster === undefined ? undefined : `${standing} ${printJson(document.value)}`
    problems = key === undefined ? undefined : cache.bySameText.get(key)
    problems ??= lostIndentation(document.value).length > 0 ? [] : allProblems(cache.schemas, document, standing)
    if (key !== undefined) cache.bySameText.set(key, problems)
    cache.problems.set(document, problems)
  }
  return problems
}

function allProblems(schemas: KnownSchemas, document: KubeDocument, standing: Standing): ObjectProblem[] {
  const schema = schemas.find(document.group, document.version, document.kind)
  const found = schema === undefined ? underNewVersion(schemas, document, standing) : find(document, schema, standing)
  for (const { object, path } of embeddedObjects(document)) {
    const inner = schemas.find(object.group, object.version, object.kind)
    if (inner === undefined) continue
    for (const problem of find(object, inner, standing))
      found.push({ ...problem, path: [...path, ...problem.path], message: `${fieldText(path)}: ${problem.message}` })
  }
  return found
}

/** Of a version that is gone, whose objects mean the same under the one that took its place: their fields. */
function underNewVersion(schemas: KnownSchemas, document: KubeDocument, standing: Standing): ObjectProblem[] {
  const removed = removedApi(document.apiVersion, document.kind)
  if (removed?.now === undefined || removed.isSame !== true) return []
  const schema = schemas.find(groupOf(removed.now), versionOf(removed.now), document.kind)
  return schema === undefined ? [] : find(document, schema, standing === 'whole' ? 'part' : standing)
}

function find(document: KubeDocument, known: KnownSchema, standing: Standing): ObjectProblem[] {
  const problems: ObjectProblem[] = []
  if (standing === 'stored' || standing === 'patch') return problems
  // Encrypted: what is applied is something else. Without any metadata it is a file of a tool's own, unless they are misspelled.
  if (document.has('sops') || (!known.isBuiltIn && isToolFile(document))) return problems
  let isReadable = true
  walkFields(known.schema, document.value, (problem) => {
    const { path } = problem
    // What controllers write there is as new as they are.
    if (path[0] === 'status') return
    if (problem.kind === 'unknown') problems.push(unknownField(problem))
    else {
      isReadable = false
      problems.push(wrongType(document, problem))
    }
  })
  if (!isReadable || standing !== 'whole') return problems
  // A field that is called otherwise is missing under its own name, which is one defect.
  const renamed = new Set<string>()
  const meants = new Set<string>()
  for (const { path, meant } of problems) {
    renamed.add(fieldText(path.slice(0, -1)))
    if (meant !== undefined) meants.add(fieldText([...path.slice(0, -1), meant]))
  }
  const isRenamed = (field: string) =>
    renamed.has(field) || [...meants].some((meant) => field === meant || field.startsWith(`${meant}.`))
  const refused = refusals(document, known)
  const hasSelector = !refused.some(({ message }) => message.startsWith('spec.selector is required'))
  for (const refusal of refused) {
    const field = fieldText(refusal.path)
    if (!isRenamed(field) && (hasSelector || field !== 'spec.template.metadata.labels')) problems.push(refusal)
  }
  return problems
}

function isToolFile({ object }: KubeDocument): boolean {
  return !Object.entries(object).some(
    ([key, value]) => key === 'metadata' || (isObject(value) && closest(key, ['metadata']) !== undefined),
  )
}

function unknownField({ path, key, value, struct }: ShapeProblem & { kind: 'unknown' }): ObjectProblem {
  const fields = [...(struct.fields ?? [])]
  const fitting = fields.filter(([, field]) => fits(field.schema, value)).map(([name]) => name)
  const meant =
    meantField(key, fitting) ??
    meantField(
      key,
      fields.map(([name]) => name),
    )
  const message = `unknown field ${fieldText(path)}`
  if (meant !== undefined)
    return { kind: 'unknown-field', path, message, meant: meant.name, isOnly: meant.isOnly && fitting.includes(meant.name) }
  const inside = fields.find(([, { schema }]) => schema.type === 'struct' && schema.fields?.has(key) === true)?.[0]
  return { kind: 'unknown-field', path, message: inside === undefined ? message : `${message} (there is ${inside}.${key})` }
}

function fits(schema: SchemaNode, value: unknown): boolean {
  let isFitting = true
  walkFields(schema, value, () => {
    isFitting = false
  })
  return isFitting
}

function wrongType(document: KubeDocument, { path, value, wanted, instead }: ShapeProblem & { kind: 'type' }): ObjectProblem {
  const isSecret = document.group === '' && document.kind === 'Secret' && path[0] !== 'metadata'
  const shown = Array.isArray(value)
    ? 'a list'
    : isObject(value)
      ? 'a map'
      : isSecret
        ? 'something else'
        : typeof value === 'string'
          ? `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)}`
          : `the ${typeof value === 'boolean' ? 'boolean' : 'number'} ${value}`
  return {
    kind: 'wrong-type',
    path,
    message: `${fieldText(path)} must be ${wanted}, and is ${shown}`,
    ...(instead === undefined ? {} : { instead }),
  }
}

/** What the API server says against an object that it can read. */
function refusals(document: KubeDocument, { schema, isBuiltIn, namespaced, mayBeMutated }: KnownSchema): ObjectProblem[] {
  const object = withMetadata(document, namespaced)
  const { status: _, ...spec } = object
  let typed: KubeObject
  try {
    typed = readFields(schema, spec as KubeObject).object
    if (!isBuiltIn) typed = applySchemaDefaults(schema, typed)
  } catch (error) {
    const message = messageOf(error).replace(/^.* cannot be handled as a [^:]*: /, '')
    return holdsPlaceholder(object) ? [] : [{ kind: 'wrong-type', path: [], message: hiding(document, message) }]
  }
  const causes = isBuiltIn
    ? validateCreate(applyDefaults(document.apiVersion, document.kind, typed), { namespaced })
    : validateCustom({ schema }, { object: typed, metadataCauses: validateCreate(typed, { namespaced, anyFinalizer: true }) })
        .causes
  const problems: ObjectProblem[] = []
  for (const { field = '', message = '', reason } of causes) {
    const path = parseFieldPath(field)
    if (path[0] === 'status') continue
    // What rules may cost depends on the version of the API server.
    if (message.includes('estimated rule cost')) continue
    // Every pod is given the account `default` before this is asked.
    if (message.includes('when serviceAccountName is not set')) continue
    // Names that are made when it is created.
    if (field === 'metadata.name' && document.text('metadata', 'generateName') !== undefined) continue
    if (reason !== 'FieldValueRequired' && holdsPlaceholder(document.get(...path) ?? document.get(...path.slice(0, -1)))) continue
    // A default that was made of one.
    if (/: Invalid value: "[^"]*(\$[{(A-Za-z_]|\{\{)/.test(`: ${message}`)) continue
    const isRequired = reason === 'FieldValueRequired' && path[0] !== 'metadata'
    if (isRequired && mayBeMutated === true) continue
    const text =
      reason === 'FieldValueRequired' ? `${field} is required${message.replace(/^Required value/, '')}` : `${field}: ${message}`
    problems.push({
      kind: 'invalid',
      path,
      message: hiding(document, text),
      ...(isRequired && mayBeMutated === false ? { isLikely: true } : {}),
    })
  }
  return problems
}

/** As API servers write it: `spec.ports[0].name`. */
function fieldText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${step}]`
  }
  return text
}

/** What names no namespace lands in the one that it is applied to, which is not wrong. */
function withMetadata(document: KubeDocument, namespaced: boolean | undefined): KubeObject {
  const given: Record<string, unknown> = isObject(document.object.metadata) ? { ...document.object.metadata } : {}
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

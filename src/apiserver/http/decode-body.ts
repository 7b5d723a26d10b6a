import { messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { type BeyondInt64, parseJson, printJson } from '../../base/json-text.js'
import { parseYaml } from '../../formats/yaml/parse-yaml.js'
import { apiVersionOf, type KubeObject, versionOf } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { StatusError, statusErrors, unknownKind } from '../../kube/object/status-error.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import { checkLiterals } from '../../kube/schema/number-literals.js'
import { decodeProtobuf, ProtobufError, type TypeMeta } from '../../kube/schema/protobuf/decode.js'
import { scanFields, stepsText, type VisitField } from '../../kube/schema/scan-fields.js'
import type { SchemaNode } from '../../kube/schema/schema-node.js'
import { toTyped } from '../../kube/schema/typed.js'
import { boundMembers, isTooDeep, shortBody } from './body-bounds.js'
import { explainJson, goTypeOf, summarize } from './go-json.js'

export const acceptedMediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const

export interface DecodedBody {
  readonly object: KubeObject
  readonly problems: readonly string[]
  /** Where in the text each problem is, those included that the registry may find. Only when there are duplicates in it. */
  readonly places?: ReadonlyMap<string, number>
}

/**
 * The object in a request's body. A body without apiVersion and kind is of the kind that the path expects. `problems` are the
 * duplicate fields, when they are asked for; unknown fields are found by the registry.
 */
export function decodeObject(bytes: Buffer, mediaType: string, type: ResourceType, findDuplicates: boolean): DecodedBody {
  if (mediaType === 'application/vnd.kubernetes.protobuf') {
    const object = withKind(readProtobuf(bytes, type), type)
    if (bytes.length >= shortBody) boundMembers(object)
    return { object, problems: [] }
  }
  const text = bytes.toString('utf8')
  const json = mediaType === '' || mediaType === 'application/json'
  if (!json && mediaType !== 'application/yaml') throw statusErrors.unsupportedMediaType(acceptedMediaTypes)
  const unrecognized = (why: string) => unrecognizedBody(type, why, bytes)
  const notJson = (why: string) => unrecognized(`couldn't get version/kind; json parse error: ${why}`)
  const value = json
    ? readJson(text, notJson, isBuiltIn(type) ? 'exact' : 'double')
    : readYaml(text, unrecognized, isBuiltIn(type))
  if (bytes.length >= shortBody) boundMembers(value)
  // Null, and YAML that says nothing, is an object without anything in it.
  if (value === null || value === undefined) return { object: withKind({} as KubeObject, type), problems: [] }
  if (!isObject(value)) throw notJson(`json: cannot unmarshal ${goTypeOf(value)} into Go value of type ${typeMetaType}`)
  for (const field of ['apiVersion', 'kind']) {
    const given = value[field]
    if (given === undefined || given === null || typeof given === 'string') continue
    throw notJson(`json: cannot unmarshal ${goTypeOf(given)} into Go struct field .${field} of type string`)
  }
  const { apiVersion } = value
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) {
    throw unrecognized(`unexpected GroupVersion string: ${apiVersion}`)
  }
  // Of custom resources nobody knows what they are unless they say so.
  if (!value['kind'] && !isBuiltIn(type)) {
    throw unrecognized(`Object 'Kind' is missing in '${json ? text : printJson(value)}'`)
  }
  const object = withKind(value as KubeObject, type)
  if (!json) return { object, problems: [] }
  const { duplicates, misfit } = scanText(text, object, builtInSchemas.forKind(object.apiVersion, object.kind))
  if (misfit !== undefined) {
    if (object.kind === 'DeleteOptions') throw plainFailure(misfit)
    throw notHandled(object, object.kind, misfit)
  }
  if (!findDuplicates || duplicates.length === 0) return { object, problems: [] }
  return { object, problems: duplicates, ...(isBuiltIn(type) && { places: placesOf(text) }) }
}

/** Characters of all paths together: of fields beyond them the order is not told. */
const mostPlaceText = 1_000_000

/** Typed decoders upstream tell unknown and duplicate fields in the order in which they stand. */
function placesOf(text: string): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  let room = mostPlaceText
  scanFields(text, (steps, offset, repeated) => {
    if (room <= 0) return
    // Before it is put together: one long name above many fields would be in the path of each.
    for (const step of steps) room -= typeof step === 'string' ? step.length + 1 : 4
    if (room <= 0) return
    const problem = `${repeated ? 'duplicate' : 'unknown'} field "${stepsText(steps)}"`
    if (!places.has(problem)) places.set(problem, offset)
  })
  return places
}

function readProtobuf(bytes: Buffer, type: ResourceType): KubeObject {
  try {
    return decodeProtobuf(bytes, { apiVersion: apiVersionOf(type.group, type.version), kind: type.kind })
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error
    const { of, message } = error
    if (type.kind === 'DeleteOptions') throw plainFailure(message)
    throw of === undefined ? unrecognizedBody(type, message, bytes) : notHandled(of, type.kind, message)
  }
}

function notHandled(of: TypeMeta, as: string, why: string): Error {
  const version = JSON.stringify(versionOf(of.apiVersion))
  return statusErrors.badRequest(`${of.kind} in version ${version} cannot be handled as a ${as}: ${why}`)
}

/** The options of a DELETE as Go would have them. What does not fit is a failure of the server upstream. */
export function typedDeleteOptions(object: KubeObject): Record<string, unknown> {
  try {
    return toTyped(builtInSchemas.forKind('v1', 'DeleteOptions') as SchemaNode, object).object as Record<string, unknown>
  } catch (error) {
    throw plainFailure(messageOf(error))
  }
}

/** What upstream answers to errors that are none of its own: no reason, no details. */
export function plainFailure(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

function unrecognizedBody(type: ResourceType, why: string, bytes: Buffer): Error {
  return statusErrors.badRequest(
    `the object provided is unrecognized (must be of type ${type.kind}): ${why} (${summarize(bytes)})`,
  )
}

/** What Go calls the struct that it reads apiVersion and kind with. */
const typeMetaType = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** Integers beyond 64 bits stay what they are where a type refuses them. */
function readJson(text: string, notJson: (why: string) => Error, beyond: BeyondInt64): unknown {
  if (isTooDeep(text)) throw notJson('exceeded max depth')
  try {
    return parseJson(text, beyond)
  } catch (error) {
    throw notJson(explainJson(text) ?? messageOf(error))
  }
}

function readYaml(text: string, unrecognized: (why: string) => Error, exact: boolean): unknown {
  try {
    return parseYaml(text, { dialect: exact ? 'kubernetes-uint64' : 'kubernetes-int64' })
  } catch (error) {
    throw unrecognized(`yaml: ${messageOf(error)}`)
  }
}

/** What JSON.parse forgives, as upstream words it: fields that stand twice in one object, fractions where integers belong. */
function scanText(
  text: string,
  object: KubeObject,
  schema: SchemaNode | undefined,
): { duplicates: string[]; misfit: string | undefined } {
  const found = new Set<string>()
  const visit: VisitField = (steps, _offset, repeated) => {
    if (repeated && found.size < 100) found.add(`duplicate field "${stepsText(steps)}"`)
  }
  let misfit: string | undefined
  if (schema === undefined) scanFields(text, visit)
  else misfit = checkLiterals(schema, text, object, visit)
  return { duplicates: [...found], misfit }
}

/** JSON, or YAML: the body of server-side apply is declared as YAML and is mostly JSON. */
export function decodeApplyBody(bytes: Buffer): unknown {
  const text = bytes.toString('utf8')
  if (/^\s*\{/.test(text)) {
    try {
      return parseJson(text)
    } catch {
      // A flow mapping of YAML begins in the same way.
    }
  }
  return parseYamlBody(text)
}

/** `before`: what stands in front of the reason why it is none. */
export function parsePatch(text: string, before = 'error decoding patch: ', beyond: BeyondInt64 = 'double'): unknown {
  if (isTooDeep(text)) throw statusErrors.badRequest(`${before}exceeded max depth`)
  try {
    return parseJson(text, beyond)
  } catch (error) {
    throw statusErrors.badRequest(`${before}${explainJson(text) ?? messageOf(error)}`)
  }
}

function parseYamlBody(text: string): unknown {
  try {
    return parseYaml(text, { dialect: 'kubernetes-int64' })
  } catch (error) {
    const text = messageOf(error).replace(
      /^(\d+):\d+: (key ".*") is already set in this map$/s,
      'unmarshal errors:\n  line $1: $2 already set in map',
    )
    throw statusErrors.badRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${text}`)
  }
}

/** Fills in apiVersion and kind and metadata; refuses an object of another kind. */
function withKind(object: KubeObject, type: ResourceType): KubeObject {
  const apiVersion = apiVersionOf(type.group, type.version)
  const { metadata } = object
  const complete = object.apiVersion && object.kind && metadata
  const result = complete
    ? object
    : ({
        ...object,
        apiVersion: object.apiVersion || apiVersion,
        kind: object.kind || type.kind,
        metadata: metadata ?? { name: '' },
      } as KubeObject)
  return result
}

/** Throws BadRequest unless the object is of the kind that the path names. */
export function requireKind(object: KubeObject, type: ResourceType): void {
  const apiVersion = apiVersionOf(type.group, type.version)
  if (object.apiVersion === apiVersion && object.kind === type.kind) return
  if (builtInSchemas.forKind(object.apiVersion, object.kind) === undefined && isBuiltIn(type)) throw unknownKind(object, type)
  // Custom resources of another kind are refused where they are validated.
  if (!isBuiltIn(type) && object.apiVersion === apiVersion) return
  if (object.kind === type.kind) {
    throw statusErrors.badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersion})`,
    )
  }
  const from = `${versionOf(object.apiVersion)}.${object.kind}`
  const to = `${internalPackage(type.group)}.${type.kind}`
  throw notHandled(object, type.kind, `converting (${from}) to (${to}): unknown conversion`)
}

/** The Go package of the internal types of a group. */
function internalPackage(group: string): string {
  return group === '' || group === 'events.k8s.io' ? 'core' : (group.split('.')[0] ?? group)
}

function isBuiltIn(type: ResourceType): boolean {
  return builtInSchemas.forKind(apiVersionOf(type.group, type.version), type.kind) !== undefined
}

import { messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { parseYaml } from '../../formats/yaml/parse-yaml.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { statusErrors, unknownKind } from '../../kube/object/status-error.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import { decodeProtobuf } from '../../kube/schema/protobuf/decode.js'
import { scanFields, stepsText } from '../../kube/schema/scan-fields.js'

export const acceptedMediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const

export interface DecodedBody {
  readonly object: KubeObject
  readonly problems: readonly string[]
}

/**
 * The object in a request's body. A body without apiVersion and kind is of the kind that the path expects. `problems` are the
 * duplicate fields, when they are asked for; unknown fields are found by the registry.
 */
export function decodeObject(bytes: Buffer, mediaType: string, type: ResourceType, findDuplicates: boolean): DecodedBody {
  if (mediaType === 'application/vnd.kubernetes.protobuf') {
    return { object: withKind(decodeProtobuf(bytes), type), problems: [] }
  }
  const text = bytes.toString('utf8')
  const json = mediaType === '' || mediaType === 'application/json' || mediaType === '*/*'
  if (!json && mediaType !== 'application/yaml') throw statusErrors.unsupportedMediaType(acceptedMediaTypes)
  const value = json ? parseJson(text) : parseYamlBody(text)
  if (!isObject(value)) throw statusErrors.badRequest(`the object provided is unrecognized: ${preview(text)} is not an object`)
  return { object: withKind(value as KubeObject, type), problems: json && findDuplicates ? duplicateFields(text) : [] }
}

/** Fields that stand twice in one object of the text, which JSON.parse forgives, as upstream words them. */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>()
  scanFields(text, (steps, _offset, repeated) => {
    if (repeated && found.size < 100) found.add(`duplicate field "${stepsText(steps)}"`)
  })
  return [...found]
}

/** JSON, or YAML: the body of server-side apply is declared as YAML and is mostly JSON. */
export function decodeApplyBody(bytes: Buffer): unknown {
  const text = bytes.toString('utf8')
  if (/^\s*\{/.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      // A flow mapping of YAML begins in the same way.
    }
  }
  return parseYamlBody(text)
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw statusErrors.badRequest(`couldn't get version/kind; json parse error: ${messageOf(error)}`)
  }
}

function parseYamlBody(text: string): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    throw statusErrors.badRequest(`error converting YAML to JSON: ${messageOf(error)}`)
  }
}

/** Fills in apiVersion and kind and metadata; refuses an object of another kind. */
function withKind(object: KubeObject, type: ResourceType): KubeObject {
  const apiVersion = apiVersionOf(type.group, type.version)
  const { metadata } = object
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) {
    throw statusErrors.badRequest('metadata: expected an object')
  }
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
  throw statusErrors.badRequest(
    `${object.kind} in version ${JSON.stringify(object.apiVersion)} cannot be handled as a ${type.kind}: ` +
      `the path takes objects of kind ${type.kind} in ${apiVersion}`,
  )
}

function isBuiltIn(type: ResourceType): boolean {
  return builtInSchemas.forKind(apiVersionOf(type.group, type.version), type.kind) !== undefined
}

function preview(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)
}

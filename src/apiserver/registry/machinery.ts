import { CodedError } from '../../base/errors.js'
import { cloneJson } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { type StatusCause, statusErrors } from '../../kube/object/status-error.js'
import { toTyped } from '../../kube/schema/typed.js'
import type { Resource } from './resource.js'

/**
 * A copy of the body that is ours to change, without fields that the schema does not know; those come as problems.
 * Throws BadRequest for values of the wrong type.
 */
export function decodeBody(resource: Resource, body: KubeObject): { object: KubeObject; problems: readonly string[] } {
  if (resource.custom !== undefined || resource.schema === undefined) return { object: cloneJson(body), problems: [] }
  try {
    const { object, unknown } = toTyped(resource.schema, body)
    return { object: object as KubeObject, problems: unknown.map((path) => `unknown field "${path}"`) }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const { kind, version } = resource.type
    throw statusErrors.badRequest(
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`,
    )
  }
}

/** Fills in, in place, what clients leave out. */
export function setDefaults(_resource: Resource, _object: KubeObject): void {}

export function validateNew(_resource: Resource, _object: KubeObject): readonly StatusCause[] {
  return []
}

export function validateChanged(_resource: Resource, _object: KubeObject, _previous: KubeObject): readonly StatusCause[] {
  return []
}

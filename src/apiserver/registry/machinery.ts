import { cloneJson } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { StatusCause } from '../../kube/object/status-error.js'
import { readFields } from '../../kube/schema/check-fields.js'
import { validateCustom } from '../../kube/schema/custom-validation/validate-custom.js'
import { applyDefaults } from '../../kube/schema/defaults/apply-defaults.js'
import { applySchemaDefaults } from '../../kube/schema/structural-defaults.js'
import type { Resource } from './resource.js'
import { validateMeta, validateTags } from './validate-meta.js'

/**
 * A copy of the body that is ours to change, without fields that the schema does not know; those come as problems.
 * Throws BadRequest for values of the wrong type.
 */
export function decodeBody(resource: Resource, body: KubeObject): { object: KubeObject; problems: readonly string[] } {
  const { schema } = resource
  if (schema === undefined) return { object: cloneJson(body), problems: [] }
  // Built-in kinds come out as new values; of custom resources, parts are those of the body.
  const own = resource.custom === undefined ? body : cloneJson(body)
  return readFields(schema, { ...own, apiVersion: own.apiVersion ?? resource.apiVersion, kind: own.kind ?? resource.type.kind })
}

/** The object with what clients leave out. It may be changed in place, as the object itself may. */
export function withDefaults(resource: Resource, object: KubeObject): KubeObject {
  if (resource.custom !== undefined) return resource.schema ? applySchemaDefaults(resource.schema, object) : object
  return applyDefaults(object.apiVersion, object.kind, object)
}

export function validateNew(resource: Resource, object: KubeObject): readonly StatusCause[] {
  return [...validateMeta(resource, object), ...validateShape(resource, object)]
}

/** Names and namespaces cannot have changed. */
export function validateChanged(resource: Resource, object: KubeObject, previous: KubeObject): readonly StatusCause[] {
  const tags = object.metadata === previous.metadata ? [] : validateTags(object)
  return [...tags, ...validateShape(resource, object)]
}

function validateShape(resource: Resource, object: KubeObject): readonly StatusCause[] {
  return resource.custom !== undefined && resource.schema ? validateCustom(resource.schema, object) : []
}

import { isObject, type JsonObject } from '../../../base/json.js'
import type { StatusCause } from '../../object/status-error.js'
import type { SchemaNode } from '../schema-node.js'
import { listTypeCauses } from './list-types.js'
import { validateNode } from './validate-node.js'

/**
 * Validates a custom resource against the OpenAPI schema of its version: types, value validations, list types. Empty when
 * the object is valid. Rules in CEL (`x-kubernetes-validations`) are not evaluated.
 *
 * Reference: ValidateCustomResource of k8s.io/apiextensions-apiserver.
 */
export function validateCustom(schema: SchemaNode, object: unknown): StatusCause[] {
  const { validations } = schema
  if (validations === undefined) return []
  const own = validateNode(validations as JsonObject, object, '').causes
  return isObject(object) ? [...own, ...listTypeCauses(schema, object, '')] : own
}

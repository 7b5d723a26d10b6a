import { isObject, type JsonObject } from '../../../base/json.js'
import type { StatusCause } from '../../object/status-error.js'
import { isSchema } from '../definitions/structural-invariants.js'
import { fieldCauses } from '../field-cause.js'
import type { SchemaNode } from '../schema-node.js'
import { membersOf } from '../validation/findings.js'
import { Correlated } from './correlation.js'
import { embeddedCauses } from './embedded-metadata.js'
import { evaluateRules } from './evaluate-rules.js'
import { listTypeCauses } from './list-types.js'
import type { RuleTree } from './rule-tree.js'
import { type ScaleFields, scaleSpecCauses, scaleStatusCauses } from './scale-fields.js'
import { validateValue } from './validate-node.js'

/** What a version of a custom resource demands of its objects. */
export interface CustomRules {
  readonly schema: SchemaNode
  /** Paths of the scale subresource, as the definition has them. */
  readonly scale?: ScaleFields | undefined
  /** Compiled rules in CEL; undefined when the schema has none. */
  readonly rules?: RuleTree | undefined
}

export interface CustomWrite {
  readonly object: unknown
  /** The object before the write; undefined for a new one. */
  readonly previous?: unknown
  /** Only the status is written. */
  readonly status?: boolean
  /** What is wrong with the object's metadata: told first, and rules are not run when it is too wrong. */
  readonly metadataCauses?: readonly StatusCause[]
}

export interface CustomFindings {
  readonly causes: readonly StatusCause[]
  /** Rules that parts break which this write does not change. */
  readonly warnings: readonly string[]
}

/**
 * Validates a custom resource against its version: the OpenAPI schema, scale, embedded objects, list types, and rules in CEL when
 * nothing is so wrong that they could not be run. On updates what did not change may be wrong (ratcheting).
 *
 * Reference: customResourceStrategy of k8s.io/apiextensions-apiserver/pkg/registry/customresource.
 */
export function validateCustom(of: CustomRules, write: CustomWrite): CustomFindings {
  const { object, previous } = write
  const causes = [...(write.metadataCauses ?? []), ...shapeCauses(of, write)]
  if (of.rules === undefined) return { causes, warnings: [] }
  if (causes.some(({ reason = '' }) => blocking.has(reason))) {
    const detail =
      'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
    return { causes: [...causes, fieldCauses.invalid('<nil>', null, detail)], warnings: [] }
  }
  const correlated =
    previous === undefined
      ? {}
      : { correlated: new Correlated(membersOf(of.schema.validations), object, previous), old: previous }
  const found = evaluateRules(of.rules, object, correlated)
  return { causes: [...causes, ...found.causes], warnings: found.warnings }
}

const blocking: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

function shapeCauses({ schema, scale }: CustomRules, { object, previous, status }: CustomWrite): StatusCause[] {
  const validations = membersOf(schema.validations) as JsonObject
  const found: StatusCause[] = []
  if (status === true) found.push(...statusCauses(validations, object, previous), ...scaleStatusCauses(scale, object))
  else {
    const correlated = previous === undefined ? undefined : new Correlated(validations, object, previous)
    found.push(...validateValue(validations, object, '', correlated))
    found.push(...scaleSpecCauses(scale, object), ...scaleStatusCauses(scale, object))
    found.push(...embeddedCauses(schema, object, ''))
  }
  const repeated = listTypeCauses(schema, object, '')
  if (repeated.length > 0 && (previous === undefined || listTypeCauses(schema, previous, '').length === 0))
    found.push(...repeated)
  return found
}

function statusCauses(validations: JsonObject, object: unknown, previous: unknown): StatusCause[] {
  const properties = membersOf(validations['properties'])
  if (!isObject(object) || !Object.hasOwn(object, 'status') || !isSchema(properties['status'])) return []
  const schema = properties['status'] as JsonObject
  const { status } = object
  return validateValue(schema, status, 'status', new Correlated(schema, status, membersOf(previous)['status']))
}

import { isObject } from '../../../base/json.js'
import { isNumber } from '../../../base/json-text.js'
import type { StatusCause } from '../../object/status-error.js'
import { fieldCauses } from '../field-cause.js'

export interface ScaleFields {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

const mostReplicas = 2 ** 31 - 1

/** The number that the scale subresource writes must be one. Reference: ValidateScaleSpec of apiextensions-apiserver. */
export function scaleSpecCauses(scale: ScaleFields | undefined, object: unknown): StatusCause[] {
  return scale === undefined ? [] : replicasCauses(scale.specReplicasPath, object)
}

export function scaleStatusCauses(scale: ScaleFields | undefined, object: unknown): StatusCause[] {
  if (scale === undefined) return []
  const causes = replicasCauses(scale.statusReplicasPath, object)
  if (scale.labelSelectorPath) {
    const found = valueAt(scale.labelSelectorPath, object, 'string')
    if ('problem' in found) causes.push(fieldCauses.invalid(scale.labelSelectorPath, '', found.problem))
  }
  return causes
}

function replicasCauses(path: string, object: unknown): StatusCause[] {
  const found = valueAt(path, object, 'int64')
  if ('problem' in found) return [fieldCauses.invalid(path, 0, found.problem)]
  const replicas = isNumber(found.value) ? found.value : 0
  if (replicas < 0) return [fieldCauses.invalid(path, replicas, 'should be a non-negative integer')]
  if (replicas > mostReplicas) return [fieldCauses.invalid(path, replicas, `should be less than or equal to ${mostReplicas}`)]
  return []
}

/** In the words of unstructured.NestedInt64 and NestedString. */
function valueAt(path: string, object: unknown, type: 'int64' | 'string'): { value: unknown } | { problem: string } {
  const steps = path.replace(/^\./, '').split('.')
  let value = object
  for (const [index, step] of steps.entries()) {
    if (!isObject(value)) {
      const at = steps.slice(0, index + 1).join('.')
      return {
        problem: `.${at} accessor error: ${printValue(value)} is of the type ${goType(value)}, expected map[string]interface{}`,
      }
    }
    if (!Object.hasOwn(value, step)) return { value: undefined }
    value = value[step]
  }
  const fits =
    type === 'string'
      ? typeof value === 'string'
      : typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  if (fits) return { value }
  return { problem: `.${steps.join('.')} accessor error: ${printValue(value)} is of the type ${goType(value)}, expected ${type}` }
}

function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int64'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}

/** Go's %v. */
function printValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`
  if (!isObject(value)) return String(value)
  const entries = Object.keys(value).sort()
  return `map[${entries.map((key) => `${key}:${printValue(value[key])}`).join(' ')}]`
}

import { isObject } from '../../base/json.js'
import type { Patch } from '../../kube/client/kube-client.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import { quote } from '../../kube/schema/field-cause.js'

/**
 * A patch whose result cannot be decoded. Upstream shows the whole result, with members in the order in which its patch library
 * leaves them: sorted where the patch went.
 */
export function patchedInvalid(patched: unknown, patch: Patch, error: unknown): unknown {
  if (!(error instanceof StatusError) || error.reason !== 'BadRequest') return error
  const why = /cannot be handled as an? \w+: (.*)$/s.exec(error.message)?.[1]
  if (why === undefined || patch.kind === 'strategic' || patch.kind === 'apply') return error
  const text = JSON.stringify(sorted(patched, patch.kind === 'merge' ? patch.body : {}))
  const failure = statusErrors.invalid({ kind: '', group: '', name: '' }, [
    { reason: 'FieldValueInvalid', message: `Invalid value: ${quote(text)}: ${why}`, field: 'patch' },
  ])
  failure.status.details = { causes: failure.status.details?.causes ?? [] }
  return failure
}

function sorted(value: unknown, where: unknown): unknown {
  if (!isObject(value) || !isObject(where)) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key], where[key])]))
}

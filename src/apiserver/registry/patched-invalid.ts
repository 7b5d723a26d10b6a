import { isObject } from '../../base/json.js'
import type { Patch } from '../../kube/client/kube-client.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import { quote } from '../../kube/schema/field-cause.js'
import type { SchemaNode } from '../../kube/schema/schema-node.js'

/**
 * A patch whose result cannot be decoded. Upstream shows the whole result, with members in the order in which its patch library
 * leaves them: sorted where the patch went, elsewhere that of the kind.
 */
export function patchedInvalid(schema: SchemaNode | undefined, patched: unknown, patch: Patch, error: unknown): unknown {
  if (!(error instanceof StatusError) || error.reason !== 'BadRequest') return error
  const why = /cannot be handled as an? \w+: (.*)$/s.exec(error.message)?.[1]
  if (why === undefined || patch.kind === 'strategic' || patch.kind === 'apply') return error
  const text = JSON.stringify(arranged(schema, patched, patch.kind === 'merge' ? patch.body : {}))
  const failure = statusErrors.invalid({ kind: '', group: '', name: '' }, [
    { reason: 'FieldValueInvalid', message: `Invalid value: ${quote(text)}: ${why}`, field: 'patch' },
  ])
  failure.status.details = { causes: failure.status.details?.causes ?? [] }
  return failure
}

function arranged(schema: SchemaNode | undefined, value: unknown, touched: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => arranged(schema?.items, item, undefined))
  if (!isObject(value)) return value
  const known = [...(schema?.fields?.keys() ?? [])]
  const place = (key: string) => (known.includes(key) ? known.indexOf(key) : known.length)
  const keys = Object.keys(value).sort()
  if (!isObject(touched)) keys.sort((a, b) => place(a) - place(b))
  const below = (key: string) => (isObject(touched) ? touched[key] : undefined)
  return Object.fromEntries(
    keys.map((key) => [key, arranged(schema?.fields?.get(key)?.schema ?? schema?.items, value[key], below(key))]),
  )
}

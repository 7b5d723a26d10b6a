import { isObject } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import { goPrint } from '../../../kube/apply/go-print.js'
import type { Patch } from '../../../kube/client/kube-client.js'
import { StatusError, statusErrors } from '../../../kube/object/status-error.js'
import { quote } from '../../../kube/schema/field-cause.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'

/**
 * A patch whose result cannot be decoded. Upstream shows the whole result, with members in the order in which its patch library
 * leaves them: sorted where the patch went, elsewhere that of the kind.
 */
export function patchedInvalid(schema: SchemaNode | undefined, patched: unknown, patch: Patch, error: unknown): unknown {
  if (!(error instanceof StatusError) || error.reason !== 'BadRequest') return error
  const why = /cannot be handled as an? \w+: (.*)$/s.exec(error.message)?.[1]
  if (why === undefined || patch.kind === 'apply') return error
  if (patch.kind === 'strategic') {
    const unfit = unfitWords(why)
    return unfit === undefined ? error : invalidPatch(goPrint(patch.body), unfit)
  }
  return invalidPatch(printJson(arranged(schema, patched, patch.kind === 'json' ? touchedBy(patch.operations) : patch.body)), why)
}

/** The maps that JSON patch operations went through, as a merge patch would name them. */
function touchedBy(operations: readonly unknown[]): Record<string, unknown> {
  const touched: Record<string, unknown> = {}
  for (const operation of operations) {
    const path = isObject(operation) ? operation['path'] : undefined
    let at = touched
    for (const part of String(path ?? '')
      .split('/')
      .slice(1, -1)) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
      const below = Object.hasOwn(at, name) ? at[name] : undefined
      at = isObject(below) ? below : (at[name] = Object.create(null) as Record<string, unknown>)
    }
  }
  return touched
}

function invalidPatch(shown: string, why: string): StatusError {
  const failure = statusErrors.invalid({ kind: '', group: '', name: '' }, [
    { reason: 'FieldValueInvalid', message: `Invalid value: ${quote(shown)}: ${why}`, field: 'patch' },
  ])
  failure.status.details = { causes: failure.status.details?.causes ?? [] }
  return failure
}

const sources: Readonly<Record<string, string>> = { number: 'int64', object: 'map', array: 'slice' }

/** What upstream says of a value of the wrong type that no text was decoded into. */
function unfitWords(why: string): string | undefined {
  const [, from = '', to = ''] = /^json: cannot unmarshal (\w+)(?: \S+)? into Go .* of type (\S+)$/.exec(why) ?? []
  if (to === '') return undefined
  const source = sources[from] ?? from
  if (to.startsWith('[]')) return `cannot restore slice from ${source}`
  if (to.startsWith('map[')) return `cannot restore map from ${source}`
  return to.includes('.') ? `cannot restore struct from: ${source}` : `unrecognized type: ${to}`
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
    keys.map((key) => [
      key,
      // Go keeps a set of fields as the text that it is.
      key === 'fieldsV1' && schema !== undefined
        ? value[key]
        : arranged(schema?.fields?.get(key)?.schema ?? schema?.items, value[key], below(key)),
    ]),
  )
}

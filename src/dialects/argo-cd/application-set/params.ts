import { setOwn } from '../../../base/json.js'
import { printValue } from '../../../formats/go-template/print.js'
import { copyValue } from '../../../formats/go-template/sprig/defaults.js'
import { mergeMaps } from '../../../formats/go-template/sprig/dicts.js'
import { isMap, typeName } from '../../../formats/go-template/values.js'

/**
 * One set of parameters. Go-template mode: nested, as values of templates (labels and `values` are map[string]string).
 * Fasttemplate mode: one level, dotted keys (`metadata.labels.env`), values are strings.
 */
export type Params = Record<string, unknown>

/** The parameters with dotted keys and every value as text: what selectors of generators match on. */
export function flattenParams(params: Params): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [key, value] of Object.entries(flattenValues(params))) setOwn(flat, key, value)
  return flat
}

/** Nested maps and lists as dotted keys, values as `%v` prints them. Empty maps and lists leave nothing. */
export function flattenValues(value: Params): Record<string, string> {
  const flat: Record<string, string> = {}
  const visit = (path: string, member: unknown) => {
    if (Array.isArray(member) && typeName(member) === '[]interface {}') {
      for (const [index, item] of member.entries()) visit(`${path}.${index}`, item)
    } else if (isMap(member)) for (const key of Object.keys(member)) visit(`${path}.${key}`, member[key])
    else setOwn(flat, path, member === null || member === undefined ? '<nil>' : printValue(member))
  }
  for (const key of Object.keys(value)) visit(key, value[key])
  return flat
}

/** `second` laid over `first`, deeply; neither changes. Empty values count too. */
export function mergeParams(first: Params, second: Params): Params {
  const merged = copyValue(first) as Params
  mergeMaps(merged, copyValue(second) as Params, true)
  return merged
}

/** Both sets as strings. Throws when they disagree about a key. */
export function combineParams(first: Params, second: Params): Params {
  const combined: Params = {}
  for (const [key, value] of Object.entries(first)) setOwn(combined, key, text(value))
  for (const [key, value] of Object.entries(second)) {
    const wanted = text(value)
    if (Object.hasOwn(combined, key) && combined[key] !== wanted) {
      throw new Error(`found duplicate key ${key} with different value, a: ${combined[key]} ,b: ${wanted}`)
    }
    setOwn(combined, key, wanted)
  }
  return combined
}

function text(value: unknown): string {
  return value === null || value === undefined ? '<nil>' : printValue(value)
}

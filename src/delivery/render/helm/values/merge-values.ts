import { messageOf } from '../../../../base/errors.js'
import { isObject, setOwn } from '../../../../base/json.js'
import { jsonType } from '../chart/metadata.js'
import { readYaml } from '../chart/yaml.js'
import { HelmError } from '../helm-error.js'
import { type SetForm, setValues } from './set-values.js'
import { isTable, type Values } from './values.js'

/** What a person sets for a release, in the order in which it counts: each wins over the ones before it. */
export interface GivenValues {
  /** Files of values, read already; `name` is for messages. */
  readonly files?: readonly { readonly name: string; readonly text: string }[]
  readonly setJson?: readonly string[]
  readonly set?: readonly string[]
  readonly setString?: readonly string[]
  readonly setFile?: readonly string[]
  readonly setLiteral?: readonly string[]
  /** Reads the files that setFile names. */
  readonly readFile?: (path: string) => string
}

/** The values that are given for a release, over the chart's own. Throws HelmError with Helm's messages. */
export function mergeGivenValues(given: GivenValues): Values {
  let values: Values = {}
  for (const { name, text } of given.files ?? []) values = mergeMaps(values, readValues(name, text))
  const apply = (lines: readonly string[] | undefined, form: SetForm, flag: string) => {
    for (const line of lines ?? []) {
      try {
        setValues(values, line, form)
      } catch (error) {
        const reason = form.kind === 'json' ? ` ${line}` : `: ${messageOf(error)}`
        throw new HelmError(`failed parsing ${flag} data${reason}`, { cause: error })
      }
    }
  }
  const read = (path: string) => {
    if (given.readFile === undefined) throw new Error(`open ${path}: no such file or directory`)
    return given.readFile(path)
  }
  apply(given.setJson, { kind: 'json' }, '--set-json')
  apply(given.set, { kind: 'typed' }, '--set')
  apply(given.setString, { kind: 'text' }, '--set-string')
  apply(given.setFile, { kind: 'file', read }, '--set-file')
  apply(given.setLiteral, { kind: 'literal' }, '--set-literal')
  return values
}

function readValues(name: string, text: string): Values {
  let value: unknown
  try {
    value = readYaml(text)
  } catch (error) {
    throw new HelmError(`failed to parse ${name}: ${messageOf(error)}`, { cause: error })
  }
  if (value === null) return {}
  if (isObject(value)) return value
  throw new HelmError(
    `failed to parse ${name}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`,
  )
}

/** Tables merge, anything else in `over` replaces what is there. */
function mergeMaps(under: Values, over: Values): Values {
  const merged = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const present = Object.hasOwn(merged, key) ? merged[key] : undefined
    setOwn(merged, key, isTable(value) && isTable(present) ? mergeMaps(present, value) : value)
  }
  return merged
}

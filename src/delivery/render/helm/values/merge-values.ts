import { messageOf } from '../../../../base/errors.js'
import { isObject, setOwn } from '../../../../base/json.js'
import { decodeJson } from '../../../../formats/go-template/sprig/decode-json.js'
import { jsonType } from '../chart/metadata.js'
import { readYaml, readYamlDocuments } from '../chart/yaml.js'
import { HelmError } from '../helm-error.js'
import type { HelmMajor } from '../helm-major.js'
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
  /** 3 unless told. Helm 4 merges the documents of a file, and takes whole objects for --set-json. */
  readonly helmMajor?: HelmMajor
}

/** The values that are given for a release, over the chart's own. Throws HelmError with Helm's messages. */
export function mergeGivenValues(given: GivenValues): Values {
  let values: Values = {}
  for (const { name, text } of given.files ?? []) values = mergeMaps(values, readValues(name, text, given.helmMajor ?? 3))
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
  for (const line of given.setJson ?? []) {
    const object = given.helmMajor === 4 && line.trim().startsWith('{')
    if (object) values = mergeMaps(values, readJsonObject(line))
    else apply([line], { kind: 'json' }, '--set-json')
  }
  apply(given.set, { kind: 'typed' }, '--set')
  apply(given.setString, { kind: 'text' }, '--set-string')
  apply(given.setFile, { kind: 'file', read }, '--set-file')
  apply(given.setLiteral, { kind: 'literal' }, '--set-literal')
  return values
}

function readJsonObject(line: string): Values {
  try {
    const value: unknown = decodeJson(line)
    if (isObject(value)) return value
  } catch {
    // Told below.
  }
  throw new HelmError(`failed parsing --set-json data JSON: ${line}`)
}

function readValues(name: string, text: string, helmMajor: HelmMajor): Values {
  try {
    return readTables(text, helmMajor)
  } catch (error) {
    throw new HelmError(`failed to parse ${name}: ${messageOf(error)}`, { cause: error })
  }
}

/** The table that a file of values holds: in Helm 3 its first document, in Helm 4 all of them merged. */
export function readTables(text: string, helmMajor: HelmMajor): Values {
  try {
    const documents = helmMajor === 4 ? readYamlDocuments(text) : [readYaml(text)]
    return documents.reduce<Values>((merged, value) => {
      if (value === null) return merged
      if (isObject(value)) return Object.keys(merged).length === 0 ? value : mergeMaps(merged, value)
      throw new Error(
        `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`,
      )
    }, {})
  } catch (error) {
    if (helmMajor === 3) throw error
    throw new Error(`cannot unmarshal yaml document: ${messageOf(error)}`, { cause: error })
  }
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

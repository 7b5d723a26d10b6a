import { messageOf } from '../../../../base/errors.js'
import { isObject } from '../../../../base/json.js'
import { TemplateBudgetError } from '../../../../formats/go-template/errors.js'
import { type CallContext, type FunctionTable, type GoFunction, goFunction } from '../../../../formats/go-template/functions.js'
import { quoteString } from '../../../../formats/go-template/print.js'
import { type CryptoPort, cryptoFunctions } from '../../../../formats/go-template/sprig/crypto.js'
import { decodeJson } from '../../../../formats/go-template/sprig/decode-json.js'
import { createSprig, type SprigPorts } from '../../../../formats/go-template/sprig/index.js'
import { encodeJson, toJsonData, toYamlData } from '../../../../formats/go-template/sprig/json.js'
import type { Template } from '../../../../formats/go-template/template.js'
import type { GoMap } from '../../../../formats/go-template/values.js'
import { formatYaml } from '../../../../formats/yaml/format-yaml.js'
import { jsonType } from '../chart/metadata.js'
import { readYaml } from '../chart/yaml.js'
import type { HelmMajor } from '../helm-major.js'
import { formatToml, NoTomlError } from '../toml/format-toml.js'
import { parseToml } from '../toml/parse-toml.js'
import { durationFunctions } from './duration-functions.js'
import { foldNextLines } from './fold-next-lines.js'
import { marked, setName } from './render-templates.js'

/** What functions need from outside. */
export interface HelmPorts extends SprigPorts {
  /** Makes the keys and certificates that charts ask for; absent: such charts fail. */
  readonly crypto?: CryptoPort
  /** What `lookup` finds: an object, a list of objects, or an empty object. Absent: nothing, as for `helm template`. */
  readonly lookup?: (apiVersion: string, kind: string, namespace: string, name: string) => GoMap
}

const maxIncludes = 1000

/** The functions of one rendering: sprig's, and Helm's own. */
export function helmFunctions(ports: HelmPorts, helmMajor: HelmMajor = 3): FunctionTable {
  const running = new Map<string, number>()
  const own: [string, GoFunction][] = [
    [
      'include',
      goFunction(['string', 'any'], function (name, data) {
        const count = running.get(name) ?? 0
        if (count > maxIncludes)
          throw new Error(`rendering template has a nested reference name: ${name}: unable to execute template`)
        running.set(name, count + 1)
        try {
          return this.render(name, data)
        } finally {
          running.set(name, count)
        }
      }),
    ],
    ['tpl', goFunction(['string', 'any'], renderText)],
    [
      'required',
      goFunction(['string', 'any'], (message, value) => {
        if (value === null || value === undefined || value === '') throw new Error(marked(message))
        return value
      }),
    ],
    ['fail', goFunction(['string'], (message) => fail(message))],
    ['lookup', goFunction(['string', 'string', 'string', 'string'], (...names) => ports.lookup?.(...names) ?? {})],
    ['getHostByName', goFunction(['string'], () => '')],
    ['toYaml', goFunction(['any'], (value) => quietly(() => toYaml(value)))],
    [
      'toYamlPretty',
      goFunction(['any'], (value) =>
        quietly(() =>
          formatYaml(toYamlData(value), { indentLists: true, floats: true, width: Number.POSITIVE_INFINITY }).replace(/\n$/, ''),
        ),
      ),
    ],
    ['toJson', goFunction(['any'], (value) => quietly(() => encodeJson(value, { escapesHtml: true })))],
    ['toToml', goFunction(['any'], (value) => orMessage(() => formatToml(value)))],
    ['fromYaml', reader((text) => readMap(() => readYaml(text), true))],
    ['fromYamlArray', reader((text) => readList(() => readYaml(text), true))],
    ['fromJson', reader((text) => readMap(() => decodeJson(text), false))],
    ['fromJsonArray', reader((text) => readList(() => decodeJson(text), false))],
    ['fromToml', reader((text) => readMap(() => parseToml(text), false))],
  ]
  if (helmMajor === 4) {
    own.push(
      ['mustToYaml', goFunction(['any'], toYaml)],
      ['mustToJson', goFunction(['any'], (value) => encodeJson(value, { escapesHtml: true }))],
      ['mustToToml', goFunction(['any'], (value) => formatToml(value))],
      ...durationFunctions(),
    )
  }
  return new Map([...createSprig(ports), ...cryptoFunctions(ports.random, ports.crypto), ...own])
}

/** What is read takes memory in proportion to the text. */
function reader(read: (text: string) => unknown): GoFunction {
  return goFunction(['string'], function (text) {
    this.charge(text.length >>> 3)
    return read(text)
  })
}

// Helm's way to YAML leads over JSON, and these characters JSON lets stand where YAML has no place for them.
const notInYaml = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/

function toYaml(value: unknown): string {
  const data = toJsonData(value)
  const text = formatYaml(data)
  if (/\\[xu]/.test(text) && notInYaml.test(encodeJson(value, { escapesHtml: false })))
    throw new Error('yaml: control characters are not allowed')
  return (text.includes('\\N') ? formatYaml(foldNextLines(data)) : text).replace(/\n$/, '')
}

function fail(message: string): never {
  throw new Error(marked(message))
}

/** `tpl`: the text's definitions are seen inside it only; what it renders counts against the same budget. */
function renderText(this: CallContext, text: string, data: unknown): string {
  if (!text.includes('{{')) return text.replaceAll('<no value>', '')
  this.charge(text.length >>> 3)
  let set: Template
  try {
    set = (this.templates as Template).extend(text)
  } catch (error) {
    throw new Error(`cannot parse template ${quoteString(text)}: ${messageOf(error)}`, { cause: error })
  }
  try {
    return this.renderIn(set, setName, data).replaceAll('<no value>', '')
  } catch (error) {
    if (error instanceof TemplateBudgetError || error instanceof RangeError) throw error
    throw new Error(`error during tpl function execution for ${quoteString(text)}: ${messageOf(error)}`, { cause: error })
  }
}

/** Helm swallows what goes wrong while it writes. */
function quietly(run: () => string): string {
  try {
    return run()
  } catch {
    return ''
  }
}

function orMessage(run: () => string): string {
  try {
    return run()
  } catch (error) {
    if (error instanceof NoTomlError) throw error
    return messageOf(error)
  }
}

/** A map, or a map whose Error says why there is none. */
function readMap(read: () => unknown, isYaml: boolean): GoMap {
  try {
    const value = read()
    if (value === null || value === undefined) return {}
    if (isObject(value)) return value
    throw new Error(`${frame(isYaml)}json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`)
  } catch (error) {
    return { Error: messageOf(error) }
  }
}

function readList(read: () => unknown, isYaml: boolean): unknown[] {
  try {
    const value = read()
    if (value === null || value === undefined) return []
    if (Array.isArray(value)) return value
    throw new Error(`${frame(isYaml)}json: cannot unmarshal ${jsonType(value)} into Go value of type []interface {}`)
  } catch (error) {
    return [messageOf(error)]
  }
}

function frame(isYaml: boolean): string {
  return isYaml ? 'error unmarshaling JSON: while decoding JSON: ' : ''
}

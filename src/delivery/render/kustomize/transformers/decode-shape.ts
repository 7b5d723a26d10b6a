import { isObject, setOwn } from '../../../../base/json.js'
import { formatFloat } from '../../../../formats/go-template/float-format.js'
import { buildError } from '../build-error.js'

/**
 * The form of a configuration file: names and types of its fields. Decoding follows Go's JSON decoder as kustomize uses it:
 * field names in any case, unknown fields are an error, null is as absent, and text must be text (an unquoted number is not).
 */
export type Shape =
  | 'text'
  /** Text in fields of a struct that another one embeds: nothing else counts as text there. */
  | 'exact-text'
  | 'boolean'
  | 'integer'
  | 'any'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly lowerCase: ReadonlyMap<string, string>; readonly open: boolean }

/** `open`: fields that are not known are passed over. */
export function struct(fields: Readonly<Record<string, Shape>>, options: { open?: boolean } = {}): Shape {
  return {
    fields,
    open: options.open === true,
    lowerCase: new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name])),
  }
}

/** The value with field names in their own case. `where` starts the messages: `app/kustomization.yaml`. */
export function decodeShape(value: unknown, shape: Shape, where: string): unknown {
  return decode(value, shape, { where, textOf: () => undefined }, '')
}

/** The same for files that are no kustomizations: numbers and booleans where text belongs are text. */
export function decodeConfiguration(value: unknown, shape: Shape, where: string): unknown {
  return decode(value, shape, { where, textOf: scalarAsText }, '')
}

function scalarAsText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : formatFloat(asSingle(value), 'g', -1)
  return typeof value === 'boolean' ? String(value) : undefined
}

/** The shortest decimal that is the same number in single precision: kustomize prints such texts so. */
function asSingle(value: number): number {
  const single = Math.fround(value)
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) === single) return shorter
  }
  return Number(value.toPrecision(9))
}

interface Decoding {
  readonly where: string
  /** Text for a scalar that is none. */
  readonly textOf: (value: unknown) => string | undefined
}

function decode(value: unknown, shape: Shape, decoding: Decoding, path: string): unknown {
  const { where } = decoding
  if (value === null || value === undefined) return undefined
  const wrong = (expected: string, fix?: string): never => {
    throw buildError(`${where}: ${path === '' ? '' : `${path}: `}expected ${expected}, found ${describe(value)}`, fix)
  }
  if (shape === 'any') return value
  if (shape === 'text' || shape === 'exact-text') {
    if (typeof value === 'string') return value
    const text = shape === 'text' ? decoding.textOf(value) : undefined
    if (text !== undefined) return text
    return wrong('text', typeof value === 'object' ? undefined : `Put it in quotes: "${String(value)}".`)
  }
  if (shape === 'boolean') return typeof value === 'boolean' ? value : wrong('true or false')
  if (shape === 'integer') return Number.isInteger(value) ? value : wrong('a whole number')
  if ('list' in shape) {
    if (!Array.isArray(value)) return wrong('a list')
    return value.map((item: unknown, index) => decode(item, shape.list, decoding, `${path}[${index}]`) ?? zeroOf(shape.list))
  }
  if (!isObject(value)) return wrong('a map')
  const result: Record<string, unknown> = {}
  if ('map' in shape) {
    for (const key of Object.keys(value)) {
      setOwn(result, key, decode(value[key], shape.map, decoding, `${path}.${key}`) ?? zeroOf(shape.map))
    }
    return result
  }
  for (const key of Object.keys(value)) {
    const name = Object.hasOwn(shape.fields, key) ? key : shape.lowerCase.get(key.toLowerCase())
    if (name === undefined) {
      if (shape.open) continue
      throw buildError(
        `${where}: ${path === '' ? '' : `${path}: `}unknown field "${key}"`,
        `Known here: ${Object.keys(shape.fields).join(', ')}.`,
      )
    }
    const decoded = decode(value[key], shape.fields[name]!, decoding, path === '' ? name : `${path}.${name}`)
    if (decoded !== undefined) result[name] = decoded
  }
  return result
}

function zeroOf(shape: Shape): unknown {
  if (shape === 'text' || shape === 'exact-text') return ''
  if (shape === 'boolean') return false
  if (shape === 'integer') return 0
  if (shape === 'any') return null
  return 'list' in shape ? [] : {}
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'a map'
  return `the ${typeof value} ${JSON.stringify(value)}`
}

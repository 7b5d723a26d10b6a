import { leastInt64, mostInt64 } from '../../base/json-text.js'

/**
 * What a plain (unquoted) scalar means, by the rules of the Go library that Kubernetes' tools read YAML with.
 *
 * `kubernetes` is sigs.k8s.io/yaml (kubectl, Helm, Argo CD): YAML 1.1 booleans, so `yes`, `on` and `n` are booleans,
 * and timestamps are text. `kyaml` is kustomize's reader: only `true` and `false` are booleans, and a date comes out as
 * the RFC 3339 time that Go's encoder makes of it. In both, `0777` and `0o777` are octal, `1_000` is 1000 and a number
 * in base 60 (`1:30`) is text. The dialect `text` leaves every plain scalar as it is written. `kubernetes-int64` is
 * `kubernetes` with integers that a double cannot tell from their neighbours as bigints; `kubernetes-uint64` has such integers
 * up to 2^64, as the library has before a type is known.
 */
export type YamlDialect = 'kubernetes' | 'kubernetes-int64' | 'kubernetes-uint64' | 'kyaml' | 'text'

/** The kinds a plain scalar can resolve to. */
export type PlainKind = 'string' | 'null' | 'boolean' | 'number' | 'timestamp' | 'not-json'

const booleans: Readonly<Record<string, boolean>> = Object.assign(Object.create(null), {
  true: true,
  True: true,
  TRUE: true,
  false: false,
  False: false,
  FALSE: false,
})
const oldBooleans: Readonly<Record<string, boolean>> = Object.assign(Object.create(null), booleans, {
  y: true,
  Y: true,
  yes: true,
  Yes: true,
  YES: true,
  on: true,
  On: true,
  ON: true,
  n: false,
  N: false,
  no: false,
  No: false,
  NO: false,
  off: false,
  Off: false,
  OFF: false,
})
const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])
const notFinite = /^(\.(nan|NaN|NAN)|[-+]?\.(inf|Inf|INF))$/
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
const timestamp =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt])(\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?(Z|[-+]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?)?$/

/** True when the scalar's first character rules out anything but text. Most scalars in manifests end here. */
export function isSurelyText(code: number): boolean {
  if (code >= 0x61 && code <= 0x7a) return code !== 0x79 && code !== 0x6e && code !== 0x74 && code !== 0x66 && code !== 0x6f
  if (code >= 0x41 && code <= 0x5a) return code !== 0x59 && code !== 0x4e && code !== 0x54 && code !== 0x46 && code !== 0x4f
  return !(code >= 0x30 && code <= 0x39) && code !== 0x2b && code !== 0x2d && code !== 0x2e && code !== 0x7e
}

/** The kind of a plain scalar. */
export function plainKind(text: string, dialect: YamlDialect): PlainKind {
  if (dialect === 'text') return 'string'
  if (text === '') return 'null'
  const code = text.charCodeAt(0)
  if (isSurelyText(code)) return 'string'
  if (nulls.has(text)) return 'null'
  if ((dialect === 'kyaml' ? booleans : oldBooleans)[text] !== undefined) return 'boolean'
  if (code > 0x39) return 'string'
  if (notFinite.test(text)) return 'not-json'
  if (code >= 0x30 && isTimestamp(text)) return 'timestamp'
  return parseNumber(text) === undefined ? 'string' : 'number'
}

/** The JSON value of a plain scalar, undefined for `.inf` and `.nan`: JSON has none. */
export function resolvePlain(
  text: string,
  dialect: 'kubernetes-int64' | 'kubernetes-uint64',
): null | boolean | number | bigint | string | undefined
export function resolvePlain(
  text: string,
  dialect: Exclude<YamlDialect, 'kubernetes-int64' | 'kubernetes-uint64'>,
): null | boolean | number | string | undefined
export function resolvePlain(text: string, dialect: YamlDialect): null | boolean | number | bigint | string | undefined
export function resolvePlain(text: string, dialect: YamlDialect): null | boolean | number | bigint | string | undefined {
  switch (plainKind(text, dialect)) {
    case 'string':
      return text
    case 'null':
      return null
    case 'boolean':
      return (dialect === 'kyaml' ? booleans : oldBooleans)[text]!
    case 'number':
      if (dialect === 'kubernetes-int64') return exactNumber(text, mostInt64)
      return dialect === 'kubernetes-uint64' ? exactNumber(text, 2n ** 64n - 1n) : parseNumber(text)
    case 'timestamp':
      return dialect === 'kyaml' ? rfc3339(text) : text
    default:
      return undefined
  }
}

/** Whether a text that is a number is an integer to Go's reader: digits in any base, no point and no exponent. */
export function isIntegerText(text: string): boolean {
  return /^[-+]?(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9]\d*|0)$/.test(text.replaceAll('_', ''))
}

/**
 * A number by Go's rules, undefined when the text is none. Integers beyond 2^53 become the nearest double, as everywhere
 * in JavaScript: exact when a double can hold them.
 */
function parseNumber(text: string): number | undefined {
  const plain = text.includes('_') && text[0] !== '.' ? text.replaceAll('_', '') : text
  if (/^[1-9][0-9]*$/.test(plain) || plain === '0') return Number(plain)
  const integer = /^([-+]?)(?:0([xX])([0-9a-fA-F]+)|0([bB])([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))$/.exec(plain)
  if (integer !== null) {
    const [, sign, , hex, , binary, octal, decimal] = integer
    const value =
      hex !== undefined
        ? Number(`0x${hex}`)
        : binary !== undefined
          ? Number(`0b${binary}`)
          : octal !== undefined
            ? Number(`0o${octal}`)
            : Number(decimal)
    return sign === '-' && value !== 0 ? -value : value
  }
  if (!float.test(plain)) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}

/** `parseNumber` for Go's int64. */
function exactNumber(text: string, most: bigint): number | bigint | undefined {
  const value = parseNumber(text)
  if (value === undefined || Number.isSafeInteger(value)) return value
  const plain = text.replaceAll('_', '')
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*)$/.exec(plain)
  if (match === null || plain.length > 400) return value
  const exact = BigInt(match[2]!.replace(/^0[oO]?(?=[0-7])/, '0o')) * (match[1] === '-' ? -1n : 1n)
  return exact >= leastInt64 && exact <= most ? exact : value
}

function isTimestamp(text: string): boolean {
  if (text.length < 8 || text.charCodeAt(4) !== 0x2d) return false
  const match = timestamp.exec(text)
  if (match === null) return false
  const month = Number(match[2])
  const day = Number(match[3])
  const hour = Number(match[5] ?? match[10] ?? 0)
  const minute = Number(match[6] ?? match[11] ?? 0)
  const second = Number(match[7] ?? match[12] ?? 0)
  return (
    month >= 1 && month <= 12 && day >= 1 && day <= daysIn(Number(match[1]), month) && hour < 24 && minute < 60 && second < 60
  )
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function rfc3339(text: string): string {
  const match = timestamp.exec(text)!
  const two = (part: string | undefined) => (part ?? '0').padStart(2, '0')
  const fraction = (match[8] ?? match[13] ?? '').replace(',', '.').replace(/0+$/, '')
  const zone = match[9] === undefined || match[9] === '+00:00' || match[9] === '-00:00' ? 'Z' : match[9]
  const date = `${match[1]}-${two(match[2])}-${two(match[3])}`
  const time = `${two(match[5] ?? match[10])}:${two(match[6] ?? match[11])}:${two(match[7] ?? match[12])}`
  return `${date}T${time}${fraction === '.' ? '' : fraction}${zone}`
}

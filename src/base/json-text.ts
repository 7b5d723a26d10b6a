/**
 * JSON text and data with integers as Go's int64: an integer that a double cannot tell from its neighbours is a bigint in the
 * data, every other number a number. Never both for one value, so that `===` compares them. Texts without such integers (that
 * is all but a few) take the way of JSON.parse and JSON.stringify.
 */

/** What becomes of integers beyond 64 bits: `double` rounds them, as Go does without a type to go by; `exact` keeps them. */
export type BeyondInt64 = 'double' | 'exact'

export const leastInt64 = -(2n ** 63n)
export const mostInt64 = 2n ** 63n - 1n

/** The data of a JSON text. Throws what JSON.parse throws. */
export function parseJson(text: string, beyond: BeyondInt64 = 'double'): unknown {
  const value: unknown = JSON.parse(text)
  return mayHoldLongInteger(text) ? parseLong(text, value, beyond) : value
}

/** The JSON text of data, which may hold bigints. */
export function printJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent)
  } catch (error) {
    // A bigint, or something that is no JSON at all.
    if (!(error instanceof TypeError)) throw error
    const plain = JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? 0 : member), indent)
    const mark = absentMark(plain)
    const marked = (_key: string, member: unknown) => (typeof member === 'bigint' ? `${mark}${member}` : member)
    return JSON.stringify(value, marked, indent).replaceAll(new RegExp(`"${mark}(-?[0-9]+)"`, 'g'), '$1')
  }
}

/** An integer as data holds it: a number while it is safe. */
export function integerOf(value: bigint): number | bigint {
  const double = Number(value)
  return Number.isSafeInteger(double) ? double : value
}

/** A number of JSON data: bigints are integers beyond 2^53. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** One more, as Go adds to an int64. Fields that are declared as numbers may hold bigints: whoever calculates with them sees to it. */
export function nextInteger(value: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value + 1)) return value + 1
  return integerOf(BigInt.asIntN(64, BigInt(value) + 1n)) as number
}

export function isInt64(value: bigint): boolean {
  return value >= leastInt64 && value <= mostInt64
}

/** Fewer digits are always a safe integer. */
const fewestDigits = 16

/** False when no integer of the text has 16 digits or more. Looks at one character of sixteen: such a run covers one of them. */
function mayHoldLongInteger(text: string): boolean {
  for (let at = fewestDigits - 1; at < text.length; at += fewestDigits) {
    if (!isDigit(text.charCodeAt(at))) continue
    let start = at
    while (start > 0 && isDigit(text.charCodeAt(start - 1))) start--
    let end = at + 1
    while (isDigit(text.charCodeAt(end))) end++
    if (end - start >= fewestDigits) {
      if (text[start - 1] === '-') start--
      // Inside of strings others stand around it, mostly.
      if (isBoundary(text[start - 1]) && isBoundary(text[end])) return true
      at = end
    }
  }
  return false
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function isBoundary(character: string | undefined): boolean {
  return character === undefined || ':,[]} \n\r\t'.includes(character)
}

/** `rounded`: the same data by JSON.parse, which has found the text to be JSON. */
function parseLong(text: string, rounded: unknown, beyond: BeyondInt64): unknown {
  const mark = absentMark(JSON.stringify(rounded))
  const marked = markLongIntegers(text, mark, beyond)
  return marked === text ? rounded : unmark(JSON.parse(marked), mark)
}

/** A text that stands nowhere in another. */
function absentMark(text: string): string {
  const taken = new Set<number>()
  // In one pass: the text may be made of nothing but marks.
  for (const [, digits] of text.matchAll(/int64-([0-9]{1,15}):/g)) taken.add(Number(digits))
  let count = 0
  while (taken.has(count)) count++
  return `int64-${count}:`
}

/** The text with its long integers as marked strings. */
function markLongIntegers(text: string, mark: string, beyond: BeyondInt64): string {
  let marked = ''
  let copied = 0
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = endOfString(text, at)
    else if (code === 0x2d || isDigit(code)) {
      const start = at++
      while (isPartOfNumber(text.charCodeAt(at))) at++
      if (at - start < fewestDigits) continue
      const token = text.slice(start, at)
      if (!isLong(token, beyond)) continue
      marked += `${text.slice(copied, start)}"${mark}${token}"`
      copied = at
    } else at++
  }
  return marked + text.slice(copied)
}

function isPartOfNumber(code: number): boolean {
  // Digits, the point, the sign and the letter of the exponent.
  return isDigit(code) || code === 0x2e || code === 0x2b || code === 0x2d || code === 0x65 || code === 0x45
}

function isLong(token: string, beyond: BeyondInt64): boolean {
  if (!/^-?[0-9]+$/.test(token) || Number.isSafeInteger(Number(token))) return false
  // Digits without end are no number that anybody meant, and slow to read.
  if (token.length > 400) return false
  return beyond === 'exact' || isInt64(BigInt(token))
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return text.length
    let slashes = 0
    while (text[quote - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return quote + 1
    at = quote + 1
  }
}

/** Puts integers where marked strings are, in place. */
function unmark(value: unknown, mark: string): unknown {
  const held = { value }
  const open: object[] = [held]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const members = next as Record<string, unknown>
    for (const key of Object.keys(members)) {
      const member = members[key]
      if (typeof member === 'object' && member !== null) open.push(member)
      else if (typeof member === 'string' && member.startsWith(mark)) members[key] = BigInt(member.slice(mark.length))
    }
  }
  return held.value
}

import { CodedError } from '../../base/errors.js'

/**
 * A number of Kubernetes (resource.Quantity), exact: `unscaled * 10^exponent`. `format` says how it likes to be written.
 * `text` is kept when the writer's own text is what Kubernetes hands back.
 */
export interface Quantity {
  readonly unscaled: bigint
  readonly exponent: number
  readonly format: QuantityFormat
  readonly text?: string
}

export type QuantityFormat = 'decimal-si' | 'binary-si' | 'decimal-exponent'

const decimalSuffixes = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
])
const binarySuffixes = new Map([
  ['Ki', 10],
  ['Mi', 20],
  ['Gi', 30],
  ['Ti', 40],
  ['Pi', 50],
  ['Ei', 60],
])
const decimalNames = new Map([...decimalSuffixes].map(([suffix, exponent]) => [exponent, suffix]))
const binaryNames = new Map([...binarySuffixes].map(([suffix, exponent]) => [exponent, suffix]))

const nano = -9
const most = 2n ** 63n - 1n
/** Powers of ten beyond this make numbers of no use and of great size. */
const mostExponent = 400

function wrong(text: string, message: string): CodedError {
  return new CodedError({
    code: 'invalid-quantity',
    message,
    fix: `Write a quantity such as "500m", "2" or "128Mi" instead of ${JSON.stringify(text.slice(0, 40))}.`,
  })
}

/**
 * Reads a quantity as Kubernetes does, JSON numbers included. Throws a CodedError `invalid-quantity` whose message is
 * upstream's.
 */
export function parseQuantity(from: string | number): Quantity {
  const text = String(from)
  if (text === '0') return { unscaled: 0n, exponent: 0, format: 'decimal-si', text }
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text)
  if (text === '' || match === null) {
    throw wrong(text, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  }
  const negative = match[1] === '-'
  const whole = (match[2] ?? '').replace(/^0+/, '')
  const digits = whole === '' ? '0' : whole
  const fraction = match[3] ?? ''
  const { base, exponent, format } = readSuffix(text, match[4] ?? '')
  const shifted = digits + fraction
  if (shifted.length > mostExponent) throw wrong(text, 'unable to parse numeric part of quantity')
  const value = BigInt(shifted)
  const sign = negative ? -1n : 1n

  // Upstream's short way for numbers of at most 18 digits; it alone remembers the text.
  if (base === 10) {
    const scale = exponent - fraction.length
    if (18 - shifted.length >= 0 && scale >= nano) {
      const asWritten = scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0')
      return { unscaled: sign * value, exponent: scale, format, ...(asWritten ? { text } : {}) }
    }
  } else if (fraction === '' && 14 - digits.length - Math.trunc((exponent * 3) / 10) >= 0) {
    const result = value << BigInt(exponent)
    if (result <= most) {
      const asWritten = (value & 7n) !== 0n
      return { unscaled: sign * result, exponent: 0, format, ...(asWritten ? { text } : {}) }
    }
  }
  return exactQuantity(
    base === 10
      ? { unscaled: value, exponent: exponent - fraction.length, format }
      : { unscaled: value << BigInt(exponent), exponent: -fraction.length, format },
    sign,
  )
}

function readSuffix(text: string, suffix: string): { base: 2 | 10; exponent: number; format: QuantityFormat } {
  const decimal = decimalSuffixes.get(suffix)
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'decimal-si' }
  const binary = binarySuffixes.get(suffix)
  if (binary !== undefined) return { base: 2, exponent: binary, format: 'binary-si' }
  const written = /^[eE]([+-]?[0-9]+)$/.exec(suffix)?.[1]
  if (written === undefined || Math.abs(Number(written)) > mostExponent) {
    throw wrong(text, "unable to parse quantity's suffix")
  }
  return { base: 10, exponent: Number(written), format: 'decimal-exponent' }
}

/** Rounds up to nano, caps what is binary, and leaves the binary form where the value is below one. */
function exactQuantity(magnitude: Quantity, sign: bigint): Quantity {
  let { unscaled, exponent, format } = magnitude
  if (exponent < nano) {
    unscaled = divideUp(unscaled, 10n ** BigInt(nano - exponent))
    exponent = nano
  }
  if (format === 'binary-si') {
    if (compareScaled(unscaled, exponent, most, 0) > 0) {
      unscaled = most
      exponent = 0
    } else if (unscaled > 0n && compareScaled(unscaled, exponent, 1n, 0) < 0) format = 'decimal-si'
  }
  return { unscaled: sign * unscaled, exponent, format }
}

/** Away from zero. `divisor` is positive. */
function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  if (value % divisor === 0n) return quotient
  return value > 0n ? quotient + 1n : quotient - 1n
}

function compareScaled(a: bigint, aExponent: number, b: bigint, bExponent: number): number {
  const low = Math.min(aExponent, bExponent)
  const left = a * 10n ** BigInt(aExponent - low)
  const right = b * 10n ** BigInt(bExponent - low)
  return left < right ? -1 : left > right ? 1 : 0
}

/** The text that Kubernetes writes: `1000m` gives `1`, `0.1` gives `100m`, `1024Mi` gives `1Gi`. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text
  if (quantity.unscaled === 0n) return '0'
  if (quantity.format === 'binary-si' && isWhole(quantity) && !isSmall(quantity)) {
    let amount = quantity.exponent > 0 ? quantity.unscaled * 10n ** BigInt(quantity.exponent) : roundUp(quantity, 0)
    let power = 0
    while (amount % 1024n === 0n) {
      amount /= 1024n
      power += 10
    }
    return `${amount}${binaryNames.get(power) ?? ''}`
  }
  let { unscaled, exponent } = quantity
  while (unscaled % 10n === 0n) {
    unscaled /= 10n
    exponent++
  }
  while (exponent % 3 !== 0) {
    unscaled *= 10n
    exponent--
  }
  if (quantity.format === 'decimal-exponent') return exponent === 0 ? `${unscaled}` : `${unscaled}e${exponent}`
  return `${unscaled}${decimalNames.get(exponent) ?? ''}`
}

function isWhole({ unscaled, exponent }: Quantity): boolean {
  return exponent >= 0 || unscaled % 10n ** BigInt(-exponent) === 0n
}

function isSmall({ unscaled, exponent }: Quantity): boolean {
  return compareScaled(unscaled < 0n ? -unscaled : unscaled, exponent, 1024n, 0) < 0
}

function roundUp({ unscaled, exponent }: Quantity, to: number): bigint {
  if (exponent >= to) return unscaled * 10n ** BigInt(exponent - to)
  return divideUp(unscaled, 10n ** BigInt(to - exponent))
}

/** Less than, equal to or greater than zero, as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return compareScaled(a.unscaled, a.exponent, b.unscaled, b.exponent)
}

/** The sum, in the format of `a` (of `b` when `a` is zero). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const low = Math.min(a.exponent, b.exponent)
  return {
    unscaled: a.unscaled * 10n ** BigInt(a.exponent - low) + b.unscaled * 10n ** BigInt(b.exponent - low),
    exponent: low,
    format: a.unscaled === 0n ? b.format : a.format,
  }
}

export function negateQuantity(quantity: Quantity): Quantity {
  return { unscaled: -quantity.unscaled, exponent: quantity.exponent, format: quantity.format }
}

/** Rounded up (away from zero) to a whole number. */
export function quantityValue(quantity: Quantity): number {
  return Number(roundUp(quantity, 0))
}

/** Rounded up (away from zero) to a whole number of thousandths: cores of CPU to millicores. */
export function quantityMilliValue(quantity: Quantity): number {
  return Number(roundUp(quantity, -3))
}

/** Rounded up to whole thousandths, as the API server does with requests and limits. */
export function roundUpToMilli(quantity: Quantity): Quantity {
  if (quantity.exponent >= -3) return quantity
  return { unscaled: roundUp(quantity, -3), exponent: -3, format: quantity.format }
}

/**
 * Floating-point numbers as Go's strconv prints them. `precision` -1 asks for the fewest digits that read back as the
 * same number; otherwise digits are rounded half to even on the exact binary value.
 */
export function formatFloat(value: number, verb: 'e' | 'E' | 'f' | 'g' | 'G', precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  // As most numbers of values files are.
  if (verb === 'g' && precision < 0 && value > -1e6 && value < 1e6 && Number.isInteger(value) && value !== 0) return String(value)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  const upper = verb === 'E' || verb === 'G'
  const shortest = precision < 0
  let decimal = shortest ? shortestDigits(magnitude) : exactDigits(magnitude)
  if (verb === 'f') {
    if (!shortest) decimal = roundDigits(decimal, decimal.point + precision)
    return sign + fixed(decimal, shortest ? Math.max(decimal.digits.length - decimal.point, 0) : precision)
  }
  if (verb === 'e' || verb === 'E') {
    if (!shortest) decimal = roundDigits(decimal, precision + 1)
    return sign + exponential(decimal, shortest ? decimal.digits.length - 1 : precision, upper)
  }
  let limit = precision === 0 ? 1 : precision
  if (!shortest) decimal = trimZeros(roundDigits(decimal, limit))
  if (shortest) limit = 6
  else if (limit > decimal.digits.length && decimal.digits.length >= decimal.point) limit = decimal.digits.length
  const exponent = decimal.digits === '' ? -1 : decimal.point - 1
  if (exponent < -4 || exponent >= limit) {
    return sign + exponential(decimal, Math.max(decimal.digits.length - 1, 0), upper)
  }
  return sign + fixed(decimal, Math.max(decimal.digits.length - decimal.point, 0))
}

/** 0.DIGITS times ten to the power of `point`; zero has no digits. */
interface Decimal {
  readonly digits: string
  readonly point: number
}

function shortestDigits(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

function exactDigits(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  // The double is an integer times a power of two; powers of two below one are powers of five over powers of ten.
  let mantissa = value
  let exponent = 0
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2
    exponent--
  }
  const digits = (BigInt(mantissa) * 5n ** BigInt(-exponent)).toString()
  return trimZeros({ digits, point: digits.length + exponent })
}

function trimZeros(decimal: Decimal): Decimal {
  const digits = decimal.digits.replace(/0+$/, '')
  return digits === '' ? { digits, point: 0 } : { digits, point: decimal.point }
}

function roundDigits(decimal: Decimal, count: number): Decimal {
  const { digits, point } = decimal
  if (count >= digits.length) return decimal
  if (count < 0) return { digits: '', point: 0 }
  const kept = digits.slice(0, count)
  const rest = digits.slice(count)
  const up = rest[0]! > '5' || (rest[0] === '5' && (rest.length > 1 || (count > 0 && Number(digits[count - 1]) % 2 === 1)))
  if (!up) return trimZeros({ digits: kept, point })
  const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString()
  return trimZeros({ digits: raised, point: point + raised.length - Math.max(kept.length, kept === '' ? 0 : 1) })
}

function fixed(decimal: Decimal, fraction: number): string {
  const { digits, point } = decimal
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  if (fraction <= 0) return whole
  const after = point >= 0 ? digits.slice(Math.max(point, 0)) : '0'.repeat(-point) + digits
  return `${whole}.${after.padEnd(fraction, '0').slice(0, fraction)}`
}

function exponential(decimal: Decimal, fraction: number, upper: boolean): string {
  const digits = decimal.digits === '' ? '0' : decimal.digits
  const exponent = decimal.digits === '' ? 0 : decimal.point - 1
  const tail = fraction > 0 ? `.${digits.slice(1).padEnd(fraction, '0')}` : ''
  const power = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits[0]}${tail}${upper ? 'E' : 'e'}${exponent < 0 ? '-' : '+'}${power}`
}

interface Decimal {
  readonly coefficient: bigint
  /** Power of ten. */
  readonly exponent: number
}

const divisionDigits = 16

/**
 * Decimal arithmetic on the shortest decimal forms of the numbers, so that 0.1 + 0.2 is 0.3. Division keeps 16 digits
 * after the point.
 */
export function calculate(operator: '+' | '-' | '*' | '/', first: number, others: readonly number[]): number {
  let result = fromNumber(first)
  for (const other of others) result = apply(operator, result, fromNumber(other))
  return Number(`${result.coefficient}e${result.exponent}`)
}

function fromNumber(value: number): Decimal {
  if (!Number.isFinite(value))
    throw new Error(`Cannot create a Decimal from ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  const fraction = mantissa.split('.')[1] ?? ''
  return { coefficient: BigInt(mantissa.replace('.', '')), exponent: Number(exponent) - fraction.length }
}

function apply(operator: '+' | '-' | '*' | '/', a: Decimal, b: Decimal): Decimal {
  if (operator === '*') return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent }
  if (operator === '/') return divide(a, b)
  const exponent = Math.min(a.exponent, b.exponent)
  const left = a.coefficient * 10n ** BigInt(a.exponent - exponent)
  const right = b.coefficient * 10n ** BigInt(b.exponent - exponent)
  return { coefficient: operator === '+' ? left + right : left - right, exponent }
}

function divide(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) throw new Error('decimal division by 0')
  const shift = a.exponent - b.exponent + divisionDigits
  const numerator = shift >= 0 ? a.coefficient * 10n ** BigInt(shift) : a.coefficient
  const denominator = shift >= 0 ? b.coefficient : b.coefficient * 10n ** BigInt(-shift)
  const quotient = numerator / denominator
  const remainder = numerator % denominator
  const twice = 2n * (remainder < 0n ? -remainder : remainder)
  const away = twice >= (denominator < 0n ? -denominator : denominator)
  const sign = numerator < 0n === denominator < 0n ? 1n : -1n
  return { coefficient: away ? quotient + sign : quotient, exponent: -divisionDigits }
}

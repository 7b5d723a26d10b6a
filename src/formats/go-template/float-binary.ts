interface Parts {
  /** The value is mantissa times two to the power of `exponent`. */
  readonly mantissa: bigint
  readonly exponent: number
}

function partsOf(value: number): Parts {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const all = bits.getBigUint64(0) & 0x7fffffffffffffffn
  const exponent = Number(all >> 52n)
  const mantissa = all & 0xfffffffffffffn
  return exponent === 0 ? { mantissa, exponent: -1074 } : { mantissa: mantissa | (1n << 52n), exponent: exponent - 1075 }
}

/** A positive float as Go's `%b`: `4503599627370496p-52`. */
export function binaryExponentForm(value: number): string {
  const { mantissa, exponent } = partsOf(value)
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`
}

/** A positive float as Go's `%x`: `0x1.8p+01`; rounded half to even where a precision is given. */
export function hexForm(value: number, precision: number | undefined): string {
  let { mantissa, exponent } = partsOf(value)
  if (mantissa === 0n) return `0x0${precision ? `.${'0'.repeat(precision)}` : ''}p+00`
  // One digit before the point, 60 bits behind it.
  while (mantissa < 1n << 60n) {
    mantissa <<= 1n
    exponent--
  }
  if (precision !== undefined && precision < 15) {
    const shift = BigInt(60 - 4 * precision)
    const rest = mantissa & ((1n << shift) - 1n)
    mantissa >>= shift
    const half = 1n << (shift - 1n)
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++
    mantissa <<= shift
    if (mantissa >= 1n << 61n) {
      mantissa >>= 1n
      exponent++
    }
  }
  const digits = mantissa.toString(16).padStart(16, '0')
  const fraction =
    precision === undefined ? digits.slice(1).replace(/0+$/, '') : digits.slice(1).padEnd(precision, '0').slice(0, precision)
  const power = exponent + 60
  return `0x${digits[0]}${fraction === '' ? '' : `.${fraction}`}p${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/**
 * A JSON number as Go's YAML encoder prints it after a trip through JSON: whole numbers in full, others as `%g`. With
 * `isFloat` as it prints a float64 that made no such trip: all as `%g`.
 */
export function formatGoNumber(value: number, isFloat = false): string {
  if (Object.is(value, -0) && isFloat) return '-0'
  if (Number.isInteger(value) && !(isFloat && Math.abs(value) >= 1e6)) {
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value === 0 ? '0' : String(value)
    if (value >= -(2 ** 63) && value < 2 ** 64) return BigInt(value).toString()
  }
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf'
  const shortest = value.toExponential()
  const at = shortest.indexOf('e')
  const exponent = Number(shortest.slice(at + 1))
  // strconv's shortest %g switches to an exponent below 1e-4 and from 1e21 on, but for the YAML encoder (precision
  // open) already from 1e6 on. JavaScript itself prints plain decimals in between.
  if (exponent >= -4 && exponent < 6) return String(value)
  const digits = Math.abs(exponent)
  return `${shortest.slice(0, at)}e${exponent < 0 ? '-' : '+'}${digits < 10 ? `0${digits}` : digits}`
}

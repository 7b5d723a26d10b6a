/** The number of a dotted IPv4 address; undefined when the text is none. */
export function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  let number = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined
    number = number * 256 + Number(part)
  }
  return number
}

export function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

/** A CIDR such as `10.96.0.0/16` as its first address and its size. Ranges come from constants and plans: a bad one is a bug. */
export function parseRange(range: string): { first: number; size: number } {
  const [address = '', bits = ''] = range.split('/')
  const first = parseAddress(address)
  if (first === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw new RangeError(`${range} is no IPv4 range`)
  return { first, size: 2 ** (32 - Number(bits)) }
}

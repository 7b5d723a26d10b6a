/** A block of IP addresses of either family. */
export interface IpBlock {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
  readonly prefix: number
}

/** Undefined for anything that is no CIDR block; a host address with a prefix counts as its block. */
export function parseBlock(text: string): IpBlock | undefined {
  const slash = text.indexOf('/')
  if (slash === -1 || !/^\d{1,3}$/.test(text.slice(slash + 1))) return undefined
  const prefix = Number(text.slice(slash + 1))
  const address = text.slice(0, slash)
  const family = address.includes(':') ? 6 : 4
  const number = family === 4 ? parseIpv4(address) : parseIpv6(address)
  const width = family === 4 ? 32 : 128
  if (number === undefined || prefix > width) return undefined
  const size = 1n << BigInt(width - prefix)
  const first = (number / size) * size
  return { family, first, last: first + size - 1n, prefix }
}

export function blocksOverlap(a: IpBlock, b: IpBlock): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last
}

/** True when every address of `inner` is in `outer`. */
export function blockContains(outer: IpBlock, inner: IpBlock): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last
}

export function parseAddress(text: string): bigint | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)) return undefined
  return parts.reduce((number, part) => number * 256n + BigInt(part), 0n)
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = (half: string | undefined): string[] => (half === undefined || half === '' ? [] : half.split(':'))
  const [left, right] = [groups(halves[0]), groups(halves[1])]
  const tail = (right.length > 0 ? right : left).at(-1)
  if (tail?.includes('.') === true) {
    const four = parseIpv4(tail)
    if (four === undefined) return undefined
    const within = right.length > 0 ? right : left
    within.splice(-1, 1, (four >> 16n).toString(16), (four & 0xffffn).toString(16))
  }
  const missing = 8 - left.length - right.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (all.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return all.reduce((number, group) => number * 65536n + BigInt(`0x${group}`), 0n)
}

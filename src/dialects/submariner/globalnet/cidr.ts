/** A block of IPv4 addresses, as numbers. */
export interface Cidr {
  /** The first address of the block. */
  readonly first: number
  readonly last: number
  readonly prefix: number
  /** The address that was written before the slash, which need not be the first. */
  readonly written: number
}

export function parseAddress(text: string): number | undefined {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text)
  if (match === null) return undefined
  let address = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return undefined
    address = address * 256 + Number(part)
  }
  return address
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

/** Undefined for anything that is no IPv4 block. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([\d.]+)\/(0|[1-9]\d?)$/.exec(text)
  const written = match === null ? undefined : parseAddress(match[1]!)
  const prefix = Number(match?.[2])
  if (written === undefined || prefix > 32) return undefined
  return blockAt(written, prefix)
}

/** The block of this size that holds an address. */
export function blockAt(address: number, prefix: number): Cidr {
  const size = 2 ** (32 - prefix)
  const first = Math.floor(address / size) * size
  return { first, last: first + size - 1, prefix, written: address }
}

export function formatCidr({ first, prefix }: Cidr): string {
  return `${formatAddress(first)}/${prefix}`
}

export function contains(cidr: Cidr, address: number): boolean {
  return address >= cidr.first && address <= cidr.last
}

export function overlap(a: Cidr, b: Cidr): boolean {
  return contains(a, b.first) || contains(b, a.first)
}

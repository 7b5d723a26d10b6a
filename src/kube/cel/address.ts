import { quoteString } from '../../formats/go-template/print.js'

/** Bytes of an IP address: 4 or 16. */
export interface Address {
  readonly bytes: readonly number[]
  readonly zone: string
}

/** What is wrong with an address, in the words of Go's netip. */
export class AddressProblem extends Error {}

function problem(text: string, message: string, at = ''): AddressProblem {
  return new AddressProblem(`ParseAddr(${quoteString(text)}): ${message}${at === '' ? '' : ` (at ${quoteString(at)})`}`)
}

export function parseAddress(text: string): Address {
  for (const c of text) {
    if (c === '.') return { bytes: parseV4(text, text), zone: '' }
    if (c === ':') return parseV6(text)
    if (c === '%') throw problem(text, 'missing IPv6 address')
  }
  throw problem(text, 'unable to parse IP')
}

function parseV4(whole: string, text: string): number[] {
  const fields: number[] = []
  let value = 0
  let digits = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (c >= '0' && c <= '9') {
      if (digits === 1 && value === 0) throw problem(whole, 'IPv4 field has octet with leading zero')
      value = value * 10 + Number(c)
      digits++
      if (value > 255) throw problem(whole, 'IPv4 field has value >255')
    } else if (c === '.') {
      if (i === 0 || i === text.length - 1 || text[i - 1] === '.') {
        throw problem(whole, 'IPv4 field must have at least one digit', text.slice(i))
      }
      if (fields.length === 3) throw problem(whole, 'IPv4 address too long')
      fields.push(value)
      value = 0
      digits = 0
    } else throw problem(whole, 'unexpected character', text.slice(i))
  }
  if (fields.length < 3) throw problem(whole, 'IPv4 address too short')
  return [...fields, value]
}

function parseV6(whole: string): Address {
  const percent = whole.indexOf('%')
  const zone = percent < 0 ? '' : whole.slice(percent + 1)
  if (percent >= 0 && zone === '') throw problem(whole, 'zone must be a non-empty string')
  let rest = percent < 0 ? whole : whole.slice(0, percent)
  let bytes: number[] = []
  let ellipsis = -1
  if (rest.startsWith('::')) {
    ellipsis = 0
    rest = rest.slice(2)
    if (rest === '') return { bytes: new Array<number>(16).fill(0), zone }
  }
  while (bytes.length < 16) {
    const hex = /^[0-9a-fA-F]*/.exec(rest)![0]
    if (hex.length > 4) throw problem(whole, 'each group must have 4 or less digits', rest)
    if (hex === '') throw problem(whole, 'each colon-separated field must have at least one digit', rest)
    if (rest[hex.length] === '.') {
      if (ellipsis < 0 && bytes.length !== 12) {
        throw problem(whole, 'embedded IPv4 address must replace the final 2 fields of the address', rest)
      }
      if (bytes.length + 4 > 16) {
        throw problem(whole, 'too many hex fields to fit an embedded IPv4 at the end of the address', rest)
      }
      bytes.push(...parseV4(whole, rest))
      rest = ''
      break
    }
    const value = Number.parseInt(hex, 16)
    bytes.push(value >> 8, value & 0xff)
    rest = rest.slice(hex.length)
    if (rest === '') break
    if (rest[0] !== ':') throw problem(whole, 'unexpected character, want colon', rest)
    if (rest.length === 1) throw problem(whole, 'colon must be followed by more characters', rest)
    rest = rest.slice(1)
    if (rest[0] === ':') {
      if (ellipsis >= 0) throw problem(whole, 'multiple :: in address', rest)
      ellipsis = bytes.length
      rest = rest.slice(1)
      if (rest === '') break
    }
  }
  if (rest !== '') throw problem(whole, 'trailing garbage after address', rest)
  if (bytes.length < 16) {
    if (ellipsis < 0) throw problem(whole, 'address string too short')
    const zeros = new Array<number>(16 - bytes.length).fill(0)
    bytes = [...bytes.slice(0, ellipsis), ...zeros, ...bytes.slice(ellipsis)]
  } else if (ellipsis >= 0) throw problem(whole, 'the :: must expand to at least one field of zeros')
  return { bytes, zone }
}

export function isMappedV4({ bytes }: Address): boolean {
  return bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
}

/** RFC 5952: the longest run of zero groups becomes `::`. */
export function formatAddress({ bytes }: Address): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let best = { start: -1, length: 1 }
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (groups[i + length] === 0) length++
    if (length > best.length) best = { start: i, length }
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  if (best.start < 0) return hex(groups)
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`
}

export interface Prefix {
  readonly address: Address
  readonly bits: number
}

export function parsePrefix(text: string): Prefix {
  const wrong = (message: string): AddressProblem => new AddressProblem(`netip.ParsePrefix(${quoteString(text)}): ${message}`)
  const slash = text.lastIndexOf('/')
  if (slash < 0) throw wrong("no '/'")
  let address: Address
  try {
    address = parseAddress(text.slice(0, slash))
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error))
  }
  if (address.zone !== '') throw wrong('IPv6 zones cannot be present in a prefix')
  const written = text.slice(slash + 1)
  if (!/^[+-]?\d+$/.test(written) || (written.length > 1 && !/^[1-9]/.test(written))) {
    throw wrong(`bad bits after slash: ${quoteString(written)}`)
  }
  const bits = Number(written)
  if (bits > address.bytes.length * 8) throw wrong('prefix length out of range')
  return { address, bits }
}

/** The prefix with nothing behind its bits. */
export function maskPrefix({ address, bits }: Prefix): Prefix {
  const bytes = address.bytes.map((byte, i) => {
    const kept = Math.min(Math.max(bits - 8 * i, 0), 8)
    return byte & (0xff << (8 - kept)) & 0xff
  })
  return { address: { bytes, zone: '' }, bits }
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (prefix.address.bytes.length !== address.bytes.length) return false
  const theirs = maskPrefix({ address, bits: prefix.bits }).address.bytes
  return maskPrefix(prefix).address.bytes.every((byte, i) => byte === theirs[i])
}

/** The little of DER (X.690) that certificates need. */

export function wrap(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const length: number[] = []
  if (size < 128) length.push(size)
  else {
    for (let rest = size; rest > 0; rest >>>= 8) length.unshift(rest & 0xff)
    length.unshift(0x80 | length.length)
  }
  return new Uint8Array(Buffer.concat([Uint8Array.of(tag, ...length), ...parts]))
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => wrap(0x30, ...parts)
export const octets = (bytes: Uint8Array): Uint8Array => wrap(0x04, bytes)
export const bitString = (bytes: Uint8Array): Uint8Array => wrap(0x03, Uint8Array.of(0), bytes)
export const utf8 = (text: string): Uint8Array => wrap(0x0c, Buffer.from(text, 'utf8'))
export const tagged = (tag: number, bytes: Uint8Array): Uint8Array => wrap(tag, bytes)
export const explicit = (number: number, value: Uint8Array): Uint8Array => wrap(0xa0 | number, value)

/** A number that is not negative, big-endian. */
export function integer(bytes: Uint8Array): Uint8Array {
  return (bytes[0]! & 0x80) === 0 ? wrap(0x02, bytes) : wrap(0x02, Uint8Array.of(0), bytes)
}

export function objectId(text: string): Uint8Array {
  const [first, second, ...rest] = text.split('.').map(Number)
  const bytes = [first! * 40 + second!]
  for (const arc of rest) {
    const digits = [arc & 0x7f]
    for (let high = arc >>> 7; high > 0; high >>>= 7) digits.unshift((high & 0x7f) | 0x80)
    bytes.push(...digits)
  }
  return wrap(0x06, Uint8Array.from(bytes))
}

/** RFC 5280, 4.1.2.5: UTCTime up to 2049, GeneralizedTime after. */
export function timeOf(epochMs: number): Uint8Array {
  const digits = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, '')
  const isShort = digits < '2050'
  return wrap(isShort ? 0x17 : 0x18, Buffer.from(isShort ? digits.slice(2) : digits, 'latin1'))
}

export function ipBytes(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.').map(Number))
  const [head = '', tail] = address
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a, b, c, d) => `${hex(a, b)}:${hex(c, d)}`)
    .replace(/%.*$/, '')
    .split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return Uint8Array.from(
    [...left, ...middle, ...right].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  )
}

function hex(high: string, low: string): string {
  return ((Number(high) << 8) | Number(low)).toString(16)
}

export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
  /** With tag and length. */
  readonly whole: Uint8Array
}

/** The values that stand one after another in a text. Throws for a length that leads out of it. */
export function readAll(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const start = at
    const tag = bytes[at++]!
    let size = bytes[at++]!
    if (size >= 0x80) {
      const count = size & 0x7f
      size = 0
      for (let index = 0; index < count; index++) size = size * 256 + (bytes[at++] ?? 0)
    }
    if (at + size > bytes.length) {
      if (values.length > 0) return values
      throw new Error('x509: malformed certificate')
    }
    values.push({ tag, content: bytes.subarray(at, at + size), whole: bytes.subarray(start, at + size) })
    at += size
  }
  return values
}

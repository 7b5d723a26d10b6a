import { BugError } from '../../base/errors.js'

/**
 * DER of the few types that certificates are made of (ITU-T X.690): a value is its bytes, head included. A start in an empty
 * directory makes three certificates, and a codec that builds a tree of every value took a fifth of its time.
 */

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** `[number]`, with a primitive value in it or other values. */
export const contextTag = (number: number, constructed = false): number => (constructed ? 0xa0 : 0x80) | number

/** One value: its tag, the length of what follows, and that. */
export function derValue(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | byteCount(length), ...bytesOf(length)]
  return Buffer.concat([Uint8Array.from(head), ...parts])
}

export const derSequence = (...parts: readonly Uint8Array[]): Uint8Array => derValue(tags.sequence, ...parts)

export const derText = (tag: number, text: string): Uint8Array => derValue(tag, Buffer.from(text, 'utf8'))

export const derTrue = (): Uint8Array => derValue(tags.boolean, Uint8Array.of(0xff))

/** A number that is not negative, most significant byte first. */
export function derInteger(magnitude: Uint8Array): Uint8Array {
  const start = magnitude.findIndex((byte) => byte !== 0)
  const shortest = start < 0 ? Uint8Array.of(0) : magnitude.subarray(start)
  return derValue(tags.integer, ...((shortest[0] as number) & 0x80 ? [Uint8Array.of(0)] : []), shortest)
}

/** The last `unused` bits of the last byte do not count; they are zero. */
export const derBitString = (bytes: Uint8Array, unused = 0): Uint8Array => derValue(tags.bitString, Uint8Array.of(unused), bytes)

/** From its dotted form: the first two numbers share a byte group, each group has seven bits a byte (X.690, 8.19). */
export function derObjectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const group of [first * 40 + second, ...rest]) {
    const septets = [group % 0x80]
    for (let left = Math.floor(group / 0x80); left > 0; left = Math.floor(left / 0x80)) septets.unshift(0x80 | (left % 0x80))
    bytes.push(...septets)
  }
  return derValue(tags.objectIdentifier, Uint8Array.from(bytes))
}

/** RFC 5280, 4.1.2.5: UTCTime up to 2049, GeneralizedTime after. Whole seconds. */
export function derTime(epochMs: number): Uint8Array {
  const text = new globalThis.Date(Math.floor(epochMs / 1000) * 1000).toISOString().replace(/[-:T]|\.\d+/g, '')
  return text < '2050' ? derText(tags.utcTime, text.slice(2)) : derText(tags.generalizedTime, text)
}

/** The values in a constructed value, each with its head. */
export function derChildren(value: Uint8Array): Uint8Array[] {
  const children: Uint8Array[] = []
  const { start, end } = contentOf(value, 0)
  for (let at = start; at < end; ) {
    const child = contentOf(value.subarray(0, end), at)
    children.push(value.subarray(at, child.end))
    at = child.end
  }
  return children
}

/** What is behind the head of a value. */
export function derContent(value: Uint8Array): Uint8Array {
  const { start, end } = contentOf(value, 0)
  return value.subarray(start, end)
}

function contentOf(bytes: Uint8Array, at: number): { start: number; end: number } {
  const short = bytes[at + 1] ?? 0
  const count = short < 0x80 ? 0 : short & 0x7f
  const length = count === 0 ? short : bytes.subarray(at + 2, at + 2 + count).reduce((sum, byte) => sum * 0x100 + byte, 0)
  const start = at + 2 + count
  // No tag here is longer than a byte, and DER has no lengths that are told at the end.
  if (short === 0x80 || count > 4 || start + length > bytes.length) {
    throw new BugError({ code: 'der-unreadable', message: `cannot read DER: the value at byte ${at} does not end` })
  }
  return { start, end: start + length }
}

const byteCount = (length: number): number => bytesOf(length).length

function bytesOf(length: number): number[] {
  const bytes: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 0x100)) bytes.unshift(left % 0x100)
  return bytes
}

/** Chance as a port. Production passes the system's generator, tests and simulation a seeded one. */
export interface Random {
  /** Uniform in [0, 1). Not for secrets. */
  number(): number
  /** Bytes fit for secrets when the port is the system's. */
  bytes(count: number): Uint8Array
}

const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** `length` characters as Kubernetes appends to generated names: no vowels, no look-alikes. */
export function nameSuffix(random: Random, length = 5): string {
  let text = ''
  for (let index = 0; index < length; index++) text += suffixAlphabet[Math.floor(random.number() * suffixAlphabet.length)]
  return text
}

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  // In one go: a text put together of parts keeps them all in memory, and every object has one.
  const codes: number[] = []
  for (const [index, byte] of bytes.entries()) {
    if (index === 4 || index === 6 || index === 8 || index === 10) codes.push(0x2d)
    codes.push(hexDigits.charCodeAt(byte >> 4), hexDigits.charCodeAt(byte & 15))
  }
  return String.fromCharCode(...codes)
}

const hexDigits = '0123456789abcdef'

/** What the state of mulberry32 grows by with each number. */
const step = 0x6d2b79f5

/**
 * The same seed gives the same sequence (mulberry32), here without its first `skip` numbers; a byte is a number. For tests and
 * simulation only: not fit for secrets.
 */
export function createSeededRandom(seed: number, skip = 0): Random {
  let state = (seed + Math.imul(skip, step)) >>> 0
  const number = () => {
    state = (state + step) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { number, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(number() * 256)) }
}

const offset = 0x811c9dc5
const prime = 0x01000193

/** FNV-1 of 32 bits over the UTF-8 bytes of the text: multiplied first, then XORed. */
export function fnv1(text: string): number {
  let hash = offset
  for (const byte of utf8(text)) hash = (Math.imul(hash, prime) ^ byte) >>> 0
  return hash
}

/** FNV-1a of 32 bits over the UTF-8 bytes of the text: XORed first, then multiplied. */
export function fnv1a(text: string): number {
  let hash = offset
  for (const byte of utf8(text)) hash = Math.imul(hash ^ byte, prime) >>> 0
  return hash
}

function* utf8(text: string): Iterable<number> {
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (code < 0x80) yield code
    else if (code < 0x800) {
      yield 0xc0 | (code >> 6)
      yield 0x80 | (code & 0x3f)
    } else if (code < 0x10000) {
      yield 0xe0 | (code >> 12)
      yield 0x80 | ((code >> 6) & 0x3f)
      yield 0x80 | (code & 0x3f)
    } else {
      yield 0xf0 | (code >> 18)
      yield 0x80 | ((code >> 12) & 0x3f)
      yield 0x80 | ((code >> 6) & 0x3f)
      yield 0x80 | (code & 0x3f)
    }
  }
}

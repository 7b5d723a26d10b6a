/** The order of the texts' UTF-8 bytes, which is that of their code points: as Go and git compare. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    let left = a.charCodeAt(index)
    let right = b.charCodeAt(index)
    if (left === right) continue
    // Surrogates stand for code points above everything else, and are in the middle of UTF-16 units.
    if (left >= 0xd800 && right >= 0xd800) {
      left = left >= 0xe000 ? left - 0x800 : left + 0x2000
      right = right >= 0xe000 ? right - 0x800 : right + 0x2000
    }
    return left - right
  }
  return a.length - b.length
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** undefined when the text is no base64 (RFC 4648, padded). */
export function base64Bytes(text: string): Uint8Array | undefined {
  const clean = text.replace(/[\r\n]/g, '')
  if (clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return undefined
  const body = clean.replace(/=+$/, '')
  const out: number[] = []
  let bits = 0
  let count = 0
  for (const c of body) {
    bits = ((bits << 6) | alphabet.indexOf(c)) & 0xffffff
    count += 6
    if (count >= 8) {
      count -= 8
      out.push((bits >> count) & 0xff)
    }
  }
  return Uint8Array.from(out)
}

/** Standard base64 with padding. In pieces, since a call takes a limited number of arguments. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.length; start += 8192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8192))
  }
  return btoa(binary)
}

/**
 * Where Go's decoder (base64.StdEncoding) stops in the text, undefined when the text is valid. Line ends are allowed, the
 * padding is not optional.
 */
export function base64Problem(text: string): number | undefined {
  let quantum = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string
    if (character === '\n' || character === '\r') continue
    if (character === '=') return paddingProblem(text, index, quantum)
    if (!/[A-Za-z0-9+/]/.test(character)) return index
    quantum = (quantum + 1) % 4
  }
  return quantum === 0 ? undefined : text.length - (text.length % 4 === 0 ? 4 : text.length % 4)
}

function paddingProblem(text: string, index: number, quantum: number): number | undefined {
  if (quantum < 2) return index
  const rest = text.slice(index).replace(/[\r\n]/g, '')
  if (rest === '='.repeat(4 - quantum)) return undefined
  return quantum === 2 && rest === '=' ? text.length : index + (4 - quantum)
}

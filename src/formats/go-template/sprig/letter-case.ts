// Go maps each character by itself and to one character; JavaScript maps texts (`ß` to `SS`, a last sigma to `ς`).

const ascii = /^[\x00-\x7f]*$/

export function upperCase(text: string): string {
  return ascii.test(text) ? text.toUpperCase() : mapCharacters(text, upperCharacter)
}

export function lowerCase(text: string): string {
  return ascii.test(text) ? text.toLowerCase() : mapCharacters(text, lowerCharacter)
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let mapped = ''
  // Bytes that are no UTF-8 (values.ts) do not outlive this.
  for (const character of text) mapped += /^[\udc80-\udcff]$/.test(character) ? '\ufffd' : map(character)
  return mapped
}

export function upperCharacter(character: string): string {
  const upper = character.toUpperCase()
  if (isOne(upper)) return upper
  // Greek letters with an iota below have a capital of their own.
  const code = character.codePointAt(0)!
  if (code >= 0x1f80 && code < 0x1fb0 && code % 16 < 8) return String.fromCodePoint(code + 8)
  return code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3 ? String.fromCodePoint(code + 9) : character
}

export function lowerCharacter(character: string): string {
  return character === 'İ' ? 'i' : character.toLowerCase()
}

/** Capitals for the start of a word: `ǆ` has one that is neither its upper nor its lower case, Georgian letters have none. */
export function titleCharacter(character: string): string {
  const code = character.codePointAt(0)!
  if (code < 0x80) return character.toUpperCase()
  if (code >= 0x1c4 && code <= 0x1cc) return String.fromCodePoint(code - ((code - 0x1c4) % 3) + 1)
  if (code >= 0x1f1 && code <= 0x1f3) return '\u01f2'
  if ((code >= 0x10d0 && code <= 0x10fa) || (code >= 0x10fd && code <= 0x10ff)) return character
  return upperCharacter(character)
}

function isOne(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff)
}

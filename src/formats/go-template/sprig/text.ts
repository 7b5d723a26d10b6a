import { fromByteString, toByteString, wellFormed } from '../values.js'
import { lowerCharacter, titleCharacter } from './letter-case.js'

/** Text shortened to a width in bytes with `...` in place of what is left out, starting at an offset. */
export function abbreviate(text: string, offset: number, width: number): string {
  const bytes = toByteString(text)
  return fromByteString(abbreviateBytes(bytes, offset, width))
}

function abbreviateBytes(bytes: string, wantedOffset: number, width: number): string {
  if (bytes === '' || width < 4) return ''
  if (bytes.length <= width) return bytes
  let offset = Math.min(wantedOffset, bytes.length)
  if (bytes.length - offset < width - 3) offset = bytes.length - (width - 3)
  if (offset <= 4) return `${bytes.slice(0, width - 3)}...`
  if (width < 7) return ''
  if (offset + width - 3 < bytes.length) return `...${abbreviateBytes(bytes.slice(offset), 0, width - 3)}`
  return `...${bytes.slice(bytes.length - (width - 3))}`
}

/** Breaks a text at spaces so that lines hold at most `width` bytes. */
export function wrapText(text: string, wantedWidth: number, separator: string, breaksWords: boolean): string {
  const bytes = toByteString(text)
  const width = Math.max(wantedWidth, 1)
  const lineEnd = separator === '' ? '\n' : toByteString(separator)
  let output = ''
  let offset = 0
  while (bytes.length - offset > width) {
    if (bytes[offset] === ' ') {
      offset++
      continue
    }
    const space = bytes.slice(offset, offset + width + 1).lastIndexOf(' ')
    if (space >= 0) {
      output += bytes.slice(offset, offset + space) + lineEnd
      offset += space + 1
    } else if (breaksWords) {
      output += bytes.slice(offset, offset + width) + lineEnd
      offset += width
    } else {
      const next = bytes.indexOf(' ', offset + width)
      if (next < 0) {
        output += bytes.slice(offset)
        offset = bytes.length
      } else {
        output += bytes.slice(offset, next) + lineEnd
        offset = next + 1
      }
    }
  }
  return fromByteString(output + bytes.slice(offset))
}

/** The characters at the ends that Go's strings.TrimSpace takes away. */
export function trimSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** Go's unicode.IsSpace, which differs from `\s` in U+0085 and U+FEFF. */
export function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  if (code < 0x1680) return code === 0x85 || code === 0xa0
  return code === 0x1680 || (code >= 0x2000 && code <= 0x200a) || [0x2028, 0x2029, 0x202f, 0x205f, 0x3000].includes(code)
}

/** Takes all characters of the set away from both ends. */
export function trimSet(text: string, set: string): string {
  const characters = [...text]
  const wanted = new Set(set)
  let start = 0
  let end = characters.length
  while (start < end && wanted.has(characters[start]!)) start++
  while (end > start && wanted.has(characters[end - 1]!)) end--
  return characters.slice(start, end).join('')
}

/** Upper-cases the first letter of each word, where `_` belongs to words. */
export function titleCase(text: string): string {
  let previous = ' '
  let output = ''
  for (const character of text) {
    const separates = /^[\x00-\x7f]$/.test(previous) ? !/^[A-Za-z0-9_]$/.test(previous) : isSpace(previous.codePointAt(0)!)
    output += separates ? titleCharacter(character) : character
    previous = character
  }
  return output
}

/** Upper to lower case and the other way round; a lower-case letter that starts a word becomes a capital. */
export function swapCase(text: string): string {
  let output = ''
  for (const character of text) {
    if (/^[\udc80-\udcff]$/.test(character)) output += '\ufffd'
    else if (/^[\p{Lu}\p{Lt}]$/u.test(character)) output += lowerCharacter(character)
    else output += /^\p{Ll}$/u.test(character) ? titleCharacter(character) : character
  }
  return output
}

/** The first letter of each word in lower case. */
export function untitle(text: string): string {
  let previous = ' '
  let output = ''
  for (const character of wellFormed(text)) {
    output += isSpace(previous.codePointAt(0)!) ? lowerCharacter(character) : character
    previous = character
  }
  return output
}

/** The first byte of each word, each as a character of its own (as upstream: not fit for text beyond ASCII). */
export function initials(text: string): string {
  let output = ''
  let gap = true
  for (const byte of toByteString(text)) {
    const space = /[\t-\r \x85\xa0]/.test(byte)
    if (gap && !space) output += byte
    gap = space
  }
  return output
}

/** Without white space. Upstream looks at bytes: when something is taken away, characters beyond ASCII come out mangled. */
export function removeSpace(text: string): string {
  const bytes = toByteString(text)
  const kept = bytes.replace(/[\t-\r \x85\xa0]/g, '')
  return kept.length === bytes.length ? text : kept
}

import { badPattern, cachingCompiler, characterClass, literal, type Matcher } from './glob-regex.js'

/**
 * The glob of Argo CD's own matching (destinations of projects, resource filters, `directory.include` and `exclude`):
 * without separators `*` crosses everything; `?`, `[abc]`, `[a-z]`, `[!a-z]`, `{a,b}` (nested too) and backslash. Throws on
 * malformed patterns.
 */
export function matchGlob(pattern: string, text: string): boolean {
  return compileGlob(pattern)(text)
}

export function compileGlob(pattern: string): Matcher {
  return withoutRegex(pattern) ?? overlapping(pattern, /^\*\*?$/) ?? compileFree(pattern)
}

/** Text, and text with stars behind it, which cross everything: most patterns are no more. */
function withoutRegex(pattern: string): Matcher | undefined {
  const found = /^([^*?[{\\]*)(\**)$/.exec(pattern)
  if (found === null) return undefined
  const [, text = '', stars] = found
  return stars === '' ? (name) => name === text : (name) => name.startsWith(text)
}

const compileFree = cachingCompiler((pattern) => toRegex(pattern, '(?s:.)*', '(?s:.)'))

/** The same with `/` as separator: `*` and `?` stay within a path element, `**` crosses them. */
export function compilePathGlob(pattern: string): Matcher {
  return overlapping(pattern, /^\*\*$/) ?? compileSeparated(pattern)
}

const compileSeparated = cachingCompiler((pattern) => toRegex(pattern, '[^/]*', '[^/]'))

/**
 * Text, a star that crosses everything, text: upstream compares the start and the end and lets them overlap, so that
 * `dir/`, two stars, `/x` takes `dir/x` too. People rely on it.
 */
function overlapping(pattern: string, star: RegExp): Matcher | undefined {
  const found = /^([^*?[{\\]+)(\*+)([^*?[{\\]+)$/.exec(pattern)
  if (found === null || !star.test(found[2]!)) return undefined
  const [, prefix = '', , suffix = ''] = found
  return (text) => text.startsWith(prefix) && text.endsWith(suffix)
}

function toRegex(pattern: string, any: string, single: string): string {
  const characters = [...pattern]
  let regex = ''
  let depth = 0
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]!
    if (character === '*') {
      const isSuper = characters[index + 1] === '*'
      if (isSuper) index++
      regex += isSuper ? '(?s:.)*' : any
    } else if (character === '?') regex += single
    else if (character === '{') {
      if (++depth > 100) throw badPattern(pattern, 'more than 100 braces inside each other')
      regex += '(?:'
    } else if (character === ',' && depth > 0) regex += '|'
    else if (character === '}' && depth > 0) {
      depth--
      regex += ')'
    } else if (character === '[') {
      const [text, end] = readClass(pattern, characters, index + 1)
      regex += text
      index = end
    } else if (character === '\\') {
      const next = characters[++index]
      if (next !== undefined) regex += literal(next)
    } else regex += literal(character)
  }
  // As upstream, a brace that does not close ends with the pattern.
  return regex + ')'.repeat(depth)
}

/** The class from `start`, just behind `[`, and the index of its `]`: either one range or a list of characters. */
function readClass(pattern: string, characters: readonly string[], start: number): [string, number] {
  let index = start
  const negated = characters[index] === '!'
  if (negated) index++
  if (characters[index + 1] === '-') {
    const low = characters[index]!
    const high = characters[index + 2]
    if (high === undefined || characters[index + 3] !== ']')
      throw badPattern(pattern, 'a class is either one range or a list of characters')
    if (high < low) throw badPattern(pattern, `a range that runs backwards: ${low}-${high}`)
    return [characterClass([{ low, high }], negated), index + 3]
  }
  const listed: string[] = []
  for (; characters[index] !== ']'; index++) {
    const character = characters[index] === '\\' ? characters[++index] : characters[index]
    if (character === undefined) throw badPattern(pattern, 'a class that does not end')
    listed.push(character)
  }
  if (listed.length === 0) throw badPattern(pattern, 'an empty class')
  return [
    characterClass(
      listed.map((character) => ({ low: character, high: character })),
      negated,
    ),
    index,
  ]
}

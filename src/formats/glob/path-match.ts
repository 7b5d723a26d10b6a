import { badPattern, type ClassItem, cachingCompiler, characterClass, literal, type Matcher } from './glob-regex.js'

/**
 * Go's path.Match: `*` and `?` do not cross `/`, `[a-z]` and `[^a-z]` are classes, a backslash takes the next character as
 * it is, and the pattern must match the whole name. There is no `**`. Throws on malformed patterns.
 */
export const compilePathMatch: (pattern: string) => Matcher = cachingCompiler(toRegex)

function toRegex(pattern: string): string {
  const characters = [...pattern]
  let regex = ''
  let index = 0
  const classCharacter = (): string => {
    let character = characters[index++]
    if (character === undefined || character === '-' || character === ']')
      throw badPattern(pattern, 'a class with nothing where a character belongs')
    if (character === '\\') character = characters[index++]
    if (character === undefined || index >= characters.length) throw badPattern(pattern, 'a class that does not end')
    return character
  }
  while (index < characters.length) {
    const character = characters[index++]!
    if (character === '*') regex += '[^/]*'
    else if (character === '?') regex += '[^/]'
    else if (character === '\\') {
      const next = characters[index++]
      if (next === undefined) throw badPattern(pattern, 'a backslash at the end')
      regex += literal(next)
    } else if (character === '[') {
      const negated = characters[index] === '^'
      if (negated) index++
      const items: ClassItem[] = []
      while (characters[index] !== ']' || items.length === 0) {
        const low = classCharacter()
        let high = low
        if (characters[index] === '-') {
          index++
          high = classCharacter()
        }
        items.push({ low, high })
      }
      index++
      regex += characterClass(items, negated)
    } else regex += literal(character)
  }
  return regex
}

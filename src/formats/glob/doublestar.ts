import { badPattern, type ClassItem, cachingCompiler, characterClass, literal, type Matcher } from './glob-regex.js'

/**
 * Globs over paths where `**` as a whole element stands for any number of directories: Argo's newer git file globbing and
 * Helm value file globs. `*` and `?` stay within an element; `[a-z]`, `[!a-z]`, `[^a-z]`, `{a,b}` (with `/` inside too) and
 * backslash. Throws on malformed patterns.
 */
export const compileDoublestar: (pattern: string) => Matcher = cachingCompiler(toRegex)

function toRegex(pattern: string): string {
  const characters = [...pattern]
  let regex = ''
  let depth = 0
  let index = 0
  const startsElement = () => index === 0 || characters[index - 1] === '/' || (depth > 0 && /[{,]/.test(characters[index - 1]!))
  while (index < characters.length) {
    const character = characters[index]!
    if (character === '*') {
      const isDouble = characters[index + 1] === '*' && startsElement()
      const after = characters[index + 2]
      if (isDouble && after === '/') {
        regex += '(?:(?s:.)*/)?'
        index += 3
      } else if (isDouble && (after === undefined || (depth > 0 && /[,}]/.test(after)))) {
        // `a/**` also takes `a` itself.
        regex = regex.endsWith('/') && characters[index - 1] === '/' ? `${regex.slice(0, -1)}(?:/(?s:.)*)?` : `${regex}(?s:.)*`
        index += 2
      } else {
        regex += '[^/]*'
        index++
      }
      continue
    }
    index++
    if (character === '/') regex += '/'
    else if (character === '?') regex += '[^/]'
    else if (character === '{') {
      if (++depth > 100) throw badPattern(pattern, 'more than 100 braces inside each other')
      regex += '(?:'
    } else if (character === ',' && depth > 0) regex += '|'
    else if (character === '}') {
      if (--depth < 0) throw badPattern(pattern, 'a closing brace without an opening one')
      regex += ')'
    } else if (character === '[') regex += readClass()
    else if (character === '\\') {
      const next = characters[index++]
      if (next === undefined) throw badPattern(pattern, 'a backslash at the end')
      regex += literal(next)
    } else regex += literal(character)
  }
  if (depth > 0) throw badPattern(pattern, 'a brace that does not close')
  return regex

  function readClass(): string {
    const negated = characters[index] === '!' || characters[index] === '^'
    if (negated) index++
    const items: ClassItem[] = []
    const take = (): string => {
      let next = characters[index++]
      if (next === '\\') next = characters[index++]
      if (next === undefined) throw badPattern(pattern, 'a class that does not end')
      return next
    }
    if (characters[index] === ']') throw badPattern(pattern, 'an empty class')
    while (characters[index] !== ']') {
      const low = take()
      let high = low
      if (characters[index] === '-' && characters[index + 1] !== ']') {
        index++
        high = take()
      }
      items.push({ low, high })
    }
    index++
    return characterClass(items, negated)
  }
}

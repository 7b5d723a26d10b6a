import { badPattern, type ClassItem, cachingCompiler, characterClass, literal, type Matcher } from './glob-regex.js'

/**
 * How `git ls-files -- PATTERN` chooses files, which is what ApplicationSet's git file generator uses unless its newer
 * globbing is on: `*` and `?` cross `/`, classes are `[a-z]`, `[!a-z]` and `[[:alpha:]]`, a pattern without wildcards
 * also takes everything below a directory of that name. There are no braces, and `**` is `*`.
 */
export function compileGitPathMatch(pattern: string): Matcher {
  if (pattern.startsWith(':')) throw badPattern(pattern, 'git’s magic signatures (a leading colon) are not supported here')
  if (pattern.startsWith('/'))
    throw badPattern(pattern, 'paths are relative to the root of the repository, so it cannot start with /')
  const normal = normalize(pattern)
  if (normal === '') return () => true
  const directory = normal.endsWith('/') ? normal : `${normal}/`
  const wild = /[*?[\\]/.test(normal) ? compile(normal) : () => false
  return (path) => path === normal || path.startsWith(directory) || wild(path)
}

const compile = cachingCompiler(toRegex)

/** `./a//b` is `a/b`; `.` is the root. */
function normalize(pattern: string): string {
  const parts = pattern.split('/')
  const kept = parts.filter((part, index) => part !== '.' && (part !== '' || index === parts.length - 1))
  const joined = kept.join('/')
  return joined === '/' ? '' : joined
}

function toRegex(pattern: string): string {
  const characters = [...pattern]
  let regex = ''
  let index = 0
  while (index < characters.length) {
    const character = characters[index++]!
    if (character === '*') regex += '(?s:.)*'
    else if (character === '?') regex += '(?s:.)'
    else if (character === '\\') regex += literal(characters[index++] ?? '\\')
    else if (character === '[') {
      const found = readClass(characters, index)
      // As in git, a class that does not end matches nothing.
      if (found === undefined) return characterClass([], false)
      regex += found.regex
      index = found.end
    } else regex += literal(character)
  }
  return regex
}

const named: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-/:-@\\[-`{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
}

function readClass(characters: readonly string[], start: number): { regex: string; end: number } | undefined {
  let index = start
  const negated = characters[index] === '!' || characters[index] === '^'
  if (negated) index++
  const items: ClassItem[] = []
  let sets = ''
  const take = () => (characters[index] === '\\' ? characters[++index] : characters[index])
  for (let first = true; first || characters[index] !== ']'; first = false, index++) {
    const name = /^\[:([a-z]+):\]/.exec(characters.slice(index, index + 12).join(''))
    if (name !== null) {
      const set = named[name[1]!]
      if (set === undefined) return undefined
      sets += set
      index += name[0].length - 1
      continue
    }
    const low = take()
    if (low === undefined) return undefined
    let high = low
    if (characters[index + 1] === '-' && characters[index + 2] !== undefined && characters[index + 2] !== ']') {
      index += 2
      high = take() ?? ''
      if (high === '') return undefined
    }
    items.push({ low, high })
  }
  if (sets === '') return { regex: characterClass(items, negated), end: index + 1 }
  const body = items.map((item) => `${literal(item.low)}-${literal(item.high)}`).join('')
  return { regex: `[${negated ? '^' : ''}${sets}${body}]`, end: index + 1 }
}

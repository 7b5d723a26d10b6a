import { RE2JS } from 're2js'
import { type GoFunction, goFunction } from '../functions.js'
import { typedList } from '../values.js'

/** Go's regular expressions: RE2 syntax, linear time whatever the pattern. */
export function regexFunctions(): [string, GoFunction][] {
  const match = (pattern: string, text: string) => compile(pattern).matcher(text).find()
  const find = goFunction(['string', 'string'], (pattern, text) => matches(compile(pattern), text, 1)[0]?.text ?? '')
  const findAll = goFunction(['string', 'string', 'int'], (pattern, text, limit) =>
    typedList(
      '[]string',
      matches(compile(pattern), text, limit).map((found) => found.text),
    ),
  )
  const replaceAll = goFunction(['string', 'string', 'string'], function (pattern, text, template) {
    return replace(compile(pattern), text, (found) => {
      const expanded = expand(template, found)
      this.charge(expanded.length)
      return expanded
    })
  })
  const replaceLiteral = goFunction(['string', 'string', 'string'], function (pattern, text, replacement) {
    return replace(compile(pattern), text, () => {
      this.charge(replacement.length)
      return replacement
    })
  })
  const split = goFunction(['string', 'string', 'int'], (pattern, text, limit) =>
    typedList('[]string', splitAt(compile(pattern), text, limit)),
  )
  return [
    [
      'regexMatch',
      goFunction(['string', 'string'], (pattern, text) => {
        try {
          return match(pattern, text)
        } catch {
          return false
        }
      }),
    ],
    ['mustRegexMatch', goFunction(['string', 'string'], match)],
    ['regexFind', find],
    ['mustRegexFind', find],
    ['regexFindAll', findAll],
    ['mustRegexFindAll', findAll],
    ['regexReplaceAll', replaceAll],
    ['mustRegexReplaceAll', replaceAll],
    ['regexReplaceAllLiteral', replaceLiteral],
    ['mustRegexReplaceAllLiteral', replaceLiteral],
    ['regexSplit', split],
    ['mustRegexSplit', split],
    ['regexQuoteMeta', goFunction(['string'], (text) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'))],
  ]
}

interface Match {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly group: (name: string) => string
}

const compiled = new Map<string, RE2JS>()
const compiledLimit = 256

function compile(pattern: string): RE2JS {
  let regex = compiled.get(pattern)
  if (regex === undefined) {
    try {
      regex = RE2JS.compile(pattern)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(reason.replace(/^error parsing regexp: /, 'error parsing regexp: '))
    }
    if (compiled.size >= compiledLimit) compiled.clear()
    compiled.set(pattern, regex)
  }
  return regex
}

/** Matches from left to right, at most `limit` unless it is negative. An empty match beside the previous one does not count. */
function matches(regex: RE2JS, text: string, limit: number): Match[] {
  const found: Match[] = []
  const matcher = regex.matcher(text)
  const groups = regex.namedGroups() as Record<string, number>
  let previousEnd = -1
  while ((limit < 0 || found.length < limit) && matcher.find()) {
    const start = matcher.start()
    const end = matcher.end()
    if (start === end && start === previousEnd) continue
    previousEnd = end
    const texts = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? '')
    const group = (name: string) =>
      texts[/^[0-9]+$/.test(name) ? Number(name) : Object.hasOwn(groups, name) ? groups[name]! : -1] ?? ''
    found.push({ start, end, text: texts[0]!, group })
  }
  return found
}

function replace(regex: RE2JS, text: string, replacement: (found: Match) => string): string {
  let output = ''
  let position = 0
  for (const found of matches(regex, text, -1)) {
    output += text.slice(position, found.start) + replacement(found)
    position = found.end
  }
  return output + text.slice(position)
}

/** `$1`, `$name` (as long a name as possible), `${name}` and `$$`. */
function expand(template: string, found: Match): string {
  return template.replace(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu, (all, braced?: string, bare?: string) => {
    if (all === '$$') return '$'
    return found.group(braced ?? bare ?? '')
  })
}

function splitAt(regex: RE2JS, text: string, limit: number): string[] {
  if (limit === 0) return []
  if (text === '') return ['']
  const parts: string[] = []
  let start = 0
  let end = 0
  for (const found of matches(regex, text, limit < 0 ? -1 : limit)) {
    if (limit > 0 && parts.length === limit - 1) break
    end = found.start
    if (found.end !== 0) parts.push(text.slice(start, end))
    start = found.end
  }
  if (end !== text.length) parts.push(text.slice(start))
  return parts
}

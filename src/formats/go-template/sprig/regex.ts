import { RE2JS } from 're2js'
import { messageOf } from '../../../base/errors.js'
import { TemplateBudgetError } from '../errors.js'
import { type CallContext, type GoFunction, goFunction } from '../functions.js'
import { quoteString } from '../print.js'
import { typedList } from '../values.js'

/** Go's regular expressions: RE2 syntax, linear time whatever the pattern. */
export function regexFunctions(): [string, GoFunction][] {
  const find = (compile: Compile) =>
    goFunction(['string', 'string'], function (pattern, text) {
      for (const found of matches(compile.call(this, pattern, text), text, 1)) return found.text
      return ''
    })
  const findAll = (compile: Compile) =>
    goFunction(['string', 'string', 'int'], function (pattern, text, limit) {
      const texts: string[] = []
      for (const found of matches(compile.call(this, pattern, text), text, limit)) {
        this.charge(1)
        texts.push(found.text)
      }
      return typedList('[]string', texts, texts.length === 0)
    })
  const replaceAll = (compile: Compile) =>
    goFunction(['string', 'string', 'string'], function (pattern, text, template) {
      return replace(compile.call(this, pattern, text), text, (found) => {
        const expanded = expand(template, found)
        this.charge(1 + expanded.length)
        return expanded
      })
    })
  const replaceLiteral = (compile: Compile) =>
    goFunction(['string', 'string', 'string'], function (pattern, text, replacement) {
      return replace(compile.call(this, pattern, text), text, () => {
        this.charge(1 + replacement.length)
        return replacement
      })
    })
  const split = (compile: Compile) =>
    goFunction(['string', 'string', 'int'], function (pattern, text, limit) {
      const parts = splitAt.call(this, compile.call(this, pattern, text), text, limit)
      return typedList('[]string', parts, limit === 0)
    })
  return [
    [
      'regexMatch',
      goFunction(['string', 'string'], function (pattern, text) {
        try {
          return compileFor.call(this, pattern, text).matcher(text).find()
        } catch (error) {
          if (error instanceof TemplateBudgetError) throw error
          return false
        }
      }),
    ],
    [
      'mustRegexMatch',
      goFunction(['string', 'string'], function (pattern, text) {
        return compileFor.call(this, pattern, text).matcher(text).find()
      }),
    ],
    ['regexFind', find(compileOrPanic)],
    ['mustRegexFind', find(compileFor)],
    ['regexFindAll', findAll(compileOrPanic)],
    ['mustRegexFindAll', findAll(compileFor)],
    ['regexReplaceAll', replaceAll(compileOrPanic)],
    ['mustRegexReplaceAll', replaceAll(compileFor)],
    ['regexReplaceAllLiteral', replaceLiteral(compileOrPanic)],
    ['mustRegexReplaceAllLiteral', replaceLiteral(compileFor)],
    ['regexSplit', split(compileOrPanic)],
    ['mustRegexSplit', split(compileFor)],
    ['regexQuoteMeta', goFunction(['string'], (text) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'))],
  ]
}

interface Match {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly group: (name: string) => string
}

type Compile = (this: CallContext, pattern: string, text: string) => RE2JS

/** The compiled pattern; what it takes to look through the text is charged, and what it takes to compile it. */
function compileFor(this: CallContext, pattern: string, text: string): RE2JS {
  this.charge(pattern.length >>> 3)
  const regex = compile(pattern)
  this.charge(Math.floor((text.length * regex.programSize()) / 256))
  return regex
}

/** The same with the words of regexp.MustCompile. */
function compileOrPanic(this: CallContext, pattern: string, text: string): RE2JS {
  try {
    return compileFor.call(this, pattern, text)
  } catch (error) {
    if (error instanceof TemplateBudgetError) throw error
    const shown = /[\0-\x08\n-\x1f\x7f`\ufeff]/.test(pattern) ? quoteString(pattern) : `\`${pattern}\``
    throw new Error(`regexp: Compile(${shown}): ${messageOf(error)}`, { cause: error })
  }
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
function* matches(regex: RE2JS, text: string, limit: number): Generator<Match> {
  let count = 0
  const matcher = regex.matcher(text)
  const groups = regex.namedGroups() as Record<string, number>
  let previousEnd = -1
  while ((limit < 0 || count < limit) && matcher.find()) {
    const start = matcher.start()
    const end = matcher.end()
    if (start === end && start === previousEnd) continue
    previousEnd = end
    const texts = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? '')
    const group = (name: string) =>
      texts[/^[0-9]+$/.test(name) ? Number(name) : Object.hasOwn(groups, name) ? groups[name]! : -1] ?? ''
    count++
    yield { start, end, text: texts[0]!, group }
  }
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

function splitAt(this: CallContext, regex: RE2JS, text: string, limit: number): string[] {
  if (limit === 0) return []
  if (text === '' && regex.pattern() !== '') return ['']
  const parts: string[] = []
  let start = 0
  let end = 0
  for (const found of matches(regex, text, limit < 0 ? -1 : limit)) {
    this.charge(1)
    if (limit > 0 && parts.length === limit - 1) break
    end = found.start
    if (found.end !== 0) parts.push(text.slice(start, end))
    start = found.end
  }
  if (end !== text.length) parts.push(text.slice(start))
  return parts
}

import type { Random } from '../../../base/random.js'
import { type CallContext, type GoFunction, goFunction, goVariadic } from '../functions.js'
import { printValue, quoteString, sprintf } from '../print.js'
import { byteLength, fromByteString, GoStruct, toByteString, typedList, typedMap } from '../values.js'
import { textOf, textsOf } from './conversion.js'
import { lowerCase, upperCase } from './letter-case.js'
import { abbreviate, initials, removeSpace, swapCase, titleCase, trimSet, trimSpace, untitle, wrapText } from './text.js'
import { joinWords, pascalCase } from './word-case.js'

export function stringFunctions(random: Random): [string, GoFunction][] {
  const trimAll = goFunction(['string', 'string'], (set, text) => trimSet(text, set))
  return [
    ['hello', goFunction([], () => 'Hello!')],
    ['abbrev', goFunction(['int', 'string'], (width, text) => (width < 4 ? text : abbreviate(text, 0, width)))],
    ['abbrevboth', goFunction(['int', 'int', 'string'], abbreviateBoth)],
    ['trunc', goFunction(['int', 'string'], truncate)],
    ['trim', goFunction(['string'], trimSpace)],
    ['upper', goFunction(['string'], upperCase)],
    ['lower', goFunction(['string'], lowerCase)],
    ['title', goFunction(['string'], titleCase)],
    ['untitle', goFunction(['string'], untitle)],
    ['substr', goFunction(['int', 'int', 'string'], substring)],
    [
      'repeat',
      goFunction(['int', 'string'], function (count, text) {
        if (count < 0) throw new Error('strings: negative Repeat count')
        const bytes = byteLength(text) * count
        // A count of 2^63 - 1 comes as 2^63.
        if (bytes >= 2 ** 63 && count < bytes) throw new Error('strings: Repeat output length overflow')
        if (bytes > 2 ** 48) throw new Error('runtime error: makeslice: len out of range')
        this.charge(count * text.length)
        return text.repeat(count)
      }),
    ],
    ['trimall', trimAll],
    ['trimAll', trimAll],
    [
      'trimSuffix',
      goFunction(['string', 'string'], (end, text) => (end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text)),
    ],
    ['trimPrefix', goFunction(['string', 'string'], (start, text) => (text.startsWith(start) ? text.slice(start.length) : text))],
    ['nospace', goFunction(['string'], removeSpace)],
    ['initials', goFunction(['string'], initials)],
    ['swapcase', goFunction(['string'], swapCase)],
    ['shuffle', goFunction(['string'], (text) => shuffle(text, random))],
    ['snakecase', goFunction(['string'], (text) => joinWords(text, '_'))],
    ['camelcase', goFunction(['string'], pascalCase)],
    ['kebabcase', goFunction(['string'], (text) => joinWords(text, '-'))],
    ['wrap', goFunction(['int', 'string'], (width, text) => wrapText(text, width, '', false))],
    [
      'wrapWith',
      goFunction(['int', 'string', 'string'], function (width, separator, text) {
        this.charge(Math.ceil(text.length / Math.max(width, 1)) * separator.length)
        return wrapText(text, width, separator, true)
      }),
    ],
    ['contains', goFunction(['string', 'string'], (part, text) => text.includes(part))],
    ['hasPrefix', goFunction(['string', 'string'], (part, text) => text.startsWith(part))],
    ['hasSuffix', goFunction(['string', 'string'], (part, text) => text.endsWith(part))],
    [
      'quote',
      goVariadic([], 'any', (...values) =>
        present(values)
          .map((value) => quoteString(textOf(value)))
          .join(' '),
      ),
    ],
    [
      'squote',
      goVariadic([], 'any', (...values) =>
        present(values)
          .map((value) => `'${printValue(value)}'`)
          .join(' '),
      ),
    ],
    ['cat', goVariadic([], 'any', (...values) => sprintf(trimSpace('%v '.repeat(present(values).length)), present(values)))],
    ['indent', goFunction(['int', 'string'], indent)],
    [
      'nindent',
      goFunction(['int', 'string'], function (spaces, text) {
        return `\n${indent.call(this, spaces, text)}`
      }),
    ],
    [
      'replace',
      goFunction(['string', 'string', 'string'], function (old, replacement, text) {
        const parts = old === '' ? ['', ...text, ''] : text.split(old)
        this.charge(parts.length * replacement.length)
        return parts.join(replacement)
      }),
    ],
    ['plural', goFunction(['string', 'string', 'int'], (one, many, count) => (count === 1 ? one : many))],
    ['toString', goFunction(['any'], textOf)],
    ['toStrings', goFunction(['any'], (value) => typedList('[]string', textsOf(value)))],
    ['join', goFunction(['string', 'any'], (separator, value) => textsOf(value).join(separator))],
    [
      'split',
      goFunction(['string', 'string'], function (separator, text) {
        return numbered.call(this, splitText(text, separator, -1))
      }),
    ],
    [
      'splitn',
      goFunction(['string', 'int', 'string'], function (separator, count, text) {
        return numbered.call(this, splitText(text, separator, count))
      }),
    ],
    ['splitList', goFunction(['string', 'string'], (separator, text) => typedList('[]string', splitText(text, separator, -1)))],
    [
      'sortAlpha',
      goFunction(['any'], (value) => {
        const list = value instanceof GoStruct ? value.underlying : value
        const texts = Array.isArray(list) ? textsOf(list) : [textOf(value)]
        return typedList(
          '[]string',
          texts.sort((a, b) => (toByteString(a) < toByteString(b) ? -1 : a === b ? 0 : 1)),
        )
      }),
    ],
    ['fail', goFunction(['string'], (message) => fail(message))],
  ]
}

function fail(message: string): never {
  throw new Error(message)
}

function present(values: readonly unknown[]): unknown[] {
  return values.filter((value) => value !== null && value !== undefined)
}

function abbreviateBoth(left: number, right: number, text: string): string {
  return right < 4 || (left > 0 && right < 7) ? text : abbreviate(text, left, right)
}

function truncate(count: number, text: string): string {
  const bytes = toByteString(text)
  if (count < 0 && bytes.length + count > 0) return fromByteString(bytes.slice(bytes.length + count))
  return count >= 0 && bytes.length > count ? fromByteString(bytes.slice(0, count)) : text
}

function substring(start: number, end: number, text: string): string {
  const bytes = toByteString(text)
  const from = Math.max(start, 0)
  const to = start >= 0 && (end < 0 || end > bytes.length) ? bytes.length : end
  if (to < 0 || to > bytes.length)
    throw new Error(`runtime error: slice bounds out of range [:${to}]${to < 0 ? '' : ` with length ${bytes.length}`}`)
  if (from > to) throw new Error(`runtime error: slice bounds out of range [${from}:${to}]`)
  return fromByteString(bytes.slice(from, to))
}

function indent(this: CallContext, spaces: number, text: string): string {
  if (spaces < 0) throw new Error('strings: negative Repeat count')
  this.charge(spaces * text.split('\n').length)
  const pad = ' '.repeat(spaces)
  return pad + text.replaceAll('\n', `\n${pad}`)
}

/** Go's strings.SplitN: at most `limit` parts, all when it is negative, none when it is 0. */
export function splitText(text: string, separator: string, limit: number): string[] {
  if (limit === 0) return []
  const parts = separator === '' ? [...text] : text.split(separator)
  if (limit < 0 || parts.length <= limit) return parts
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]
}

function numbered(this: CallContext, parts: readonly string[]): Record<string, unknown> {
  this.charge(parts.length >>> 1)
  const members: Record<string, unknown> = {}
  for (const [index, part] of parts.entries()) members[`_${index}`] = part
  return typedMap('map[string]string', members)
}

function shuffle(text: string, random: Random): string {
  const characters = [...text]
  for (let index = characters.length - 1; index > 0; index--) {
    const other = Math.floor(random.number() * (index + 1))
    const held = characters[index]!
    characters[index] = characters[other]!
    characters[other] = held
  }
  return characters.join('')
}

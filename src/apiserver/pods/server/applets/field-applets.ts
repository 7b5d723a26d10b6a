import type { Applet } from '../shell/shell-context.js'
import { linesOf, readAll } from '../shell/streams.js'
import { eachInput } from './each-input.js'
import { lastValue, parseFlags } from './parse-flags.js'

/**
 * `awk [-F SEPARATOR] '[CONDITION] {print ...}' [FILE...]`: fields and texts of lines, chosen by `/pattern/`, `NR`, `NF` or a field
 * that is compared; nothing else of the language.
 */
const awk: Applet = async (args, context) => {
  const flags = parseFlags(args, [], ['F'])
  const [program = '', ...files] = flags.rest
  const parts =
    /^\s*(?:(!?)\/((?:\\.|[^/\\])+)\/|(NR|NF|\$(?:\d+|NF))\s*(==|!=|>=|<=|>|<)\s*(\d+|"[^"]*"))?\s*(?:\{\s*print\b\s*([^{}]*?);?\s*\})?\s*$/.exec(
      program,
    )
  const items = /^(?:(?:\$(?:\d+|NF)|NR|NF|"(?:\\.|[^"\\])*")\s*(?:,\s*)?)*$/.test(parts?.[6] ?? '')
    ? (parts?.[6] ?? '')
    : undefined
  if (parts === null || items === undefined || program.trim() === '')
    throw new Error(`only programs like '/pattern/ {print $1, "text", $NF}' or 'NR > 1 {print $2}' are known here`)
  const [, negated, pattern, left, operator = '', right = ''] = parts
  const separator = lastValue(flags, 'F')?.replace('\\t', '\t')
  const { RE2JS } = await import('re2js')
  const compiled = pattern === undefined ? undefined : RE2JS.compile(pattern.replaceAll('\\/', '/'))
  // Things side by side are joined, commas between them are blanks.
  const printed = [...items.matchAll(/\$(?:\d+|NF)|NR|NF|"(?:\\.|[^"\\])*"|,/g)].map(([item]) => item)
  let number = 0
  return eachInput('awk', files, context, async (source) => {
    for await (const line of linesOf(source)) {
      number++
      const fields = separator === undefined ? line.split(/[ \t]+/).filter((field) => field !== '') : line.split(separator)
      const valueFor = (item: string): string => {
        if (item === ',') return ' '
        if (item === 'NR') return String(number)
        if (item === 'NF') return String(fields.length)
        if (item.startsWith('"')) return item.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter)
        return item === '$0' ? line : (fields[item === '$NF' ? fields.length - 1 : Number(item.slice(1)) - 1] ?? '')
      }
      if (compiled !== undefined && compiled.matcher(line).find() === (negated === '!')) continue
      if (left !== undefined && !compares(valueFor(left), operator, right)) continue
      await context.stdout.write(`${printed.length === 0 ? line : printed.map(valueFor).join('')}\n`)
    }
  })
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t' }

function compares(value: string, operator: string, wanted: string): boolean {
  const isText = wanted.startsWith('"')
  const [a, b] = isText ? [value, wanted.slice(1, -1)] : [Number(value), Number(wanted)]
  if (operator === '==') return a === b
  if (operator === '!=') return a !== b
  if (operator.endsWith('=')) return operator === '>=' ? a >= b : a <= b
  return operator === '>' ? a > b : a < b
}

/** `tr [-d] SET [SET]` with ranges and \n, \t. */
const tr: Applet = async (args, context) => {
  const { on, rest } = parseFlags(args, ['d', 's'])
  const [from = '', to = ''] = rest.map(setOf)
  if (from === '' || (to === '' && !on.has('d'))) throw new Error('two sets are expected')
  const text = (await readAll(context.stdin)).toString()
  let changed = ''
  for (const letter of text) {
    const at = from.indexOf(letter)
    if (at === -1) changed += letter
    else if (!on.has('d')) {
      const next = to[Math.min(at, to.length - 1)] as string
      if (!on.has('s') || !changed.endsWith(next)) changed += next
    }
  }
  await context.stdout.write(changed)
  return 0
}

function setOf(text: string): string {
  const plain = text.replace(/\\([nt\\])/g, (_, letter: string) => ({ n: '\n', t: '\t' })[letter] ?? '\\')
  return plain.replace(/(.)-(.)/gs, (_, first: string, last: string) => {
    let all = ''
    for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) all += String.fromCharCode(code)
    return all
  })
}

export const fieldApplets: Readonly<Record<string, Applet>> = { awk, tr }

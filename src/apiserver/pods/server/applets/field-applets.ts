import type { Applet } from '../shell/shell-context.js'
import { linesOf, readAll } from '../shell/streams.js'
import { lastValue, parseFlags } from './parse-flags.js'

/** `awk [-F SEPARATOR] '{print $1, $NF}'`: fields of lines, and nothing else of the language. */
const awk: Applet = async (args, context) => {
  const flags = parseFlags(args, [], ['F'])
  const [program = '', ...files] = flags.rest
  const printed = /^\s*\{\s*print\s*((?:\$(?:\d+|NF)\s*(?:,\s*)?)*)\}\s*$/.exec(program)
  if (printed === null || files.length > 0) throw new Error("only programs like '{print $1, $NF}' over the input are known here")
  const wanted = [...(printed[1] ?? '').matchAll(/\$(\d+|NF)/g)].map(([, field]) => field as string)
  const separator = lastValue(flags, 'F')
  for await (const line of linesOf(context.stdin)) {
    const fields = separator === undefined ? line.split(/[ \t]+/).filter((field) => field !== '') : line.split(separator)
    const field = (name: string) => (name === '0' ? line : (fields[name === 'NF' ? fields.length - 1 : Number(name) - 1] ?? ''))
    await context.stdout.write(`${wanted.length === 0 ? line : wanted.map(field).join(' ')}\n`)
  }
  return 0
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

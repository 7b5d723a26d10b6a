import type { Applet } from '../shell/shell-context.js'
import { readAll } from '../shell/streams.js'
import { eachInput } from './each-input.js'
import { parseFlags } from './parse-flags.js'

const width = 16

/** `hexdump -C [FILE...]`: bytes, sixteen a line, with their letters; lines that say the same are one `*`. */
export const hexdump: Applet = (args, context) => {
  const { on, rest } = parseFlags(args, ['C', 'v'])
  if (!on.has('C')) throw new Error('only the form of -C is known here')
  return eachInput('hexdump', rest, context, async (source) => {
    const data = await readAll(source)
    let last: string | undefined
    let isSkipping = false
    for (let at = 0; at < data.length; at += width) {
      const row = data.subarray(at, at + width)
      const bytes = [...row].map((byte) => byte.toString(16).padStart(2, '0'))
      const text = [...row].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
      const hex = `${bytes.slice(0, 8).join(' ').padEnd(23)}  ${bytes.slice(8).join(' ').padEnd(23)}`
      const shown = `${hex}  |${text}|`
      const isSame = shown === last && row.length === width && !on.has('v')
      if (isSame && !isSkipping) await context.stdout.write('*\n')
      if (!isSame) await context.stdout.write(`${offset(at)}  ${shown}\n`)
      isSkipping = isSame
      last = shown
    }
    if (data.length > 0) await context.stdout.write(`${offset(data.length)}\n`)
  })
}

function offset(at: number): string {
  return at.toString(16).padStart(8, '0')
}

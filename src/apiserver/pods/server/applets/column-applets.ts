import type { Applet } from '../shell/shell-context.js'
import { linesOf, readAll } from '../shell/streams.js'
import { eachInput } from './each-input.js'
import { lastValue, parseFlags } from './parse-flags.js'

/** `cut -d, -f1,3-` and `cut -c1-5`. */
const cut: Applet = (args, context) => {
  const flags = parseFlags(args, ['s'], ['d', 'f', 'c', 'b'])
  const fields = lastValue(flags, 'f')
  const wanted = rangesOf(fields ?? lastValue(flags, 'c', 'b') ?? '')
  const delimiter = lastValue(flags, 'd') ?? '\t'
  return eachInput('cut', flags.rest, context, async (source) => {
    for await (const line of linesOf(source)) {
      if (fields === undefined) await context.stdout.write(`${[...line].filter((_, index) => wanted(index + 1)).join('')}\n`)
      else if (line.includes(delimiter)) {
        const chosen = line.split(delimiter).filter((_, index) => wanted(index + 1))
        await context.stdout.write(`${chosen.join(delimiter)}\n`)
      } else if (!flags.on.has('s')) await context.stdout.write(`${line}\n`)
    }
  })
}

/** `1,3-5,7-`: whether a place, counted from 1, is among them. */
function rangesOf(text: string): (place: number) => boolean {
  const ranges = text.split(',').map((part) => {
    const found = /^(\d*)(-?)(\d*)$/.exec(part)
    if (found === null || part === '' || part === '-') throw new Error('a list of fields (-f) or places (-c) is expected')
    const first = found[1] === '' ? 1 : Number(found[1])
    return [first, found[2] === '' ? first : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3])] as const
  })
  return (place) => ranges.some(([first, last]) => place >= first && place <= last)
}

/** `base64 [-d] [-w COLUMNS] [FILE]`. */
const base64: Applet = (args, context) => {
  const flags = parseFlags(args, ['d', 'D', 'i', 'decode'], ['w', 'wrap'])
  const columns = Number(lastValue(flags, 'w', 'wrap') ?? 76)
  const decodes = ['d', 'D', 'decode'].some((name) => flags.on.has(name))
  return eachInput('base64', flags.rest, context, async (source) => {
    const bytes = Buffer.from(await readAll(source))
    if (decodes) {
      const text = bytes.toString('latin1').replace(/\s/g, '')
      if (/[^A-Za-z0-9+/=]/.test(text)) throw new Error('invalid input')
      await context.stdout.write(Buffer.from(text, 'base64'))
      return
    }
    const text = bytes.toString('base64')
    if (columns === 0) await context.stdout.write(text)
    else for (let at = 0; at < text.length; at += columns) await context.stdout.write(`${text.slice(at, at + columns)}\n`)
  })
}

/** `uniq [-c] [-d] [-u]`. */
const uniq: Applet = (args, context) => {
  const { on, rest } = parseFlags(args, ['c', 'd', 'u'])
  let last: string | undefined
  let count = 0
  const tell = async () => {
    if (last === undefined || (on.has('d') && count < 2) || (on.has('u') && count > 1)) return
    await context.stdout.write(`${on.has('c') ? `${String(count).padStart(7)} ` : ''}${last}\n`)
  }
  return eachInput('uniq', rest, context, async (source) => {
    for await (const line of linesOf(source)) {
      if (line !== last) {
        await tell()
        last = line
        count = 0
      }
      count++
    }
    await tell()
    last = undefined
  })
}

export const columnApplets: Readonly<Record<string, Applet>> = { cut, base64, uniq }

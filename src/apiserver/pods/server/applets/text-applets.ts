import { pause } from '../shell/shell.js'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { linesOf, readAll } from '../shell/streams.js'
import { asExtended } from './as-extended.js'
import { eachInput } from './each-input.js'
import { lastValue, parseFlags } from './parse-flags.js'

const echo: Applet = async (args, context) => {
  let from = 0
  let newline = true
  let escapes = false
  for (; /^-[neE]+$/.test(args[from] ?? ''); from++) {
    if (args[from]?.includes('n')) newline = false
    if (args[from]?.includes('e')) escapes = true
  }
  const text = args.slice(from).join(' ')
  await context.stdout.write((escapes ? withoutEscapes(text) : text) + (newline ? '\n' : ''))
  return 0
}

function withoutEscapes(text: string): string {
  const plain: Readonly<Record<string, string>> = {
    n: '\n',
    t: '\t',
    r: '\r',
    a: '\x07',
    b: '\b',
    f: '\f',
    v: '\v',
    e: '\x1b',
    '\\': '\\',
  }
  return text.replace(/\\(0?[0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)/g, (whole, code: string) => {
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 255)
    if (/^x./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    return plain[code] ?? whole
  })
}

const printf: Applet = async (args, context) => {
  const [format = '', ...values] = args
  let text = ''
  do {
    let used = 0
    text += withoutEscapes(format).replace(
      /%(-?\d*)(?:\.(\d+))?([sdxc%])/g,
      (_, width: string, precision: string | undefined, kind: string) => {
        if (kind === '%') return '%'
        used++
        const value = values.shift() ?? ''
        const plain =
          kind === 'd'
            ? String(Math.trunc(Number(value)) || 0)
            : kind === 'x'
              ? (Math.trunc(Number(value)) || 0).toString(16)
              : kind === 'c'
                ? value.slice(0, 1)
                : value
        const cut = precision !== undefined && kind === 's' ? plain.slice(0, Number(precision)) : plain
        return width.startsWith('-')
          ? cut.padEnd(Number(width.slice(1)))
          : cut.padStart(Number(width || 0), width.startsWith('0') && kind !== 's' ? '0' : ' ')
      },
    )
    if (used === 0) break
  } while (values.length > 0)
  await context.stdout.write(text)
  return 0
}

const cat: Applet = (args, context) =>
  eachInput('cat', parseFlags(args, ['u']).rest, context, async (source) => {
    for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) await context.stdout.write(chunk)
  })

const head: Applet = (args, context) => {
  const flags = parseFlags(shortCounts(args), ['q'], ['n', 'c'])
  const bytes = lastValue(flags, 'c')
  const count = Number(lastValue(flags, 'n') ?? 10)
  return eachInput('head', flags.rest, context, async (source) => {
    if (bytes !== undefined) {
      await context.stdout.write((await readAll(source)).subarray(0, Number(bytes)))
      return
    }
    let left = count
    if (left <= 0) return
    for await (const line of linesOf(source)) {
      await context.stdout.write(`${line}\n`)
      if (--left <= 0) break
    }
  })
}

const tail: Applet = async (args, context) => {
  const flags = parseFlags(shortCounts(args), ['f', 'F', 'q'], ['n', 'c'])
  const wanted = lastValue(flags, 'n') ?? '10'
  const code = await eachInput('tail', flags.rest, context, async (source) => {
    const lines: string[] = []
    for await (const line of linesOf(source)) lines.push(line)
    const from = wanted.startsWith('+') ? Number(wanted.slice(1)) - 1 : Math.max(lines.length - Math.abs(Number(wanted)), 0)
    for (const line of lines.slice(from)) await context.stdout.write(`${line}\n`)
  })
  const path = flags.rest[0]
  if (code === 0 && path !== undefined && (flags.on.has('f') || flags.on.has('F'))) {
    // `tail -f /dev/null` is a way to wait for ever.
    if (path === '/dev/null') return forever(context)
    await follow(path, context)
  }
  return code
}

async function forever(context: CommandContext): Promise<number> {
  for (;;) await pause(context, 1 << 30)
}

async function follow(path: string, context: CommandContext): Promise<never> {
  const { files } = context.world
  for (let at = files.stat(path, context.cwd).size; ; ) {
    await pause(context, 500)
    const { size } = files.stat(path, context.cwd)
    if (size < at) at = 0
    if (size === at) continue
    const data = files.readFrom(path, context.cwd, at)
    at += data.length
    await context.stdout.write(data)
  }
}

function shortCounts(args: readonly string[]): string[] {
  return args.map((arg) => arg.replace(/^-(\d+)$/, '-n$1'))
}

const grep: Applet = async (args, context) => {
  const flags = parseFlags(args, ['i', 'v', 'q', 'c', 'E', 'F', 'o', 'n', 'w', 's'], ['e'])
  const rest = [...flags.rest]
  const pattern = lastValue(flags, 'e') ?? rest.shift()
  if (pattern === undefined) throw new Error('a pattern is missing')
  const matches = await matcher(pattern, flags.on)
  let found = 0
  await eachInput('grep', rest, context, async (source, path) => {
    let number = 0
    let here = 0
    for await (const line of linesOf(source)) {
      number++
      if (matches(line) === flags.on.has('v')) continue
      here++
      if (flags.on.has('q')) break
      if (!flags.on.has('c'))
        await context.stdout.write(`${rest.length > 1 ? `${path}:` : ''}${flags.on.has('n') ? `${number}:` : ''}${line}\n`)
    }
    if (flags.on.has('c')) await context.stdout.write(`${here}\n`)
    found += here
  })
  return found > 0 ? 0 : 1
}

/** RE2, so that no pattern takes for ever. Basic expressions are read as extended ones. */
async function matcher(pattern: string, on: ReadonlySet<string>): Promise<(line: string) => boolean> {
  const fold = (text: string) => (on.has('i') ? text.toLowerCase() : text)
  const plain = pattern.replace(/^\^|\$$/g, '')
  if (on.has('F') || !/[\\^$.|?*+()[\]{}]/.test(on.has('w') ? '.' : plain)) {
    const start = !on.has('F') && pattern.startsWith('^')
    const end = !on.has('F') && pattern.endsWith('$')
    const wanted = fold(on.has('F') ? pattern : plain)
    return (line) => {
      const text = fold(line)
      if (start && end) return text === wanted
      return start ? text.startsWith(wanted) : end ? text.endsWith(wanted) : text.includes(wanted)
    }
  }
  const { RE2JS } = await import('re2js')
  const extended = on.has('E') ? pattern : asExtended(pattern)
  const compiled = RE2JS.compile(on.has('w') ? `\\b(?:${extended})\\b` : extended, on.has('i') ? RE2JS.CASE_INSENSITIVE : 0)
  return (line) => compiled.matcher(line).find()
}

const wc: Applet = async (args, context) => {
  const { on, rest } = parseFlags(args, ['l', 'w', 'c'])
  return eachInput('wc', rest, context, async (source, path) => {
    const data = await readAll(source)
    const text = data.toString()
    const all = on.size === 0
    const counts = [
      ...(all || on.has('l') ? [text.split('\n').length - 1] : []),
      ...(all || on.has('w') ? [text.split(/\s+/).filter((word) => word !== '').length] : []),
      ...(all || on.has('c') ? [data.length] : []),
    ]
    await context.stdout.write(`${counts.join(' ')}${path === '-' ? '' : ` ${path}`}\n`)
  })
}

const seq: Applet = async (args, context) => {
  const numbers = args.map(Number)
  if (numbers.length === 0 || numbers.some((number) => !Number.isFinite(number))) throw new Error('numbers are expected')
  const [first = 1, step = 1, last = 1] =
    numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers
  if (step === 0) throw new Error('the step is 0')
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) await context.stdout.write(`${value}\n`)
  return 0
}

const tee: Applet = async (args, context) => {
  const { on, rest } = parseFlags(args, ['a'])
  for (const path of rest) context.world.files.write(path, context.cwd, '', on.has('a') ? 'a' : 'w')
  for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
    await context.stdout.write(chunk)
    for (const path of rest) context.world.files.write(path, context.cwd, chunk, 'a')
  }
  return 0
}

const sort: Applet = async (args, context) => {
  const { on, rest } = parseFlags(args, ['r', 'n', 'u'])
  const lines: string[] = []
  const code = await eachInput('sort', rest, context, async (source) => {
    for await (const line of linesOf(source)) lines.push(line)
  })
  lines.sort((a, b) => (on.has('n') ? Number.parseFloat(a) - Number.parseFloat(b) : a < b ? -1 : a > b ? 1 : 0))
  if (on.has('r')) lines.reverse()
  for (const line of on.has('u') ? new Set(lines) : lines) await context.stdout.write(`${line}\n`)
  return code
}

export const textApplets: Readonly<Record<string, Applet>> = { echo, printf, cat, head, tail, grep, wc, seq, tee, sort }

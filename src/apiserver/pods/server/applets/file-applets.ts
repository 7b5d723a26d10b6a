import type { Stats } from 'node:fs'
import { messageOf } from '../../../../base/errors.js'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { parseFlags } from './parse-flags.js'

async function eachFile(
  name: string,
  paths: readonly string[],
  context: CommandContext,
  work: (path: string) => Promise<void>,
): Promise<number> {
  let code = 0
  for (const path of paths) {
    try {
      await work(path)
    } catch (error) {
      await context.stderr.write(`${name}: ${path}: ${messageOf(error)}\n`)
      code = 1
    }
  }
  return code
}

const ls: Applet = async (args, context) => {
  const { on, rest } = parseFlags(args, ['l', 'a', 'A', '1', 'R', 'h', 'd'])
  const { files } = context.world
  const show = async (entries: readonly { name: string; path: string }[]) => {
    if (!on.has('l')) {
      if (entries.length > 0) await context.stdout.write(`${entries.map(({ name }) => name).join('\n')}\n`)
      return
    }
    for (const { name, path } of entries) {
      const stats = files.stat(path, context.cwd, false)
      const target = stats.isSymbolicLink() ? ` -> ${files.readlink(path, context.cwd)}` : ''
      await context.stdout.write(
        `${modeText(stats)} ${String(stats.nlink).padStart(4)} root     root     ${String(stats.size).padStart(9)} ${dateText(stats.mtimeMs)} ${name}${target}\n`,
      )
    }
  }
  const paths = rest.length === 0 ? ['.'] : [...rest]
  return eachFile('ls', paths, context, async (path) => {
    if (on.has('d') || !files.stat(path, context.cwd).isDirectory()) {
      await show([{ name: path, path }])
      return
    }
    const names = files
      .list(path, context.cwd)
      .map((entry) => entry.name)
      .sort()
    const shown = on.has('a') ? ['.', '..', ...names] : on.has('A') ? names : names.filter((name) => !name.startsWith('.'))
    if (paths.length > 1) await context.stdout.write(`${path}:\n`)
    await show(shown.map((name) => ({ name, path: `${path}/${name}` })))
  })
}

function modeText(stats: Stats): string {
  const type = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-'
  return (
    type + [6, 3, 0].map((shift) => ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx'][(stats.mode >> shift) & 7]).join('')
  )
}

function dateText(ms: number): string {
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  const text = new Date(ms).toISOString()
  return `${names[Number(text.slice(5, 7)) - 1]} ${String(Number(text.slice(8, 10))).padStart(2)} ${text.slice(11, 16)}`
}

const touch: Applet = (args, context) => {
  const { rest } = parseFlags(args, ['c'])
  return eachFile('touch', rest, context, async (path) => context.world.files.touch(path, context.cwd, context.world.clock.now()))
}

const mkdir: Applet = (args, context) => {
  const { on, rest } = parseFlags(args, ['p'], ['m'])
  const { files } = context.world
  return eachFile('mkdir', rest, context, async (path) => {
    if (!on.has('p')) return files.mkdir(path, context.cwd)
    let at = path.startsWith('/') ? '' : '.'
    for (const part of path.split('/').filter((each) => each !== '')) {
      at = `${at}/${part}`
      if (!files.has(at, context.cwd)) files.mkdir(at, context.cwd)
    }
  })
}

const rm: Applet = (args, context) => {
  const { on, rest } = parseFlags(args, ['r', 'R', 'f'])
  const { files } = context.world
  return eachFile('rm', rest, context, async (path) => {
    if (on.has('f') && !files.has(path, context.cwd)) return
    files.remove(path, context.cwd, on.has('r') || on.has('R'))
  })
}

const cp: Applet = async (args, context) => {
  const { rest } = parseFlags(args, ['f', 'a', 'p'])
  return copy('cp', rest, context)
}

const mv: Applet = async (args, context) => {
  const { rest, on } = parseFlags(args, ['f', 'v'])
  const code = await copy('mv', rest, context)
  if (code !== 0) return code
  for (const path of rest.slice(0, -1)) {
    context.world.files.remove(path, context.cwd, false)
    if (on.has('v')) await context.stdout.write(`renamed '${path}' -> '${destinationOf(path, rest.at(-1) ?? '', context)}'\n`)
  }
  return 0
}

/** A file goes into a directory under its own name. */
function destinationOf(path: string, to: string, { world: { files }, cwd }: CommandContext): string {
  return files.has(to, cwd) && files.stat(to, cwd).isDirectory() ? `${to.replace(/\/$/, '')}/${path.split('/').at(-1)}` : to
}

async function copy(name: string, rest: readonly string[], context: CommandContext): Promise<number> {
  const { files } = context.world
  const to = rest.at(-1)
  if (to === undefined || rest.length < 2) throw new Error('missing file operand')
  return eachFile(name, rest.slice(0, -1), context, async (path) => {
    files.write(destinationOf(path, to, context), context.cwd, files.read(path, context.cwd))
  })
}

const test: Applet = async (args, context) => (evaluateTest(args, context) ? 0 : 1)

const testWithin =
  (end: ']' | ']]'): Applet =>
  async (args, context) => {
    if (args.at(-1) !== end) throw new Error(`missing ${end}`)
    return evaluateTest(args.slice(0, -1), context) ? 0 : 1
  }

function evaluateTest(args: readonly string[], context: CommandContext): boolean {
  const or = args.lastIndexOf('-o')
  if (or > 0 && args.length > 3) return evaluateTest(args.slice(0, or), context) || evaluateTest(args.slice(or + 1), context)
  const and = args.lastIndexOf('-a')
  if (and > 0 && args.length > 3) return evaluateTest(args.slice(0, and), context) && evaluateTest(args.slice(and + 1), context)
  if (args[0] === '!' && args.length > 1) return !evaluateTest(args.slice(1), context)
  const [a = '', b = '', c = ''] = args
  if (args.length === 0) return false
  if (args.length === 1) return a !== ''
  const { files } = context.world
  if (args.length === 2) {
    if (a === '-n') return b !== ''
    if (a === '-z') return b === ''
    if (a === '-t') return context.tty
    if (!files.has(b, context.cwd)) return false
    const stats = files.stat(b, context.cwd, a !== '-L' && a !== '-h')
    if (a === '-f') return stats.isFile()
    if (a === '-d') return stats.isDirectory()
    if (a === '-L' || a === '-h') return stats.isSymbolicLink()
    if (a === '-s') return stats.size > 0
    if (a === '-x') return (stats.mode & 0o111) !== 0
    if (a === '-e' || a === '-r' || a === '-w') return true
    throw new Error(`${a}: unknown operand`)
  }
  const compare: Readonly<Record<string, (x: number, y: number) => boolean>> = {
    '-eq': (x, y) => x === y,
    '-ne': (x, y) => x !== y,
    '-lt': (x, y) => x < y,
    '-le': (x, y) => x <= y,
    '-gt': (x, y) => x > y,
    '-ge': (x, y) => x >= y,
  }
  if (b === '=' || b === '==') return a === c
  if (b === '!=') return a !== c
  const numbers = compare[b]
  if (numbers === undefined) throw new Error(`${b}: unknown operand`)
  for (const each of [a, c]) if (!/^\s*-?\d+\s*$/.test(each)) throw new Error(`bad number ${each}`)
  return numbers(Number(a), Number(c))
}

const readlink: Applet = async (args, context) => {
  const { on, rest } = parseFlags(args, ['f'])
  const { files } = context.world
  const path = rest[0] ?? ''
  await context.stdout.write(`${on.has('f') ? files.real(path, context.cwd) : files.readlink(path, context.cwd)}\n`)
  return 0
}

export const fileApplets: Readonly<Record<string, Applet>> = {
  ls,
  touch,
  mkdir,
  rm,
  cp,
  mv,
  test,
  '[': testWithin(']'),
  '[[': testWithin(']]'),
  readlink,
}

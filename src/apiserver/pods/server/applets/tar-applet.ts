import { Buffer } from 'node:buffer'
import { messageOf } from '../../../../base/errors.js'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import type { Sink } from '../shell/streams.js'
import { lastValue, parseFlags } from './parse-flags.js'
import { formatTarHead, paddingOf, type TarMember, TarReader } from './tar-format.js'

/** `c`, `x` and `t` of archives that come through a pipe, which is what `kubectl cp` needs of a container. */
export const tar: Applet = async (given, context) => {
  // The first argument may be letters without a dash, as of old.
  const [first = '', ...others] = given
  const args = first.startsWith('-') ? given : [`-${first}`, ...others]
  const flags = parseFlags(args, ['c', 'x', 't', 'v', 'm', 'p', 'h', 'o', 'no-same-permissions', 'no-same-owner'], ['f', 'C'])
  const file = lastValue(flags, 'f') ?? '-'
  if (file !== '-') throw new Error(`${file}: archives are read from and written to a pipe only (f -)`)
  const { on, rest } = flags
  const cwd = context.world.files.real(lastValue(flags, 'C') ?? '.', context.cwd)
  const inside = { ...context, cwd }
  if (on.has('c')) return create(rest, inside)
  if (on.has('x') || on.has('t')) return extract(rest, inside, on.has('t'), on.has('v'))
  throw new Error('one of -c, -x and -t is needed')
}

async function create(paths: readonly string[], context: CommandContext): Promise<number> {
  if (paths.length === 0) throw new Error('empty archive')
  let code = 0
  if (paths.some((path) => path.startsWith('/'))) await context.stderr.write("tar: removing leading '/' from member names\n")
  const add = async (path: string): Promise<void> => {
    try {
      await addMember(path, context, add)
    } catch (error) {
      await context.stderr.write(`tar: ${path}: ${messageOf(error)}\n`)
      code = 1
    }
  }
  for (const path of paths) await add(path)
  await context.stdout.write(Buffer.alloc(1024))
  return code
}

async function addMember(path: string, context: CommandContext, add: (path: string) => Promise<void>): Promise<void> {
  const { files } = context.world
  const stats = files.stat(path, context.cwd, false)
  const name = path.replace(/^\/+/, '').replace(/\/+$/, '')
  const member = { mode: stats.mode & 0o7777, mtimeMs: stats.mtimeMs, size: 0, link: '' }
  if (stats.isDirectory()) {
    await context.stdout.write(formatTarHead({ ...member, name: `${name}/`, type: 'directory' }))
    for (const entry of files.list(path, context.cwd)) await add(`${path.replace(/\/+$/, '')}/${entry.name}`)
  } else if (stats.isSymbolicLink()) {
    const link = files.readlink(path, context.cwd)
    await context.stdout.write(formatTarHead({ ...member, name, type: 'link', link }))
  } else if (stats.isFile()) {
    await context.stdout.write(formatTarHead({ ...member, name, type: 'file', size: stats.size }))
    await addContent(path, stats.size, context)
  }
}

/** Exactly as much as the head has promised, whatever happens to the file meanwhile. */
async function addContent(path: string, size: number, { world, cwd, stdout }: CommandContext): Promise<void> {
  let sent = 0
  while (sent < size) {
    const piece = world.files.readFrom(path, cwd, sent).subarray(0, size - sent)
    if (piece.length === 0) break
    sent += piece.length
    await stdout.write(piece)
  }
  await zeros(stdout, size - sent)
  await stdout.write(Buffer.alloc(paddingOf(size)))
}

async function zeros(to: Sink, count: number): Promise<void> {
  const piece = 64 * 1024
  for (let left = count; left > 0; left -= piece) await to.write(Buffer.alloc(Math.min(left, piece)))
}

async function extract(wanted: readonly string[], context: CommandContext, listOnly: boolean, verbose: boolean): Promise<number> {
  const reader = new TarReader(context.stdin)
  let code = 0
  for (let member = await reader.next(); member !== undefined; member = await reader.next()) {
    const { name } = member
    const chosen = wanted.length === 0 || wanted.some((each) => name === each || name.startsWith(`${each}/`))
    if (!chosen) continue
    if (listOnly || verbose) await (listOnly ? context.stdout : context.stderr).write(`${name}\n`)
    if (listOnly) continue
    try {
      await extractMember(member, reader, context)
    } catch (error) {
      await context.stderr.write(`tar: ${name}: ${messageOf(error)}\n`)
      code = 1
    }
  }
  return code
}

async function extractMember(member: TarMember, reader: TarReader, { world, cwd }: CommandContext): Promise<void> {
  const { files } = world
  const name = member.name.replace(/^\/+/, '').replace(/\/+$/, '')
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.length === 0) return
  const makeDirectory = (count: number) => {
    for (let at = 1; at <= count; at++) {
      const directory = parts.slice(0, at).join('/')
      if (!files.has(directory, cwd)) files.mkdir(directory, cwd)
    }
  }
  if (member.type === 'directory') {
    makeDirectory(parts.length)
    return
  }
  if (member.type !== 'file') throw new Error('only files and directories are extracted')
  makeDirectory(parts.length - 1)
  const path = parts.join('/')
  files.write(path, cwd, '')
  for (let piece = await reader.content(); piece !== undefined; piece = await reader.content()) {
    files.write(path, cwd, piece, 'a')
  }
}

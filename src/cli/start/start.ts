import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { codeCacheFolders, openCodeCache } from './code-cache.js'
import { createPartLoader, openPack, type ProgramPack } from './program-pack.js'

/** When a program that goes on has done what belongs to its start. */
const settledMs = 4000

/** What every command needs, what an API server needs besides, all the rest: each is read when the ones before do not suffice. */
const packNames = ['flotilla', 'apiserver', 'fleet']

/** The folder of the packs, which the build names by what is in them. */
declare const flotillaBuild: string

/** Commands that have commands. */
const groups = new Set(['app', 'appset', 'chaos', 'cluster', 'render'])

/**
 * Starts the program that stands in `folder` (tools/bundle.mjs). Code that an earlier start of the same command compiled is used
 * again. `builtin` is Node's own require.
 */
export function startProgram(folder: string, builtin: (name: string) => unknown): void {
  const { argv, env, execArgv } = process
  // Node maps the traces of modules only, so that these have to be modules.
  const mapped = [...execArgv, env.NODE_OPTIONS ?? ''].some((option) => option.includes('--enable-source-maps'))
  // Node's own switch for its own cache.
  const cache = mapped || env.NODE_DISABLE_COMPILE_CACHE ? undefined : openCodeCache(codeCacheFolders(folder, env))
  const packs: ProgramPack[] = []
  const open = (name: string): ProgramPack['parts'] => {
    const path = join(folder, flotillaBuild, `${name}.cjs`)
    if (mapped) return builtin(path) as ProgramPack['parts']
    const pack = openPack(path, `${name}${commandOf(argv.slice(2))}`, cache)
    packs.push(pack)
    return pack.parts
  }
  const opened: ProgramPack['parts'][] = []
  const find = (name: string) => {
    for (const [index, pack] of packNames.entries()) {
      const part = (opened[index] ??= open(pack))[name]
      if (part) return part
    }
    throw new Error(`${folder} was not built in one piece: build it again (${name} is missing)`)
  }
  if (cache) keepCompiled(packs)
  createPartLoader(find, builtin, pathToFileURL(join(folder, flotillaBuild, 'flotilla.cjs')).href)('./main.js')
}

function keepCompiled(packs: readonly ProgramPack[]): void {
  const keep = () => {
    for (const pack of packs) pack.keep()
  }
  setTimeout(keep, settledMs).unref()
  process.once('exit', (code) => {
    // What ends with an error has not run what others will.
    if (code === 0) keep()
  })
}

/** Commands differ in what they use: `-app-list`. What goes on in the background is started by a process that does little. */
function commandOf(args: readonly string[]): string {
  let name = ''
  for (const word of args.slice(0, groups.has(args[0] ?? '') ? 2 : 1)) {
    if (!/^[a-z][a-z-]{0,20}$/.test(word)) break
    name += `-${word}`
  }
  return args.includes('--detach') ? `${name}-detach` : name
}

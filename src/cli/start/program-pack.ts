import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { Script } from 'node:vm'
import type { CachedText, CodeCache } from './code-cache.js'

type Exports = Record<string, unknown>
type Require = (name: string) => unknown
type Factory = (require: Require, module: { exports: Exports }, exports: Exports, url: string) => void

/** A file of the program: parts that are evaluated when they are first asked for. tools/bundle.mjs writes them. */
export interface ProgramPack {
  readonly parts: Readonly<Record<string, Factory>>
  /** Whether all of it was compiled before. */
  readonly cached: boolean
  /** Keeps what has been compiled so far for the next start, unless that is there. */
  keep(): void
}

/** The first line of a pack. */
const mark = /^\/\*! flotilla pack ([0-9a-f]{64}) \*\/\n/

/** Opens a pack, compiled before if `cache` has it under this name. */
export function openPack(path: string, name: string, cache: CodeCache | undefined): ProgramPack {
  const { source, text } = readPack(path)
  const cachedData = text && cache?.read(name, text)
  const script = new Script(source, { filename: path, ...(cachedData && { cachedData }) })
  const cached = cachedData !== undefined && script.cachedDataRejected === false
  let kept = cached
  return {
    // The text is one expression: an object of functions.
    parts: script.runInThisContext() as Record<string, Factory>,
    cached,
    keep() {
      if (kept || !text) return
      kept = true
      cache?.write(name, text, script.createCachedData())
    },
  }
}

function readPack(path: string): { source: string; text: CachedText | undefined } {
  const file = openSync(path, 'r')
  try {
    const { size, mtimeMs } = fstatSync(file)
    // Only ASCII is in it: a string of bytes needs no decoding.
    const source = readFileSync(file, 'latin1')
    const build = mark.exec(source)?.[1]
    return { source, text: build === undefined ? undefined : { build, size, modifiedMs: mtimeMs } }
  } finally {
    closeSync(file)
  }
}

/** Evaluates parts of packs by their names, each once; `find` opens packs as they are needed, `builtin` is Node's own require. */
export function createPartLoader(find: (name: string) => Factory, builtin: Require, url: string): Require {
  const loaded = new Map<string, Exports>()
  const require: Require = (name) => {
    if (!name.startsWith('./')) return builtin(name)
    const known = loaded.get(name)
    if (known) return known
    const module = { exports: {} as Exports }
    find(name)(require, module, module.exports, url)
    // Parts import one another in one direction only and reassign no export, so that plain values do for their getters.
    const plain = Object.defineProperty({ ...module.exports }, '__esModule', { value: true })
    loaded.set(name, plain)
    return plain
  }
  return require
}

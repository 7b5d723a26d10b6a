import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'

/**
 * Compiled code of the program, kept on disk between starts: what V8 makes of a text is bound to its version and to the text, so it
 * is made on each machine by the first start that lacks it.
 *
 * V8 executes such bytes without a look at them. So a file is used only if it is a plain file of this user that nobody else may
 * read or write, says that it was made of exactly this text, and has its checksum; every other file counts as not there and is
 * replaced. Nothing here ever fails: without a cache the program starts slower.
 */
export interface CodeCache {
  /** What was kept of this text under this name. */
  read(name: string, text: CachedText): Buffer | undefined
  /** Keeps it; readers see the old file or the new one, whoever else writes. */
  write(name: string, text: CachedText, code: Buffer): void
}

/** What the code was made of: enough to tell that it is another text without reading all of it. */
export interface CachedText {
  /** Digest that the build put into the text. */
  readonly build: string
  readonly size: number
  readonly modifiedMs: number
}

/** A multiple of eight: V8 copies what is not aligned. */
const headerBytes = 256
/** More than the commands make, with three packs each: what is beyond comes from versions of Node that are gone. */
const mostFiles = 256

/** The first of these folders that can be had is written to; all are read. */
export function openCodeCache(folders: readonly string[], runtime = `${process.version}-${process.arch}`): CodeCache {
  const fileOf = (folder: string, name: string) => join(folder, `${name}-${runtime}.cache`)
  return {
    read(name, text) {
      for (const folder of folders) {
        const code = readTrusted(fileOf(folder, name), headerOf(text))
        if (code) return code
      }
      return undefined
    },
    write(name, text, code) {
      for (const folder of folders) {
        const path = fileOf(folder, name)
        const draft = `${path}.${process.pid}.draft`
        try {
          if (!isOwnPlace(folder)) continue
          mkdirSync(folder, { recursive: true, mode: 0o700 })
          removeSurplus(folder)
          const header = Buffer.alloc(headerBytes, ' ')
          header.write(`${headerOf(text)}${code.length} ${crc32(code)}\n`)
          writeFileSync(draft, Buffer.concat([header, code]), { mode: 0o600, flag: 'wx' })
          renameSync(draft, path)
          return
        } catch {
          remove(draft)
        }
      }
    },
  }
}

/**
 * Where the program's cache may stand: beside the program if that is the user's own (others could not read it), else under the XDG
 * cache home.
 */
export function codeCacheFolders(program: string, env: Readonly<Record<string, string | undefined>>): string[] {
  const own: string[] = []
  try {
    if (isOwn(statSync(program).uid)) own.push(join(program, 'cache'))
  } catch {
    // Then it is not there.
  }
  const home = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(env.HOME ?? homedir(), '.cache')
  return [...own, join(home, 'flotilla', 'code')]
}

function headerOf({ build, size, modifiedMs }: CachedText): string {
  return `flotilla code 1 ${build} ${size} ${modifiedMs} `
}

function readTrusted(path: string, start: string): Buffer | undefined {
  let file: number | undefined
  try {
    // A link could lead to what somebody else writes; a pipe would wait for ever.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    const facts = fstatSync(file)
    const shared = process.platform !== 'win32' && (facts.mode & 0o077) !== 0
    if (!facts.isFile() || !isOwn(facts.uid) || shared || facts.size <= headerBytes) return undefined
    const bytes = Buffer.alloc(facts.size)
    if (readSync(file, bytes) !== facts.size) return undefined
    const header = bytes.toString('latin1', 0, headerBytes)
    if (!header.startsWith(start)) return undefined
    const code = bytes.subarray(headerBytes)
    return header.slice(start.length).trim() === `${code.length} ${crc32(code)}` ? code : undefined
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function isOwn(uid: number): boolean {
  return process.geteuid === undefined || process.geteuid() === uid
}

/**
 * Whether nobody else says what stands there: root that runs with somebody's HOME leaves no files in it, and follows no links of
 * theirs. What is not there yet belongs to who owns the folder above.
 */
function isOwnPlace(folder: string): boolean {
  if (process.platform === 'win32') return true
  for (let path = folder; ; path = dirname(path)) {
    const facts = lstatSync(path, { throwIfNoEntry: false })
    if (facts === undefined && dirname(path) !== path) continue
    if (facts === undefined || !isOwn(facts.uid)) return false
    // A home may be reached by a link; the folder itself is none, and nobody else writes to it.
    return path !== folder || (facts.isDirectory() && (facts.mode & 0o022) === 0)
  }
}

function removeSurplus(folder: string): void {
  const names = readdirSync(folder)
  if (names.length < mostFiles) return
  for (const name of names) if (/\.(cache|draft)$/.test(name)) remove(join(folder, name))
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is not there, or nothing can be done about it.
  }
}

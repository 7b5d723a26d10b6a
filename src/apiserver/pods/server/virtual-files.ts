import {
  chmodSync,
  closeSync,
  type Dirent,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { posix } from 'node:path'
import type { Mount } from '../process/messages.js'

/** A failure of a file operation, worded as a shell's tools do: `cat: can't open 'x': No such file or directory`. */
export class FileError extends Error {
  readonly code: string
  constructor(code: string) {
    super(reasons[code] ?? code)
    this.code = code
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EEXIST: 'File exists',
  EACCES: 'Permission denied',
  EROFS: 'Read-only file system',
  ELOOP: 'Too many levels of symbolic links',
  ENOTEMPTY: 'Directory not empty',
  EINVAL: 'Invalid argument',
  EFBIG: 'File too large',
}

interface Place {
  /** Where it is on this machine. */
  readonly host: string
  readonly readOnly: boolean
  /** Absolute, inside the container. */
  readonly path: string
}

const mostLinks = 40
const mostBytes = 16 * 1024 * 1024

/**
 * The files of a container: a directory of this machine as `/`, with volumes mounted into it. Every path is walked element by
 * element and symbolic links are followed inside, so nothing outside can be reached, `..` and absolute links included.
 */
export class VirtualFiles {
  readonly #root: string
  readonly #mounts: readonly Mount[]
  readonly #writable: readonly string[] | undefined

  /** Where `writable` is given, the root is read-only but for these files. */
  constructor(root: string, mounts: readonly Mount[], writable?: readonly string[]) {
    this.#root = root
    this.#writable = writable
    this.#mounts = mounts.map((mount) => ({ ...mount, path: posix.resolve('/', mount.path) }))
  }

  /** The path inside the container without links, `.` and `..`. */
  real(path: string, cwd: string): string {
    return this.#walk(path, cwd, true).path
  }

  /** Of /dev/null nothing, though no such file is there. */
  read(path: string, cwd: string): Buffer {
    if (path === '/dev/null') return Buffer.alloc(0)
    return attempt(() => {
      const place = this.#walk(path, cwd, true)
      const file = openSync(place.host, 'r')
      try {
        const stats = fstatSync(file)
        if (stats.isDirectory()) throw new FileError('EISDIR')
        if (!stats.isFile()) throw new FileError('EACCES')
        if (stats.size > mostBytes) throw new FileError('EFBIG')
        return readFileSync(file)
      } finally {
        closeSync(file)
      }
    })
  }

  /** What stands in a file behind `offset`. */
  readFrom(path: string, cwd: string, offset: number): Buffer {
    return attempt(() => {
      const file = openSync(this.#walk(path, cwd, true).host, 'r')
      try {
        const length = Math.min(Math.max(fstatSync(file).size - offset, 0), mostBytes)
        const buffer = Buffer.alloc(length)
        return buffer.subarray(0, readSync(file, buffer, 0, length, offset))
      } finally {
        closeSync(file)
      }
    })
  }

  write(path: string, cwd: string, data: Uint8Array | string, flag: 'w' | 'a' = 'w'): void {
    attempt(() => {
      const place = this.#placeToWrite(path, cwd)
      if (exists(place.host) && !statSync(place.host).isFile()) throw new FileError('EISDIR')
      writeFileSync(place.host, data, { flag })
    })
  }

  touch(path: string, cwd: string, timeMs: number): void {
    attempt(() => {
      const place = this.#placeToWrite(path, cwd)
      if (exists(place.host)) utimesSync(place.host, timeMs / 1000, timeMs / 1000)
      else writeFileSync(place.host, '', { flag: 'wx' })
    })
  }

  chmod(path: string, cwd: string, mode: number): void {
    attempt(() => chmodSync(this.#placeToWrite(path, cwd).host, mode))
  }

  /** Whether it lies in a volume that is to be held in memory. */
  isInMemory(path: string, cwd: string): boolean {
    return this.#mountOf(this.#walk(path, cwd, true).path)?.inMemory === true
  }

  /** The group that owns what lies there: that of its volume, otherwise the superuser's. */
  groupOf(path: string, cwd: string): number {
    return this.#mountOf(this.#walk(path, cwd, true).path)?.group ?? 0
  }

  mkdir(path: string, cwd: string): void {
    attempt(() => mkdirSync(this.#placeToWrite(path, cwd).host))
  }

  remove(path: string, cwd: string, recursive: boolean): void {
    attempt(() => {
      const place = this.#walk(path, cwd, false)
      if (place.readOnly || this.#mounts.some((mount) => mount.path === place.path || mount.path.startsWith(`${place.path}/`)))
        throw new FileError('EROFS')
      if (place.path === '/') throw new FileError('EINVAL')
      if (lstatSync(place.host).isDirectory() && !recursive) throw new FileError('EISDIR')
      rmSync(place.host, { recursive })
    })
  }

  list(path: string, cwd: string): Dirent[] {
    return attempt(() => readdirSync(this.#walk(path, cwd, true).host, { withFileTypes: true }))
  }

  stat(path: string, cwd: string, follow = true): Stats {
    return attempt(() => lstatSync(this.#walk(path, cwd, follow).host))
  }

  readlink(path: string, cwd: string): string {
    return attempt(() => readlinkSync(this.#walk(path, cwd, false).host))
  }

  has(path: string, cwd: string): boolean {
    try {
      this.stat(path, cwd)
      return true
    } catch {
      return false
    }
  }

  #placeToWrite(path: string, cwd: string): Place {
    const place = this.#walk(path, cwd, true)
    if (place.readOnly) throw new FileError('EROFS')
    return place
  }

  #walk(path: string, cwd: string, follow: boolean): Place {
    if (path === '' || path.includes('\0')) throw new FileError('ENOENT')
    const ahead = `${path.startsWith('/') ? '' : cwd}/${path}`.split('/').filter((part) => part !== '' && part !== '.')
    let at = '/'
    let links = 0
    while (ahead.length > 0) {
      const part = ahead.shift() as string
      if (part === '..') {
        at = posix.dirname(at)
        continue
      }
      const next = at === '/' ? `/${part}` : `${at}/${part}`
      const stats = this.#isMount(next) ? undefined : linkStats(this.#host(next).host)
      if (stats?.isSymbolicLink() && (follow || ahead.length > 0)) {
        if (++links > mostLinks) throw new FileError('ELOOP')
        const to = readlinkSync(this.#host(next).host)
        if (to.startsWith('/')) at = '/'
        ahead.unshift(...to.split('/').filter((each) => each !== '' && each !== '.'))
        continue
      }
      if (ahead.length > 0 && stats !== undefined && !stats.isDirectory()) throw new FileError('ENOTDIR')
      if (ahead.length > 0 && stats === undefined && !this.#isMount(next)) throw new FileError('ENOENT')
      at = next
    }
    return this.#host(at)
  }

  #isMount(path: string): boolean {
    return this.#mounts.some((mount) => mount.path === path)
  }

  #mountOf(path: string): Mount | undefined {
    let best: Mount | undefined
    for (const mount of this.#mounts) {
      const inside = path === mount.path || path.startsWith(`${mount.path}/`)
      if (inside && mount.path.length > (best?.path.length ?? 0)) best = mount
    }
    return best
  }

  #host(path: string): Place {
    const best = this.#mountOf(path)
    if (best === undefined) {
      const readOnly = this.#writable !== undefined && !this.#writable.includes(path)
      return { host: path === '/' ? this.#root : `${this.#root}${path}`, readOnly, path }
    }
    return { host: `${best.directory}${path.slice(best.path.length)}`, readOnly: best.readOnly, path }
  }
}

function linkStats(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

function exists(path: string): boolean {
  return linkStats(path) !== undefined
}

/** Failures of the system in the words of the tools, without the path on this machine. */
function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof FileError) throw error
    throw new FileError((error as NodeJS.ErrnoException).code ?? 'EACCES')
  }
}

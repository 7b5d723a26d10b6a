import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CodedError, messageOf, UsageError } from '../../base/errors.js'

/**
 * Everything an embedded fleet keeps, in one directory (mode 0700):
 *
 *     fleet.json      what the fleet is: clusters, ports (0600)
 *     kubeconfig      a context for the hub and each member (0600)
 *     running.json    who runs it now, only while it runs (0600)
 *     pki/            the fleet's CA and certificates
 *     state/          the API servers' log and snapshots
 *     git/            repositories of the fleet's own Git server
 *     pods/           what pods that run as processes have on disk; removed at the next start
 *     volumes/        the files of PersistentVolumeClaims
 *     cache/          mirrors of other repositories; may be deleted
 *     flotilla.log    output of a detached fleet
 */
export interface DataDirectory {
  readonly path: string
  file(name: string): string
}

/** The default data directory, under the XDG state home. */
export function defaultDataDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const state = env.XDG_STATE_HOME
  const home = state?.startsWith('/') ? state : join(env.HOME ?? homedir(), '.local', 'state')
  return join(home, 'flotilla')
}

/** Where things are in a data directory. Touches nothing. */
export function openDataDirectory(path: string): DataDirectory {
  const absolute = resolve(path)
  return { path: absolute, file: (name) => join(absolute, name) }
}

/** What a fleet that was ever started leaves behind. */
const marks = ['fleet.json', 'pki', 'state', 'running.json', 'flotilla.log']

/** Makes the directory if need be, for its owner alone. Refuses one that is somebody else's or holds other things. */
export function prepareDataDirectory(path: string): DataDirectory {
  const directory = openDataDirectory(path)
  const refuse = (why: string) =>
    new UsageError({
      code: 'not-a-fleet-directory',
      message: `${directory.path} cannot be the data directory of a fleet: ${why}`,
      fix: 'Name a directory that does not exist yet, an empty one, or that of a fleet, with --data-dir.',
    })
  try {
    const made = makeDirectory(directory.path)
    const names = readdirSync(directory.path)
    if (!made && names.length > 0 && !names.some((name) => marks.includes(name))) throw refuse('it holds other things')
    chmodSync(directory.path, 0o700)
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw refuse(messageOf(error))
  }
  return directory
}

/** Makes a directory and those above it; false when it was there. (Node's recursive mkdir never ends below /proc.) */
export function makeDirectory(path: string): boolean {
  const make = () => {
    try {
      mkdirSync(path, { mode: 0o700 })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }
  try {
    return make()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    makeDirectory(dirname(path))
    return make()
  }
}

/** Writes so that a reader sees the old text or the new one, never a part; readable by the owner only. */
export function writePrivateFile(path: string, text: string): void {
  replacePrivateFile(path, text)
  flushDirectory(dirname(path))
}

/** The same, for one of many files: their directory has to be flushed when all are written. */
export function replacePrivateFile(path: string, text: string): void {
  const next = `${path}.${process.pid}.next`
  writeFileSync(next, text, { mode: 0o600, flush: true })
  renameSync(next, path)
}

/** A key must not be lost to a power cut when what it encrypts is not. */
export function flushDirectory(path: string): void {
  let directory: number
  try {
    directory = openSync(path, 'r')
  } catch {
    // Not on every platform.
    return
  }
  try {
    fsyncSync(directory)
  } catch {
    // Not on every file system.
  } finally {
    closeSync(directory)
  }
}

/** Who runs the fleet of a data directory, as `running.json` says. */
export interface RunningFleet {
  readonly pid: number
  /** Start time of the process as the kernel tells it, '' where it cannot be told: pids are used again. */
  readonly processStart: string
  readonly ready: boolean
}

export function readRunningFleet(directory: DataDirectory, name = 'running.json'): RunningFleet | undefined {
  const path = directory.file(name)
  if (!existsSync(path)) return undefined
  let running: RunningFleet
  try {
    running = JSON.parse(readFileSync(path, 'utf8')) as RunningFleet
  } catch {
    return undefined
  }
  return isRunning(running) ? running : undefined
}

/** Takes the directory for this process, or says who has it. The returned function gives it back. */
export function lockDataDirectory(directory: DataDirectory): { markReady(): void; release(): void } {
  const path = directory.file('running.json')
  const draft = `${path}.${process.pid}.draft`
  const mine: RunningFleet = { pid: process.pid, processStart: processFacts(process.pid).start, ready: false }
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 })
      createWhole(draft, path)
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const other = readRunningFleet(directory)
      if (other || attempt > 2) {
        throw new CodedError({
          code: 'fleet-already-running',
          message: `a fleet is already running on ${directory.path}${other ? ` (process ${other.pid})` : ''}`,
          fix: 'Use it as it is, stop it with `flotilla down`, or choose another --data-dir.',
        })
      }
      removeStale(directory, path)
    } finally {
      removeFile(draft)
    }
  }
  return {
    markReady() {
      // Of a process that a power cut ends nothing has to be told: no need to wait for the disk.
      writeFileSync(draft, JSON.stringify({ ...mine, ready: true }), { mode: 0o600 })
      renameSync(draft, path)
    },
    release: () => removeFile(path),
  }
}

/** Unless it is gone already. (rmSync brings what removes trees, which costs a start a millisecond.) */
function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Fails with EEXIST when it is there. Nobody sees it half written, which would look like the lock of a dead fleet. */
function createWhole(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch (error) {
    // A file system without links has to do with less.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    writeFileSync(path, readFileSync(draft), { flag: 'wx', mode: 0o600 })
  }
}

/** Takes a dead fleet's lock away. Should another process have replaced it just now, that one is put back. */
function removeStale(directory: DataDirectory, path: string): void {
  const aside = `running.json.${process.pid}.stale`
  try {
    renameSync(path, directory.file(aside))
    if (readRunningFleet(directory, aside)) createWhole(directory.file(aside), path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error
  } finally {
    removeFile(directory.file(aside))
  }
}

function isRunning(running: RunningFleet): boolean {
  try {
    process.kill(running.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // A process that was killed and not yet buried (state Z) still answers to signal 0.
  const { state, start } = processFacts(running.pid)
  return state !== 'Z' && (start === '' || running.processStart === '' || start === running.processStart)
}

function processFacts(pid: number): { state: string; start: string } {
  try {
    // Fields 3 and 22, counted from the command name, which is in parentheses and may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', start: fields[19] ?? '' }
  } catch {
    return { state: '', start: '' }
  }
}

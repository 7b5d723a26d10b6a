import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Payload } from './volume-payload.js'

const dataLink = '..data'

/**
 * Makes a volume hold exactly these files, all at once for whoever reads it: they are written to a directory of their own, and
 * the link `..data` is swapped to it; the names that readers use are links through it. False when nothing had to change.
 */
export function writeAtomically(volume: string, files: Payload, stamp: string): boolean {
  mkdirSync(volume, { recursive: true, mode: 0o755 })
  const before = currentDirectory(volume)
  if (before !== undefined && holds(join(volume, before), files)) return false
  let name = `..${stamp}`
  for (let count = 1; existsSync(join(volume, name)); count++) name = `..${stamp}_${count}`
  const next = join(volume, name)
  mkdirSync(next, { mode: 0o755 })
  for (const [path, { data, mode }] of files) {
    const to = join(next, path)
    mkdirSync(dirname(to), { recursive: true, mode: 0o755 })
    writeFileSync(to, data, { mode })
    // The mode of a new file is cut by the umask. The owner reads it in any case: the kubelet and the pod are one user here.
    chmodSync(to, mode | 0o400)
  }
  const swap = join(volume, `${dataLink}_tmp`)
  rmSync(swap, { force: true })
  symlinkSync(name, swap)
  renameSync(swap, join(volume, dataLink))
  const shown = new Set([...files.keys()].map((path) => path.split('/')[0] as string))
  for (const each of shown) if (linkStat(join(volume, each)) === undefined) symlinkSync(`${dataLink}/${each}`, join(volume, each))
  for (const each of readdirSync(volume))
    if (!each.startsWith('..') && !shown.has(each)) rmSync(join(volume, each), { recursive: true })
  if (before !== undefined) rmSync(join(volume, before), { recursive: true, force: true })
  return true
}

function currentDirectory(volume: string): string | undefined {
  try {
    const name = readlinkSync(join(volume, dataLink))
    // Only what was put there by the function above: what it names is removed.
    return /^\.\.[^./][^/]*$/.test(name) ? name : undefined
  } catch {
    return undefined
  }
}

function holds(directory: string, files: Payload): boolean {
  const present = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  if (present.length !== files.size) return false
  for (const [path, { data, mode }] of files) {
    const at = join(directory, path)
    const stats = linkStat(at)
    if (stats === undefined || (stats.mode & 0o777) !== ((mode | 0o400) & 0o777) || !readFileSync(at).equals(data)) return false
  }
  return true
}

function linkStat(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

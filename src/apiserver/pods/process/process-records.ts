import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerUsage } from '../contract.js'

const recordName = 'process'
/** USER_HZ; Linux has had no other value for user space in decades. */
const ticksPerSecond = 100
const pageBytes = 4096

/** Notes which process works in a directory, so that the next fleet can end it should this one die. */
export function recordProcess(directory: string, pid: number): void {
  writeFileSync(join(directory, recordName), `${pid} ${startOf(pid)}`, { mode: 0o600 })
}

/** Ends what an earlier fleet left running below `directory` and removes the directory. */
export function removeLeftovers(directory: string): void {
  let names: string[] = []
  try {
    names = readdirSync(directory, { recursive: true }).map(String)
  } catch {
    // There is none.
  }
  for (const name of names) {
    if (!name.endsWith(`/${recordName}`)) continue
    try {
      const [pid = '', start = ''] = readFileSync(join(directory, name), 'utf8').split(' ')
      // The start time tells it from another process that has got its number since.
      if (start !== '' && startOf(Number(pid)) === start) process.kill(-Number(pid), 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  rmSync(directory, { recursive: true, force: true })
}

/** What the kernel says about a process; undefined where it cannot be asked (no /proc) or the process has gone. */
export function usageOf(pid: number): Omit<ContainerUsage, 'container'> | undefined {
  try {
    const fields = statFields(pid)
    const [, resident = 0, shared = 0] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ').map(Number)
    return {
      cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond,
      memoryBytes: resident * pageBytes,
      ownMemoryBytes: (resident - shared) * pageBytes,
    }
  } catch {
    return undefined
  }
}

function startOf(pid: number): string {
  try {
    return statFields(pid)[19] ?? ''
  } catch {
    return ''
  }
}

/** /proc/PID/stat from the third field on; the second, the name, may hold spaces. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

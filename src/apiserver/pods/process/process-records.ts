import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/**
 * Ends what an earlier fleet left running below `directory` and removes the directory. Records are read only from where this
 * fleet writes them, CLUSTER/POD/containers/NAME/process: what lies deeper is the pods' own, and says nothing about processes.
 */
export function removeLeftovers(directory: string): void {
  for (const pod of foldersIn(directory).flatMap(foldersIn)) {
    for (const container of foldersIn(join(pod, 'containers'))) endRecorded(join(container, recordName))
  }
  rmSync(directory, { recursive: true, force: true })
}

/** The directories in a directory; links to some are none. */
function foldersIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name))
  } catch {
    return []
  }
}

function endRecorded(file: string): void {
  try {
    if (!lstatSync(file).isFile()) return
    const [pid = '', start = ''] = readFileSync(file, 'utf8').split(' ')
    // To signal -1 is to signal everybody. The start time tells it from another process that has got its number since.
    if (Number(pid) > 1 && start !== '' && startOf(Number(pid)) === start) process.kill(-Number(pid), 'SIGKILL')
  } catch {
    // There is none, or it has ended.
  }
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

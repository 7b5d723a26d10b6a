import { close, closeSync, fsync, fsyncSync, mkdirSync, openSync, readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The files of a storage directory: `log-N` segments, and `snapshot-N` with the state at the end of segment N. Only the newest
 * snapshot and the segments after it count; older ones are left-overs of an interrupted rotation.
 */
export interface LogFiles {
  readonly snapshot: number | undefined
  /** Ascending; all newer than the snapshot. */
  readonly segments: readonly number[]
}

const digits = 10
export const segmentPath = (directory: string, number: number) => join(directory, `log-${String(number).padStart(digits, '0')}`)
export const snapshotPath = (directory: string, number: number) =>
  join(directory, `snapshot-${String(number).padStart(digits, '0')}`)

/** Creates the directory where needed and lists its files; removes what an interrupted rotation left behind. */
export function openDirectory(directory: string): LogFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const numbersOf = (kind: string) =>
    readdirSync(directory)
      .map((name) => new RegExp(`^${kind}-(\\d{${digits}})$`).exec(name)?.[1])
      .filter((text) => text !== undefined)
      .map(Number)
      .sort((a, b) => a - b)
  for (const name of readdirSync(directory)) if (name.endsWith('.partial')) unlinkSync(join(directory, name))
  const snapshot = numbersOf('snapshot').at(-1)
  removeThrough(directory, snapshot)
  return { snapshot, segments: numbersOf('log') }
}

/** Removes the segments that the snapshot covers, and the snapshots before it. */
export function removeThrough(directory: string, snapshot: number | undefined): void {
  if (snapshot === undefined) return
  for (const name of readdirSync(directory)) {
    const match = /^(log|snapshot)-(\d+)$/.exec(name)
    if (match === null) continue
    const number = Number(match[2])
    if (number < snapshot || (number === snapshot && match[1] === 'log')) unlinkSync(join(directory, name))
  }
}

/** Makes created, renamed and removed names in the directory durable. */
export function syncDirectory(directory: string): void {
  const file = openSync(directory, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The same, off this thread. */
export async function syncDirectoryLater(directory: string): Promise<void> {
  const file = openSync(directory, 'r')
  await new Promise<void>((done, fail) =>
    fsync(file, (error) => close(file, (closeError) => ((error ?? closeError) ? fail(error ?? closeError) : done()))),
  )
}

import { truncateSync } from 'node:fs'
import { CodedError } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import { type LogFiles, segmentPath, snapshotPath } from './log-files.js'
import { type LogRecord, openRecord } from './log-record.js'
import { readRecords } from './record-file.js'
import type { RecordSeal } from './record-seal.js'
import type { StorageCore } from './storage-core.js'

/**
 * Loads the newest snapshot and replays the segments after it. A damaged end of the last segment is what a crash in the
 * middle of a write leaves: never acknowledged, cut off. Damage anywhere else is an error, because what follows it was
 * acknowledged. Returns the sizes in bytes.
 */
export function recover(
  directory: string,
  files: LogFiles,
  core: StorageCore,
  log: Log,
  seal?: RecordSeal,
): { snapshotBytes: number; tailBytes: number } {
  let snapshotBytes = 0
  if (files.snapshot !== undefined) {
    const path = snapshotPath(directory, files.snapshot)
    let count = 0
    let complete = false
    const result = readRecords(path, (record) => {
      if (record[0] === 'end') complete = record[1] === count
      else load(core, openRecord(record, seal))
      count++
    })
    if (!complete || !result.intact) throw damaged(path, result.wholeBytes)
    snapshotBytes = result.wholeBytes
  }
  let tailBytes = 0
  for (const [index, number] of files.segments.entries()) {
    const path = segmentPath(directory, number)
    const result = readRecords(path, (record) => replay(core, openRecord(record, seal)))
    tailBytes = result.wholeBytes
    if (result.intact) continue
    if (index < files.segments.length - 1 || result.followed) throw damaged(path, result.wholeBytes)
    log.warn('the log ended in the middle of a write that was never acknowledged: cut off', {
      file: path,
      atByte: result.wholeBytes,
    })
    truncateSync(path, result.wholeBytes)
  }
  return { snapshotBytes, tailBytes }
}

function load(core: StorageCore, record: LogRecord): void {
  if (record[0] === 'r') core.stateOf(record[1], record[2])
  else if (record[0] === 'p') core.stateOf(record[1]).restore(record[3], record[4], record[5])
  else if (record[0] === 't') core.stateOf(record[1]).restore(record[2], record[3], null)
}

function replay(core: StorageCore, record: LogRecord): void {
  if (record[0] === 'p') core.stateOf(record[1]).replay(record[3], record[4], record[2], record[5])
  else if (record[0] === 'd') core.stateOf(record[1]).replay(record[3], record[4], record[2], undefined)
  else if (record[0] === 'x') core.forget(record[1])
}

function damaged(path: string, atByte: number): CodedError {
  return new CodedError({
    code: 'storage-damaged',
    message: `${path}: the record at byte ${atByte} is damaged, and acknowledged writes follow it`,
    fix: 'Restore the state directory from a backup, or move it away to start with an empty fleet.',
  })
}

import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { BaseLayer, Storage } from './contract.js'
import { encodeObject } from './encoding.js'
import { openDirectory, removeThrough } from './log-files.js'
import { LogWriter } from './log-writer.js'
import type { RecordSeal } from './record-seal.js'
import { recover } from './recovery.js'
import { captureState, writeSnapshot } from './snapshot.js'
import { type HistoryLimits, type Journal, StorageCore } from './storage-core.js'

/**
 * State in files of one directory (mode 0700, files 0600). A commit is acknowledged when it stands in the file, which
 * survives kill -9; with `sync`, when the disk has it, which survives power loss. One process at a time may open a
 * directory: the caller holds the lock.
 */
export function openFileStorage(
  options: {
    directory: string
    sync: boolean
    log: Log
    base?: BaseLayer
    /** The log is replaced by a snapshot when it has grown by this much and by the size of the last snapshot (default 64 MiB). */
    rotateBytes?: number
    /** Encrypts objects in the files. Files from before are read as they are and encrypted by the next snapshot. */
    seal?: RecordSeal
  } & HistoryLimits,
): Storage {
  const { directory, log } = options
  const rotateBytes = options.rotateBytes ?? 64 * 1024 * 1024
  const files = openDirectory(directory)
  let snapshotting: Promise<void> | undefined
  let snapshotBytes = 0
  let inFlight: Promise<void> | undefined
  // The journal comes after recovery, since the torn end of the last segment must be cut off first.
  let writer: LogWriter | undefined
  const due = () => writer!.bytes > Math.max(rotateBytes, snapshotBytes)

  const takeSnapshot = async () => {
    try {
      const rotated = writer!.rotate()
      // In the same turn: what is visible now stands in ended segments, or comes (once more) in the new one.
      const capture = captureState(core)
      const { undone } = core
      const ended = await rotated
      // The group that was visible at the capture may fail yet, at its sync.
      await inFlight?.catch(() => undefined)
      if (core.undone !== undone) return
      snapshotBytes = await writeSnapshot(directory, ended, capture, options.seal)
      removeThrough(directory, ended)
      log.debug('wrote a snapshot', { bytes: snapshotBytes, objects: capture.length })
    } catch (error) {
      // Nothing is lost: the segments stay until a snapshot covers them.
      log.warn('a snapshot could not be written; the log goes on', { error: messageOf(error) })
    }
  }
  const rotateWhenDue = () => {
    if (snapshotting !== undefined || !due()) return
    snapshotting = takeSnapshot().finally(() => {
      snapshotting = undefined
    })
  }
  const journal: Journal = {
    schedule: (flush) => setImmediate(flush),
    // The text is kept for the write. An object without one (nested too deeply) must fail alone, not with its group.
    prepare: (object) => encodeObject(object).length,
    write(entries) {
      rotateWhenDue()
      inFlight = undefined
      const written = writer!.write(entries)
      if (written !== undefined) inFlight = written
      return written
    },
    close: () => writer!.close(),
  }
  const core = new StorageCore({ ...options, journal })
  const recovered = recover(directory, files, core, log, options.seal)
  snapshotBytes = recovered.snapshotBytes
  writer = new LogWriter({
    directory,
    number: files.segments.at(-1) ?? (files.snapshot ?? 0) + 1,
    bytes: recovered.tailBytes,
    isFirst: files.snapshot === undefined && files.segments.length === 0,
    sync: options.sync,
    ...(options.seal === undefined ? {} : { seal: options.seal }),
    onClose: async () => {
      await snapshotting
      if (due()) await takeSnapshot()
    },
  })
  return core
}

import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { CodedError, messageOf } from '../../base/errors.js'
import { segmentPath, syncDirectory, syncDirectoryLater } from './log-files.js'
import { formatRecord } from './log-record.js'
import type { RecordSeal } from './record-seal.js'
import type { Journal, JournalEntry } from './storage-core.js'
import { WriteRefused } from './write-refused.js'

const dataSync = (file: number) =>
  new Promise<void>((done, fail) => fdatasync(file, (error) => (error === null ? done() : fail(error))))

/** A quota and a limit of the file's size are no fault of the disk either. */
const outOfSpace = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const codeOf = (error: unknown) => String((error as { code?: unknown }).code)

/** Appends groups of changes to the current segment; one write for a group, and one fdatasync with `sync`. */
export class LogWriter implements Journal {
  readonly #directory: string
  readonly #sync: boolean
  readonly #onClose: () => Promise<void>
  readonly #seal: RecordSeal | undefined
  #file: number
  #number: number
  #bytes: number
  /** Until the name of the first segment is durable. */
  #named: Promise<void> | undefined

  /** `bytes`: how much of the segment there is already (whole records only). `isFirst`: nothing was there to be recovered. */
  constructor(options: {
    directory: string
    number: number
    bytes: number
    isFirst?: boolean
    sync: boolean
    seal?: RecordSeal
    onClose: () => Promise<void>
  }) {
    this.#directory = options.directory
    this.#sync = options.sync
    this.#onClose = options.onClose
    this.#seal = options.seal
    this.#number = options.number
    this.#bytes = options.bytes
    this.#file = openSync(segmentPath(options.directory, options.number), 'a', 0o600)
    if (options.sync && options.isFirst) {
      // Nobody is told anything before the first write, which waits for it.
      this.#named = syncDirectoryLater(options.directory)
      this.#named.catch(() => undefined)
    } else if (options.sync) {
      // What recovery has read may stand in the page cache only (a kill between write and sync), and is about to be told.
      try {
        fdatasyncSync(this.#file)
        syncDirectory(options.directory)
      } catch (error) {
        closeSync(this.#file)
        throw this.#failed(error)
      }
    }
  }

  get number(): number {
    return this.#number
  }

  /** Size of the current segment. */
  get bytes(): number {
    return this.#bytes
  }

  schedule(flush: () => void): void {
    setImmediate(flush)
  }

  write(entries: readonly JournalEntry[]): Promise<void> | void {
    let text = ''
    for (const entry of entries) {
      if ('dropped' in entry) text += formatRecord(['x', entry.dropped])
      else if (entry.type === 'DELETED') text += formatRecord(['d', entry.cluster, entry.revision, entry.resource, entry.key])
      else text += formatRecord(['p', entry.cluster, entry.revision, entry.resource, entry.key, entry.object], this.#seal)
    }
    const data = Buffer.from(text)
    try {
      this.#append(data)
    } catch (error) {
      throw this.#refused(error)
    }
    if (!this.#sync) return undefined
    const before = this.#bytes - data.length
    return this.#durable().catch((error: unknown) => {
      // The pages count as clean from now on though the disk may lack them: a second sync would lie. Nobody was told of them.
      this.#cut(before)
      throw this.#failed(error)
    })
  }

  async #durable(): Promise<void> {
    const written = dataSync(this.#file)
    if (this.#named === undefined) return written
    await Promise.all([this.#named, written])
    this.#named = undefined
  }

  /** Starts the next segment at once; resolves with the number of the ended one when that is durable. Between writes only. */
  async rotate(): Promise<number> {
    const ended = { file: this.#file, number: this.#number }
    this.#file = this.#begin(ended.number + 1)
    this.#number++
    this.#bytes = 0
    try {
      await dataSync(ended.file)
    } finally {
      closeSync(ended.file)
    }
    return ended.number
  }

  /** A segment whose name is durable (with `sync`), or an error that leaves no file: the current segment goes on then. */
  #begin(number: number): number {
    const path = segmentPath(this.#directory, number)
    const file = openSync(path, 'a', 0o600)
    if (!this.#sync) return file
    try {
      syncDirectory(this.#directory)
    } catch (error) {
      closeSync(file)
      unlinkSync(path)
      throw error
    }
    return file
  }

  async close(): Promise<void> {
    await this.#onClose()
    fdatasyncSync(this.#file)
    closeSync(this.#file)
  }

  #append(data: Buffer): void {
    // A short write is no error to the operating system; the rest follows, or fails with the reason.
    for (let at = 0; at < data.length; ) at += writeSync(this.#file, data, at)
    this.#bytes += data.length
  }

  /** Takes back what a failed write has left; the failure is final if that fails too, or if it is not space that lacks. */
  #refused(cause: unknown): CodedError {
    if (!this.#cut(this.#bytes) || !outOfSpace.has(codeOf(cause))) return this.#failed(cause)
    return new WriteRefused({
      code: 'storage-full',
      message: `${segmentPath(this.#directory, this.#number)}: nothing was written: ${messageOf(cause)}`,
      fix: 'Free space; writes then succeed again without a restart. What was acknowledged is safe.',
      cause,
    })
  }

  #cut(bytes: number): boolean {
    try {
      ftruncateSync(this.#file, bytes)
      return true
    } catch {
      return false
    }
  }

  #failed(cause: unknown): CodedError {
    return new CodedError({
      code: 'storage-write-failed',
      message: `${segmentPath(this.#directory, this.#number)}: the write was not made durable: ${messageOf(cause)}`,
      fix: 'Free space or repair the disk, then restart; what was acknowledged before is safe.',
      cause,
    })
  }
}

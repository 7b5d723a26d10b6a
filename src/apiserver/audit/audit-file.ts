import { closeSync, existsSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { AuditSink } from './audit-trail.js'

/**
 * Appends lines to a file (mode 0600), those of one turn of the event loop in one write. A file that has grown to `rotateBytes`
 * becomes FILE.1, the one before FILE.2, up to `keep` of them. A disk that takes nothing more is told of once a minute and
 * stops nobody's requests; the lines of that time are lost, and counted.
 */
export function createAuditFile(options: {
  readonly path: string
  readonly log: Log
  readonly now: () => number
  readonly rotateBytes?: number
  readonly keep?: number
}): { readonly sink: AuditSink; close(): void } {
  const { path, log, rotateBytes = 100 * 1024 * 1024, keep = 10 } = options
  let file = openSync(path, 'a', 0o600)
  let size = fstatSync(file).size
  let waiting: string[] = []
  let lost = 0
  let toldAt = Number.NEGATIVE_INFINITY
  let closed = false

  const rotate = () => {
    closeSync(file)
    rmSync(`${path}.${keep}`, { force: true })
    for (let number = keep - 1; number >= 1; number--) {
      if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`)
    }
    renameSync(path, `${path}.1`)
    file = openSync(path, 'a', 0o600)
    size = 0
  }
  const flush = () => {
    const lines = waiting
    waiting = []
    if (lines.length === 0 || closed) return
    try {
      if (size >= rotateBytes) rotate()
      const data = Buffer.from(lines.join(''))
      for (let at = 0; at < data.length; ) at += writeSync(file, data, at)
      size += data.length
    } catch (error) {
      lost += lines.length
      if (options.now() - toldAt < 60_000) return
      toldAt = options.now()
      log.error('the audit log cannot be written', { file: path, lines: lost, error: messageOf(error) })
    }
  }
  return {
    sink(line) {
      if (closed) return
      if (waiting.push(line) === 1) setImmediate(flush)
    },
    close() {
      flush()
      closed = true
      closeSync(file)
    },
  }
}

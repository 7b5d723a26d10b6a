import { Readable } from 'node:stream'
import type { PodLogOptions } from '../pod-access.js'
import type { ContainerLog, LogLine } from './container-log.js'

/** Held for a follower who does not read; beyond it he is sent away. */
const mostWaiting = 32 * 1024 * 1024
/** What was written before is read no faster than it is taken. */
const mostAhead = 256 * 1024

/** A log as the API hands it out: chosen by stream, time and count, cut after so many bytes, and further on with `follow`. */
export function readContainerLog(log: ContainerLog, options: PodLogOptions): Readable {
  const wanted = (line: LogLine) =>
    (options.stream === 'All' || line.stream === options.stream.toLowerCase()) &&
    (options.sinceMs === undefined || line.timeMs >= options.sinceMs)
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  let atStart = true
  let stop = () => {}
  let taken = () => {}
  const snapshot = log.snapshot()
  const output = new Readable({
    read: () => taken(),
    destroy(error, done) {
      stop()
      taken()
      snapshot.close()
      done(error)
    },
  })
  const push = (line: LogLine) => {
    if (left <= 0 || output.destroyed) return
    const text = `${options.timestamps && atStart ? `${line.time} ` : ''}${line.text}${line.full ? '\n' : ''}`
    atStart = line.full
    const data = Buffer.from(text).subarray(0, left)
    left -= data.length
    output.push(data)
    if (left <= 0) finish()
  }
  let finished = false
  const finish = () => {
    if (finished || output.destroyed) return
    finished = true
    stop()
    output.push(null)
  }

  // What comes while the past is read waits for its turn.
  let coming: LogLine[] | undefined = []
  let waiting = 0
  let over = !options.follow
  const sendAway = () => output.destroy(new Error('the reader of the log is too slow'))
  if (options.follow) {
    stop = log.follow({
      line: (line) => {
        if (!wanted(line)) return
        if (coming === undefined) push(line)
        else {
          coming.push(line)
          waiting += line.text.length
        }
        if (output.readableLength + waiting > mostWaiting) sendAway()
      },
      end: () => {
        over = true
        if (coming === undefined) finish()
      },
    })
  }

  const deliver = async () => {
    const last = options.tailLines === undefined ? undefined : new LastLines(options.tailLines)
    for await (const lines of snapshot) {
      for (const line of lines) {
        if (!wanted(line)) continue
        if (last === undefined) push(line)
        else last.add(line)
      }
      if (left <= 0 || output.destroyed) return
      while (output.readableLength > mostAhead && !output.destroyed) await new Promise<void>((resolve) => (taken = resolve))
    }
    for (const line of last?.lines() ?? []) push(line)
    const come = coming ?? []
    coming = undefined
    waiting = 0
    for (const line of come) push(line)
    if (over) finish()
  }
  deliver().catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))))
  return output
}

/** Keeps the last `count` whole lines of what is added; the parts of a long line count as one. */
class LastLines {
  readonly #count: number
  #lines: LogLine[] = []
  #whole = 0

  constructor(count: number) {
    this.#count = count
  }

  add(line: LogLine): void {
    if (this.#count === 0) return
    this.#lines.push(line)
    if (line.full) this.#whole++
    // Now and then: each line is moved a bounded number of times.
    if (this.#whole > 2 * this.#count + 64) this.#trim()
  }

  lines(): readonly LogLine[] {
    this.#trim()
    return this.#lines
  }

  #trim(): void {
    let from = this.#lines.length
    for (let left = this.#count; from > 0; from--) {
      const line = this.#lines[from - 1] as LogLine
      const startsLater = from === this.#lines.length || line.full
      if (startsLater && left-- === 0) break
    }
    this.#lines = this.#lines.slice(from)
    this.#whole = this.#lines.reduce((sum, { full }) => sum + Number(full), 0)
  }
}

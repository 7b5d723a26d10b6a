import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../base/clock.js'
import { LogSnapshot, parseLines } from './log-snapshot.js'

export type LogStream = 'stdout' | 'stderr'

export interface LogLine {
  readonly timeMs: number
  /** As it stands in the file: RFC 3339 with nanoseconds. */
  readonly time: string
  readonly stream: LogStream
  readonly text: string
  /** The end of a line; otherwise its next part follows. */
  readonly full: boolean
}

const mostInLine = 16 * 1024
const mostInFile = 10 * 1024 * 1024
const endBytes = 64 * 1024

/**
 * The log of one run of a container, as container runtimes write it: `time stream F text`, with `P` for a part of a long line.
 * At 10 MiB the file is set aside, and what was set aside before goes.
 */
export class ContainerLog {
  readonly path: string
  readonly #clock: Clock
  readonly #rest: Record<LogStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  readonly #followers = new Set<{ line(line: LogLine): void; end(): void }>()
  #size = 0
  #ended = false

  constructor(path: string, clock: Clock) {
    this.path = path
    this.#clock = clock
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    appendFileSync(path, '', { mode: 0o600 })
    this.#size = statSync(path).size
  }

  get ended(): boolean {
    return this.#ended
  }

  append(stream: LogStream, data: Buffer): void {
    let rest = this.#rest[stream].length === 0 ? data : Buffer.concat([this.#rest[stream], data])
    const lines: LogLine[] = []
    for (;;) {
      const cut = rest.indexOf(10)
      if (cut !== -1 && cut <= mostInLine) {
        lines.push(this.#line(stream, rest.subarray(0, cut), true))
        rest = rest.subarray(cut + 1)
      } else if (rest.length > mostInLine) {
        lines.push(this.#line(stream, rest.subarray(0, mostInLine), false))
        rest = rest.subarray(mostInLine)
      } else break
    }
    this.#rest[stream] = Buffer.from(rest)
    this.#write(lines)
  }

  /** The container has ended: what stands there without a line end is its last line. */
  end(): void {
    if (this.#ended) return
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#rest[stream].length > 0) this.#write([this.#line(stream, this.#rest[stream], false)])
      this.#rest[stream] = Buffer.alloc(0)
    }
    this.#ended = true
    for (const follower of this.#followers) follower.end()
    this.#followers.clear()
  }

  /** Hears of lines as they come, until the log ends or the returned function is called. */
  follow(follower: { line(line: LogLine): void; end(): void }): () => void {
    if (this.#ended) follower.end()
    else this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  /** What is there now, to be read in pieces. What comes later is not in it, and goes to those who follow from now on. */
  snapshot(): LogSnapshot {
    return new LogSnapshot(this.path)
  }

  /** The last lines of the present file: those that end in its last 64 KiB. */
  lastLines(): LogLine[] {
    let file: number
    try {
      file = openSync(this.path, 'r')
    } catch {
      // The pod's files are gone already.
      return []
    }
    try {
      const { size } = fstatSync(file)
      const bytes = Buffer.alloc(Math.min(size, endBytes))
      return parseLines(bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, size - bytes.length)))
    } finally {
      closeSync(file)
    }
  }

  remove(): void {
    for (const path of [this.path, `${this.path}.old`]) rmSync(path, { force: true })
  }

  #line(stream: LogStream, data: Buffer, full: boolean): LogLine {
    const timeMs = this.#clock.now()
    return { timeMs, time: `${new Date(timeMs).toISOString().slice(0, -1)}000000Z`, stream, text: data.toString(), full }
  }

  #write(lines: readonly LogLine[]): void {
    if (lines.length === 0 || this.#ended) return
    const text = lines.map((line) => `${line.time} ${line.stream} ${line.full ? 'F' : 'P'} ${line.text}\n`).join('')
    try {
      if (this.#size + text.length > mostInFile) {
        renameSync(this.path, `${this.path}.old`)
        this.#size = 0
      }
      appendFileSync(this.path, text, { mode: 0o600 })
      this.#size += Buffer.byteLength(text)
    } catch {
      // A full disk, or the pod's files are gone already: a container's output is no reason for the fleet to end.
    }
    for (const line of lines) for (const follower of this.#followers) follower.line(line)
  }
}

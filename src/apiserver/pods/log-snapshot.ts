import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { LogLine, LogStream } from './container-log.js'

const pieceBytes = 64 * 1024

/**
 * A log as it stands at one moment: the file that was set aside and the present one, up to their lengths then. Read in pieces,
 * a turn of the event loop for each, so that who asks for a log of 20 MiB holds up nobody. Ends by being read to its end, or closed.
 */
export class LogSnapshot implements AsyncIterable<LogLine[]> {
  readonly #files: { readonly fd: number; readonly size: number }[] = []

  constructor(path: string) {
    for (const each of [`${path}.old`, path]) {
      let fd: number
      try {
        fd = openSync(each, 'r')
      } catch (error) {
        // Nothing was set aside yet, or the pod's files are gone.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
        this.close()
        throw error
      }
      this.#files.push({ fd, size: fstatSync(fd).size })
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogLine[]> {
    try {
      for (let file = this.#files[0]; file !== undefined; file = this.#files[0]) {
        yield* this.#linesOf(file)
        if (this.#files.shift() === file) closeSync(file.fd)
      }
    } finally {
      this.close()
    }
  }

  close(): void {
    for (const { fd } of this.#files.splice(0)) closeSync(fd)
  }

  async *#linesOf({ fd, size }: { fd: number; size: number }): AsyncGenerator<LogLine[]> {
    let rest: Buffer = Buffer.alloc(0)
    for (let at = 0; at < size && this.#files.length > 0; ) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size - at))
      const bytesRead = readSync(fd, piece, 0, piece.length, at)
      if (bytesRead === 0) break
      at += bytesRead
      const whole = Buffer.concat([rest, piece.subarray(0, bytesRead)])
      const cut = whole.lastIndexOf(10) + 1
      rest = whole.subarray(cut)
      yield parseLines(whole.toString('utf8', 0, cut))
      await new Promise((turn) => setImmediate(turn))
    }
  }
}

/** Lines as the file has them: `time stream F text`. */
export function parseLines(text: string): LogLine[] {
  const lines: LogLine[] = []
  for (const line of text.split('\n')) {
    const match = /^(\S+) (stdout|stderr) ([FP]) (.*)$/s.exec(line)
    if (match === null) continue
    const [, time = '', stream, tag, content = ''] = match
    lines.push({ timeMs: Date.parse(time), time, stream: stream as LogStream, text: content, full: tag === 'F' })
  }
  return lines
}

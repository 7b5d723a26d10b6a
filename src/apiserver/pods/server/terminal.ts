import type { Sink, Source } from './shell/streams.js'
import { Pipe } from './shell/streams.js'

/**
 * The line discipline of a terminal: what is typed is echoed and given on a line at a time, with backspace, ^U, ^C and ^D;
 * output has its line ends turned into CR LF.
 */
export class Terminal {
  readonly input: Source
  readonly output: Sink
  readonly #lines = new Pipe()
  readonly #raw: Sink
  readonly #interrupt: () => void
  #typed: string[] = []
  #ended = false

  constructor(raw: Sink, interrupt: () => void) {
    this.#raw = raw
    this.#interrupt = interrupt
    this.input = this.#lines
    this.output = { write: (data) => raw.write(withReturns(typeof data === 'string' ? Buffer.from(data) : data)) }
  }

  /** What the client has typed. */
  type(data: Uint8Array): void {
    let echo = ''
    for (const character of Buffer.from(data).toString()) {
      if (this.#ended) break
      if (character === '\r' || character === '\n') {
        echo += '\r\n'
        void this.#lines.write(`${this.#typed.join('')}\n`).catch(() => {})
        this.#typed = []
      } else if (character === '\x7f' || character === '\b') {
        if (this.#typed.pop() !== undefined) echo += '\b \b'
      } else if (character === '\x15') {
        echo += '\b \b'.repeat(this.#typed.length)
        this.#typed = []
      } else if (character === '\x03') {
        echo += '^C\r\n'
        this.#typed = []
        this.#interrupt()
      } else if (character === '\x04') {
        if (this.#typed.length === 0) this.end()
      } else if (character >= ' ' || character === '\t') {
        this.#typed.push(character)
        echo += character
      }
    }
    if (echo !== '') void this.#raw.write(echo).catch(() => {})
  }

  end(): void {
    this.#ended = true
    this.#lines.end()
  }
}

function withReturns(data: Uint8Array): Buffer {
  const parts: Buffer[] = []
  const buffer = Buffer.from(data)
  let from = 0
  for (let cut = buffer.indexOf(10); cut !== -1; cut = buffer.indexOf(10, cut + 1)) {
    const before = cut > 0 && buffer[cut - 1] === 13 ? cut - 1 : cut
    parts.push(buffer.subarray(from, before), Buffer.from('\r\n'))
    from = cut + 1
  }
  parts.push(buffer.subarray(from))
  return Buffer.concat(parts)
}

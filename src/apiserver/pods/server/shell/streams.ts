/** Where a command's output goes. Resolves once there is room for more; rejects with BrokenPipe when nobody reads any more. */
export interface Sink {
  write(data: Uint8Array | string): Promise<void>
}

/** What a command reads. Undefined: the end, or the signal has come first (then nothing is taken). */
export interface Source {
  read(signal?: AbortSignal): Promise<Uint8Array | undefined>
}

export class BrokenPipe extends Error {}

export const emptySource: Source = { read: async () => undefined }
export const nullSink: Sink = { write: async () => {} }

const mostWaiting = 64 * 1024

/** A pipe of bounded size. */
export class Pipe implements Source, Sink {
  #chunks: Uint8Array[] = []
  #size = 0
  #ended = false
  #broken = false
  #readers: (() => void)[] = []
  #writers: (() => void)[] = []

  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    while (this.#size > mostWaiting && !this.#broken) await new Promise<void>((resolve) => this.#writers.push(resolve))
    if (this.#broken) throw new BrokenPipe('Broken pipe')
    if (bytes.length === 0 || this.#ended) return
    this.#chunks.push(bytes)
    this.#size += bytes.length
    wake(this.#readers)
  }

  async read(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const stop = () => wake(this.#readers)
    signal?.addEventListener('abort', stop, { once: true })
    while (this.#chunks.length === 0 && !this.#ended && !this.#broken && !signal?.aborted)
      await new Promise<void>((resolve) => this.#readers.push(resolve))
    signal?.removeEventListener('abort', stop)
    if (signal?.aborted) return undefined
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) this.#size -= chunk.length
    wake(this.#writers)
    return chunk
  }

  /** The writer has ended. */
  end(): void {
    this.#ended = true
    wake(this.#readers)
  }

  /** The reader has gone. */
  break(): void {
    this.#broken = true
    this.#chunks = []
    wake(this.#readers)
    wake(this.#writers)
  }
}

function wake(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve()
}

const mostGathered = 16 * 1024 * 1024

/** All that a source gives. */
export async function readAll(source: Source): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
    chunks.push(chunk)
    size += chunk.length
    if (size > mostGathered) throw new Error('more input than the built-in tools hold at once (16 MiB)')
  }
  return Buffer.concat(chunks)
}

/** The lines of a source, without their ends, as they come. */
export async function* linesOf(source: Source): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
    rest = Buffer.concat([rest, chunk])
    for (let cut = rest.indexOf(10); cut !== -1; cut = rest.indexOf(10)) {
      yield rest.subarray(0, cut).toString()
      rest = rest.subarray(cut + 1)
    }
  }
  if (rest.length > 0) yield rest.toString()
}

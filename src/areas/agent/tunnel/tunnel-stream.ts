import { Duplex } from 'node:stream'

/** What a stream needs of its tunnel. */
export interface StreamOwner {
  /** There is something to send, or an end. */
  ready(stream: TunnelStream): void
  /** The reader has taken so many bytes. */
  taken(stream: TunnelStream, bytes: number): void
  /** Nothing goes either way any more; `reason` when it was cut off on this side. */
  gone(stream: TunnelStream, reason: string | undefined): void
}

/**
 * One stream of a tunnel, both ways, as a socket would be: Node's HTTP client and server run on it. What is written waits until
 * the other side has room for it.
 */
export class TunnelStream extends Duplex {
  readonly id: number
  readonly #owner: StreamOwner
  readonly #arrived: Uint8Array[] = []
  #isWanted = false
  #pending: Buffer | undefined
  #written: ((error?: Error | null) => void) | undefined
  #ended: ((error?: Error | null) => void) | undefined
  /** Bytes that the other side has room for. */
  sendWindow: number
  /** Bytes that the other side may still send. */
  receiveWindow: number
  hasSentEnd = false
  hasEnd = false
  /** Bytes that were read and not yet given back as room. */
  unacknowledged = 0
  wasReset = false

  constructor(id: number, owner: StreamOwner, windows: { send: number; receive: number }) {
    super({ allowHalfOpen: true, highWaterMark: 64 * 1024 })
    this.id = id
    this.#owner = owner
    this.sendWindow = windows.send
    this.receiveWindow = windows.receive
    // Ends of streams are told to whoever reads or writes; nobody else is brought down by them.
    this.on('error', () => {})
  }

  /** The next bytes to send, at most `most`; undefined when nothing can be sent now. */
  next(most: number): Buffer | undefined {
    if (this.#pending === undefined || this.sendWindow === 0) return undefined
    const size = Math.min(most, this.sendWindow, this.#pending.length)
    const bytes = this.#pending.subarray(0, size)
    this.sendWindow -= size
    if (size < this.#pending.length) this.#pending = this.#pending.subarray(size)
    else {
      this.#pending = undefined
      const done = this.#written
      this.#written = undefined
      // Not within the loop of the sender.
      if (done) queueMicrotask(done)
    }
    return bytes
  }

  /** True once: everything is sent, and the end is what comes next. */
  takeEnd(): boolean {
    if (this.#pending !== undefined || this.#ended === undefined) return false
    this.hasSentEnd = true
    const done = this.#ended
    this.#ended = undefined
    queueMicrotask(done)
    return true
  }

  get hasSomethingToSend(): boolean {
    return (this.#pending !== undefined && this.sendWindow > 0) || (this.#pending === undefined && this.#ended !== undefined)
  }

  arrive(bytes: Uint8Array): void {
    this.receiveWindow -= bytes.length
    this.#arrived.push(bytes)
    this.#hand()
  }

  arriveEnd(): void {
    this.hasEnd = true
    this.#hand()
  }

  cut(reason: string): void {
    this.wasReset = true
    this.destroy(Object.assign(new Error(reason), { code: 'ECONNRESET' }))
  }

  override _read(): void {
    this.#isWanted = true
    this.#hand()
  }

  #hand(): void {
    while (this.#isWanted && this.#arrived.length > 0) {
      const bytes = this.#arrived.shift() as Uint8Array
      this.#isWanted = this.push(bytes)
      this.#owner.taken(this, bytes.length)
    }
    if (this.#isWanted && this.hasEnd && this.#arrived.length === 0) {
      this.#isWanted = false
      this.push(null)
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (chunk.length === 0) {
      done()
      return
    }
    this.#pending = chunk
    this.#written = done
    this.#owner.ready(this)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#ended = done
    this.#owner.ready(this)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#arrived.length = 0
    this.#pending = undefined
    const isWhole = this.wasReset || (this.hasSentEnd && this.hasEnd)
    this.#owner.gone(this, isWhole ? undefined : (error?.message ?? 'closed'))
    const waiting = this.#written ?? this.#ended
    this.#written = undefined
    this.#ended = undefined
    waiting?.(error ?? new Error('the stream is closed'))
    done(error)
  }

  // What Node's HTTP asks of sockets beyond streams.
  setTimeout(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
}

import { Duplex } from 'node:stream'

/** One end of a connection within the process; as far as Node's HTTP looks, a socket. */
class End extends Duplex {
  other: End | undefined
  #written: (() => void) | undefined

  override _read(): void {
    const written = this.#written
    this.#written = undefined
    written?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    const other = this.other!
    if (other.destroyed || other.push(chunk)) written()
    else other.#written = written
  }

  override _final(ended: () => void): void {
    if (!this.other!.destroyed) this.other!.push(null)
    ended()
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    if (!this.other!.destroyed) setImmediate(() => this.other!.destroy())
    destroyed(error)
  }

  setKeepAlive(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setTimeout(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
}

/** Two ends of one connection: what is written to one is read from the other. */
export function streamPair(): [Duplex, Duplex] {
  const ends: [End, End] = [new End(), new End()]
  ends[0].other = ends[1]
  ends[1].other = ends[0]
  return ends
}

import type { Buffer } from 'node:buffer'
import { Duplex } from 'node:stream'
import type { SpdyHeaders } from './header-block.js'

/** What a stream asks of its connection. */
export interface StreamOwner {
  /** Calls back when the connection has room for more. */
  sendData(streamId: number, data: Buffer, fin: boolean, done: (error?: Error) => void): void
  sendReset(streamId: number): void
  forget(streamId: number): void
}

/** So much waits for a slow reader before its whole connection waits: streams share one. */
const receiveBytes = 256 * 1024

/** One stream of a SPDY connection. Ending it is a half-close; destroying one that is open on a side resets it. */
export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: SpdyHeaders
  readonly #owner: StreamOwner
  #localEnded = false
  #remoteEnded = false
  #wake: (() => void) | undefined

  constructor(id: number, headers: SpdyHeaders, owner: StreamOwner) {
    super({ allowHalfOpen: true, readableHighWaterMark: receiveBytes, writableHighWaterMark: 64 * 1024 })
    this.id = id
    this.headers = headers
    this.#owner = owner
    // A peer may reset any stream at any time; whoever uses the stream sees that it has closed.
    this.on('error', () => {})
  }

  /** The first value of a header, or an empty text. */
  header(name: string): string {
    return this.headers.get(name)?.[0] ?? ''
  }

  /** Takes what came for the stream; settles when there is room for more. */
  async receive(data: Buffer, fin: boolean): Promise<void> {
    if (this.#remoteEnded || this.destroyed) return
    const room = data.length === 0 || this.push(data)
    if (fin) {
      this.#remoteEnded = true
      this.push(null)
      // Nobody may want to read: the stream must close all the same.
      if (this.readableLength === 0) this.read(0)
    } else if (!room) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The peer sends nothing on this stream, or takes nothing. */
  halfClose(side: 'local' | 'remote'): void {
    if (side === 'local') {
      this.#localEnded = true
      this.end()
    } else void this.receive(noData, true)
  }

  /** The peer has reset the stream. */
  wasReset(): void {
    this.#localEnded = true
    this.#remoteEnded = true
    this.destroy()
  }

  override _read(): void {
    this.#wakeUp()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#owner.sendData(this.id, chunk, false, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#localEnded) {
      done()
      return
    }
    this.#localEnded = true
    this.#owner.sendData(this.id, noData, true, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#localEnded || !this.#remoteEnded) this.#owner.sendReset(this.id)
    this.#owner.forget(this.id)
    this.#wakeUp()
    done(error)
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

const noData = new Uint8Array(0) as Buffer

import { Buffer } from 'node:buffer'
import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

/** What the server does with a channel; what a client sends on one that is not read is dropped. */
export type ChannelKind = 'read' | 'write' | 'both' | 'none'

export interface ChannelForm {
  /** Messages begin with the channel as a byte; otherwise with its digit, and the rest is base64. */
  readonly binary: boolean
  /** The client may end a channel by a message on channel 255 that names it. */
  readonly halfClose: boolean
}

const closeSignal = 255
/** So much of a channel waits for a slow reader before the whole connection waits. */
const receiveBytes = 256 * 1024

/** The channels of Kubernetes' WebSocket protocols, as streams over one WebSocket. */
export class WebSocketChannels {
  readonly closed: Promise<void>
  readonly #webSocket: WebSocket
  readonly #form: ChannelForm
  readonly #channels: readonly Channel[]
  readonly #full = new Set<Channel>()

  constructor(webSocket: WebSocket, form: ChannelForm, kinds: readonly ChannelKind[]) {
    this.#webSocket = webSocket
    this.#form = form
    this.#channels = kinds.map((kind, number) => new Channel(this, number, kind))
    webSocket.on('message', (data) => this.#receive(data))
    this.closed = new Promise((resolve) => {
      webSocket.once('close', () => {
        for (const channel of this.#channels) channel.disconnect()
        resolve()
      })
    })
  }

  channel(number: number): Channel {
    return this.#channels[number]!
  }

  send(number: number, data: Buffer, done: (error?: Error | null) => void): void {
    const message = this.#form.binary
      ? Buffer.concat([Buffer.of(number), data])
      : String.fromCharCode(48 + number) + data.toString('base64')
    this.#webSocket.send(message, (error) => done(error))
  }

  hasRoom(channel: Channel): void {
    if (this.#full.delete(channel) && this.#full.size === 0) this.#webSocket.resume()
  }

  /** Ends the connection after what is on its way out. */
  close(): void {
    this.#full.clear()
    // A paused socket would not see the client's part of the closing.
    this.#webSocket.resume()
    this.#webSocket.close(1000)
  }

  #receive(raw: RawData): void {
    const data = raw as Buffer
    if (data.length === 0) return
    let number = data[0]!
    if (this.#form.halfClose && number === closeSignal) {
      const channel = data.length === 2 ? this.#channels[data[1]!] : undefined
      if (channel === undefined) this.#webSocket.close(1002)
      else channel.endInput()
      return
    }
    if (!this.#form.binary) number -= 48
    const channel = this.#channels[number]
    if (channel === undefined) return
    const payload = this.#form.binary ? data.subarray(1) : Buffer.from(data.toString('latin1', 1), 'base64')
    if (payload.length > 0 && !channel.receive(payload)) {
      this.#full.add(channel)
      this.#webSocket.pause()
    }
  }
}

/** One channel. What is written to it is sent when the connection has room; ending it tells the client nothing. */
export class Channel extends Duplex {
  readonly #owner: WebSocketChannels
  readonly #number: number
  readonly #reads: boolean
  readonly #writes: boolean
  #ended = false

  constructor(owner: WebSocketChannels, number: number, kind: ChannelKind) {
    super({ allowHalfOpen: true, readableHighWaterMark: receiveBytes, writableHighWaterMark: 64 * 1024 })
    this.#owner = owner
    this.#number = number
    this.#reads = kind === 'read' || kind === 'both'
    this.#writes = kind === 'write' || kind === 'both'
    this.on('error', () => {})
  }

  /** False: no more, please, until the channel says so. */
  receive(data: Buffer): boolean {
    return !this.#reads || this.#ended || this.destroyed || this.push(data)
  }

  /** The client sends nothing more here. */
  endInput(): void {
    if (this.#ended || this.destroyed) return
    this.#ended = true
    this.push(null)
  }

  /** The connection is gone. */
  disconnect(): void {
    this.endInput()
    this.destroy()
  }

  override _read(): void {
    this.#owner.hasRoom(this)
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#writes) this.#owner.send(this.#number, chunk, done)
    else done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#owner.hasRoom(this)
    done(error)
  }
}

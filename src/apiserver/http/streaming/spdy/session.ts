import type { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../../base/clock.js'
import {
  dataHead,
  FrameParser,
  goAwayFrame,
  pingFrame,
  resetCodes,
  rstStreamFrame,
  type SpdyFrame,
  synReplyFrame,
} from './frames.js'
import { formatHeaderBlock, parseHeaderBlock } from './header-block.js'
import { HeaderDeflater, HeaderInflater } from './header-compression.js'
import { SpdyError } from './spdy-error.js'
import { SpdyStream, type StreamOwner } from './stream.js'

export interface SpdySessionOptions {
  readonly clock: Clock
  /** Called for each stream that the client opens; what it throws refuses the stream. */
  onStream(stream: SpdyStream): void
}

/** Streams of one connection that are open at a time. */
const maxStreams = 2000
const pingMs = 30_000
/** Answers that a client may leave unread, to pings and opened streams; with more of them it is not listened to. */
const mostUnread = 512 * 1024
const noHeaders = formatHeaderBlock([])

/**
 * The server's side of a SPDY/3.1 connection, as Kubernetes uses it: the client opens streams, each side sends data on them.
 * Windows are neither kept nor asked for, since no Kubernetes peer knows them (one that kept ours would stall at 64 KiB); what
 * slows a sender down is the connection itself, which is not read while one of its streams is full.
 */
export class SpdySession implements StreamOwner {
  /** Settles when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>
  readonly #transport: Duplex
  readonly #options: SpdySessionOptions
  readonly #inflater = new HeaderInflater()
  readonly #deflater = new HeaderDeflater()
  readonly #streams = new Map<number, SpdyStream>()
  #waiting: ((error?: Error) => void)[] = []
  #lastStreamId = 0
  #pings = 0
  #leaving = false
  #closing = false
  #ended = false
  #cancelPing: () => void = () => {}
  #resolveClosed: () => void = () => {}

  constructor(transport: Duplex, options: SpdySessionOptions) {
    this.#transport = transport
    this.#options = options
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    transport.on('error', () => this.#end())
    transport.on('close', () => this.#end())
    transport.on('drain', () => this.#drained())
    this.#schedulePing()
    void this.#run()
  }

  /** Ends the connection after what is on its way out; streams that are still open end with it. */
  close(): void {
    if (this.#ended || this.#closing) return
    this.#closing = true
    for (const stream of [...this.#streams.values()]) stream.wasReset()
    this.#write(goAwayFrame(this.#lastStreamId))
    this.#transport.end()
    // The client is to hang up now; one that does not is not waited for.
    const cancel = this.#options.clock.after(5000, () => this.#end())
    void this.closed.then(cancel)
  }

  sendData(streamId: number, data: Buffer, fin: boolean, done: (error?: Error) => void): void {
    if (this.#ended) {
      done(new Error('the connection has ended'))
      return
    }
    this.#transport.cork()
    let room = this.#write(dataHead(streamId, data.length, fin))
    if (data.length > 0) room = this.#write(data)
    this.#transport.uncork()
    if (room) done()
    else this.#waiting.push(done)
  }

  sendReset(streamId: number): void {
    this.#write(rstStreamFrame(streamId, resetCodes.cancel))
  }

  forget(streamId: number): void {
    this.#streams.delete(streamId)
    if (this.#leaving && this.#streams.size === 0) this.close()
  }

  #write(bytes: Buffer): boolean {
    if (this.#ended || this.#transport.destroyed || this.#transport.writableEnded) return true
    return this.#transport.write(bytes)
  }

  #drained(error?: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const done of waiting) done(error)
  }

  #room(): Promise<void> {
    return this.#ended || this.#transport.destroyed ? Promise.resolve() : new Promise((done) => this.#waiting.push(() => done()))
  }

  #schedulePing(): void {
    this.#cancelPing = this.#options.clock.after(pingMs, () => {
      // Even numbers are a server's. No answer is waited for: a connection that is gone fails to take the frame.
      this.#pings = (this.#pings + 2) & 0x7ffffffe
      this.#write(pingFrame(this.#pings))
      this.#schedulePing()
    })
  }

  async #run(): Promise<void> {
    const parser = new FrameParser()
    try {
      for await (const chunk of this.#transport) {
        parser.push(chunk as Buffer)
        for (let frame = parser.next(); frame !== undefined; frame = parser.next()) {
          const busy = this.#handle(frame)
          if (busy !== undefined) await busy
          if (this.#transport.writableLength > mostUnread) await this.#room()
          if (this.#ended) return
        }
      }
    } catch (error) {
      if (error instanceof SpdyError) this.#write(goAwayFrame(this.#lastStreamId))
    } finally {
      this.#end()
    }
  }

  #handle(frame: SpdyFrame): Promise<void> | undefined {
    switch (frame.type) {
      case 'data':
        return this.#streams.get(frame.streamId)?.receive(frame.data, frame.fin)
      case 'syn-stream':
        return this.#open(frame)
      case 'syn-reply':
      case 'headers':
        // Nothing that a client could say here matters, but the compression must stay in step.
        return this.#inflater.inflate(frame.block).then(() => {
          if (frame.fin) this.#streams.get(frame.streamId)?.halfClose('remote')
        })
      case 'rst-stream':
        this.#streams.get(frame.streamId)?.wasReset()
        return undefined
      case 'ping':
        if (frame.id % 2 === 1) this.#write(pingFrame(frame.id))
        return undefined
      case 'go-away':
        this.#leaving = true
        if (this.#streams.size === 0) this.close()
        return undefined
      default:
        return undefined
    }
  }

  async #open(frame: Extract<SpdyFrame, { type: 'syn-stream' }>): Promise<void> {
    const headers = parseHeaderBlock(await this.#inflater.inflate(frame.block))
    if (this.#ended || this.#leaving || this.#closing) return
    if (frame.streamId % 2 === 0 || frame.streamId <= this.#lastStreamId) {
      throw new SpdyError(`stream ${frame.streamId} may not be opened after stream ${this.#lastStreamId}`)
    }
    this.#lastStreamId = frame.streamId
    if (this.#streams.size >= maxStreams) {
      this.#write(rstStreamFrame(frame.streamId, resetCodes.refused))
      return
    }
    const stream = new SpdyStream(frame.streamId, headers, this)
    this.#streams.set(frame.streamId, stream)
    try {
      this.#options.onStream(stream)
    } catch {
      stream.destroy()
      return
    }
    if (stream.destroyed) return
    this.#write(synReplyFrame(frame.streamId, this.#deflater.deflate(noHeaders)))
    if (frame.unidirectional) stream.halfClose('local')
    if (frame.fin) stream.halfClose('remote')
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelPing()
    this.#inflater.close()
    for (const stream of [...this.#streams.values()]) stream.wasReset()
    this.#drained(new Error('the connection has ended'))
    this.#transport.destroy()
    this.#resolveClosed()
  }
}

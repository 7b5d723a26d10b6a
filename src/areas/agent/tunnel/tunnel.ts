import type { Clock } from '../../../base/clock.js'
import { CodedError, messageOf } from '../../../base/errors.js'
import { broken, decodeFrame, encodeFrame, type Frame, mostDataBytes } from './frames.js'
import type { Link } from './link.js'
import { TunnelStream } from './tunnel-stream.js'

export interface TunnelLimits {
  /** Streams of ours at a time (default 1024). */
  readonly streams?: number
  /** Streams that the other side may have open at a time (default 1024). */
  readonly theirStreams?: number
  /** Bytes of a stream that wait here to be read (default 256 KiB). Both sides use the same. */
  readonly windowBytes?: number
  /** Bytes that wait in the link before streams have to (default 1 MiB). */
  readonly linkBytes?: number
  /** A peer that lets so many bytes wait for it does not read, and is left (default 8 MiB). */
  readonly unreadBytes?: number
  /** A ping is sent after so long (default 15 s). */
  readonly pingMs?: number
  /** Nothing heard for so long: the connection is dead, whatever TCP believes (default 45 s). */
  readonly silenceMs?: number
}

export interface TunnelOptions {
  readonly link: Link
  /** Hubs open even streams, agents odd ones. */
  readonly side: 'hub' | 'agent'
  readonly clock: Clock
  readonly limits?: TunnelLimits
  /** The other side has opened a stream. */
  readonly onStream: (stream: TunnelStream) => void
}

/**
 * Many streams over one connection, each with a window of its own: one that is not read stops nobody else, and none holds more
 * memory than its window. Any breach of the rules by the other side ends the connection.
 */
export class Tunnel {
  /** Resolves, with why, when the connection is gone. */
  readonly closed: Promise<string>
  readonly #link: Link
  readonly #clock: Clock
  readonly #onStream: (stream: TunnelStream) => void
  readonly #limits: Required<TunnelLimits>
  readonly #streams = new Map<number, TunnelStream>()
  /** Streams with something to send, in turn. */
  readonly #queue = new Set<TunnelStream>()
  #theirs = 0
  /** The next stream of ours. */
  #next: number
  /** The last stream of theirs. */
  #last = 0
  #ended: string | undefined
  #end: (reason: string) => void = () => {}
  #lastHeard: number
  #lastPing: number
  #token = 0

  constructor(options: TunnelOptions) {
    const { link, side, clock, limits = {}, onStream } = options
    this.#link = link
    this.#clock = clock
    this.#onStream = onStream
    this.#limits = {
      streams: limits.streams ?? 1024,
      theirStreams: limits.theirStreams ?? 1024,
      windowBytes: limits.windowBytes ?? 256 * 1024,
      linkBytes: limits.linkBytes ?? 1024 * 1024,
      unreadBytes: limits.unreadBytes ?? 8 * 1024 * 1024,
      pingMs: limits.pingMs ?? 15_000,
      silenceMs: limits.silenceMs ?? 45_000,
    }
    this.#next = side === 'hub' ? 2 : 1
    this.#lastHeard = this.#lastPing = clock.now()
    this.closed = new Promise((done) => {
      this.#end = done
    })
    link.listen({
      message: (message) => this.#take(message),
      drained: () => this.#pump(),
      closed: (reason) => this.#finish(reason),
    })
  }

  /** Epoch ms of the last sign of life. */
  get lastHeard(): number {
    return this.#lastHeard
  }

  get isOpen(): boolean {
    return this.#ended === undefined
  }

  get streamCount(): number {
    return this.#streams.size
  }

  /** Opens a stream at once; nothing is waited for. Throws `tunnel-closed`, `tunnel-full`. */
  open(): TunnelStream {
    if (this.#ended !== undefined) {
      throw new CodedError({ code: 'tunnel-closed', message: `the tunnel is closed: ${this.#ended}` })
    }
    if (this.#streams.size - this.#theirs >= this.#limits.streams) {
      throw new CodedError({
        code: 'tunnel-full',
        message: `${this.#limits.streams} requests are under way through this tunnel already`,
        fix: 'Try again when some have ended.',
      })
    }
    const id = this.#next
    this.#next += 2
    // Far beyond any day's work; a new connection counts from the start.
    if (this.#next > 0xffff_fff0) this.close('all stream numbers are used up')
    const stream = this.#add(id)
    this.#send({ type: 'open', stream: id })
    return stream
  }

  /** To be called about once every few seconds: sends pings, and ends what is silent. */
  beat(): void {
    if (this.#ended !== undefined) return
    const now = this.#clock.now()
    const { pingMs, silenceMs } = this.#limits
    if (now - this.#lastHeard >= silenceMs) {
      this.close(`nothing heard for ${Math.round((now - this.#lastHeard) / 1000)} s`)
    } else if (now - this.#lastPing >= pingMs) {
      this.#lastPing = now
      this.#token = (this.#token + 1) >>> 0
      this.#send({ type: 'ping', token: this.#token })
    }
  }

  close(reason: string): void {
    if (this.#ended !== undefined) return
    this.#send({ type: 'goaway', reason })
    this.#finish(reason)
    this.#link.close(reason)
  }

  #finish(reason: string): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    for (const stream of [...this.#streams.values()]) stream.cut(`the tunnel is closed: ${reason}`)
    this.#streams.clear()
    this.#queue.clear()
    this.#end(reason)
  }

  #add(id: number): TunnelStream {
    const { windowBytes } = this.#limits
    const stream = new TunnelStream(
      id,
      {
        ready: (each) => {
          if (!this.#streams.has(each.id)) return
          this.#queue.add(each)
          this.#pump()
        },
        taken: (each, bytes) => this.#taken(each, bytes),
        gone: (each, why) => this.#gone(each, why),
      },
      { send: windowBytes, receive: windowBytes },
    )
    this.#streams.set(id, stream)
    return stream
  }

  #isTheirs(id: number): boolean {
    return id % 2 !== this.#next % 2
  }

  #take(message: Uint8Array): void {
    if (this.#ended !== undefined) return
    this.#lastHeard = this.#clock.now()
    try {
      this.#obey(decodeFrame(message))
    } catch (error) {
      this.close(messageOf(error))
    }
  }

  #obey(frame: Frame): void {
    switch (frame.type) {
      case 'ping':
        this.#send({ type: 'pong', token: frame.token })
        return
      case 'pong':
        return
      case 'goaway':
        this.#finish(frame.reason)
        this.#link.close(frame.reason)
        return
      case 'open':
        this.#accept(frame.stream)
        return
      default: {
        const stream = this.#streams.get(frame.stream)
        if (stream !== undefined) this.#give(stream, frame)
        // Frames cross those by which a stream ends; a stream that never was is another matter.
        else if (this.#isTheirs(frame.stream) ? frame.stream > this.#last : frame.stream >= this.#next)
          throw broken(`a frame ${frame.type} for a stream that is not open (${frame.stream})`)
      }
    }
  }

  #accept(id: number): void {
    if (!this.#isTheirs(id) || id <= this.#last) throw broken(`a frame open for stream ${id}`)
    this.#last = id
    if (this.#theirs >= this.#limits.theirStreams) {
      this.#send({ type: 'reset', stream: id, reason: `more than ${this.#limits.theirStreams} streams at a time` })
      return
    }
    this.#theirs++
    this.#onStream(this.#add(id))
  }

  #give(stream: TunnelStream, frame: Exclude<Frame, { type: 'open' | 'ping' | 'pong' | 'goaway' }>): void {
    if ((frame.type === 'data' || frame.type === 'end') && stream.hasEnd) throw broken(`a frame ${frame.type} after the end`)
    switch (frame.type) {
      case 'data':
        if (frame.bytes.length > stream.receiveWindow) throw broken('more than there is room for')
        stream.arrive(frame.bytes)
        return
      case 'end':
        stream.arriveEnd()
        this.#retire(stream)
        return
      case 'reset':
        stream.cut(frame.reason)
        return
      case 'window':
        if (stream.sendWindow + frame.bytes > this.#limits.windowBytes) throw broken('a frame window beyond the agreed room')
        stream.sendWindow += frame.bytes
        if (stream.hasSomethingToSend) this.#queue.add(stream)
        this.#pump()
    }
  }

  /** In turn, a frame each, as long as the link takes it. */
  #pump(): void {
    while (this.#ended === undefined && this.#link.waitingBytes < this.#limits.linkBytes) {
      const [stream] = this.#queue
      if (stream === undefined) return
      this.#queue.delete(stream)
      const bytes = stream.next(mostDataBytes)
      if (bytes !== undefined) this.#send({ type: 'data', stream: stream.id, bytes })
      if (stream.takeEnd()) {
        this.#send({ type: 'end', stream: stream.id })
        this.#retire(stream)
      } else if (stream.hasSomethingToSend) this.#queue.add(stream)
    }
  }

  #taken(stream: TunnelStream, bytes: number): void {
    stream.unacknowledged += bytes
    // Half at a time: a frame for each chunk would double the traffic of small ones.
    if (stream.unacknowledged < this.#limits.windowBytes / 2 || stream.hasEnd) return
    stream.receiveWindow += stream.unacknowledged
    if (this.#streams.has(stream.id)) this.#send({ type: 'window', stream: stream.id, bytes: stream.unacknowledged })
    stream.unacknowledged = 0
  }

  /** Both sides have said all: the number is free, though what has arrived may still be read. */
  #retire(stream: TunnelStream): void {
    if (stream.hasEnd && stream.hasSentEnd) this.#forget(stream)
  }

  #gone(stream: TunnelStream, reason: string | undefined): void {
    if (!this.#forget(stream)) return
    if (reason !== undefined && this.#ended === undefined) this.#send({ type: 'reset', stream: stream.id, reason })
  }

  #forget(stream: TunnelStream): boolean {
    this.#queue.delete(stream)
    if (!this.#streams.delete(stream.id)) return false
    if (this.#isTheirs(stream.id)) this.#theirs--
    return true
  }

  #send(frame: Frame): void {
    if (this.#ended !== undefined) return
    if (this.#link.waitingBytes > this.#limits.unreadBytes) {
      this.#finish('the other side does not read')
      this.#link.close('the other side does not read')
      return
    }
    this.#link.send(encodeFrame(frame))
  }
}

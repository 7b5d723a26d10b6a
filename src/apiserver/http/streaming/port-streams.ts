import type { Duplex } from 'node:stream'
import { type ForwardTarget, forwardFailure, joinDuplexes, portOf } from './forward-target.js'
import type { SpdySession } from './spdy/session.js'
import type { SpdyStream } from './spdy/stream.js'

interface Pair {
  data?: SpdyStream
  error?: SpdyStream
  cancel: () => void
}

/** A client that opens one of a pair and not the other is not waited for longer. */
const pairMs = 30_000

/** The streams of port-forward over SPDY: a data and an error stream for each connection, paired by the client's request id. */
export class PortStreams {
  readonly #target: ForwardTarget
  readonly #pairs = new Map<string, Pair>()

  constructor(target: ForwardTarget) {
    this.#target = target
  }

  /** Settles when the client has gone. */
  async serve(session: SpdySession): Promise<void> {
    await session.closed
    for (const pair of this.#pairs.values()) pair.cancel()
    this.#pairs.clear()
  }

  /** Takes a stream that the client has opened; throws for one that belongs to no connection. */
  add(stream: SpdyStream): void {
    const text = stream.header('port')
    if (text === '') throw new Error('"port" header is required')
    const port = portOf(text)
    if (port === undefined) throw new Error(`unable to parse ${JSON.stringify(text)} as a port`)
    const type = stream.header('streamtype').toLowerCase()
    if (type !== 'data' && type !== 'error') throw new Error(`invalid stream type ${JSON.stringify(type)}`)
    const id = requestId(stream, type)
    let pair = this.#pairs.get(id)
    if (pair === undefined) {
      pair = { cancel: this.#target.clock.after(pairMs, () => this.#expire(id)) }
      this.#pairs.set(id, pair)
    }
    if (pair[type] !== undefined) {
      pair.error?.write(`error processing stream for request ${id}: ${type} stream already assigned`)
      throw new Error(`${type} stream already assigned`)
    }
    pair[type] = stream
    if (pair.data !== undefined && pair.error !== undefined) {
      pair.cancel()
      this.#pairs.delete(id)
      // The client sends only after the reply to its last stream, which goes out before this runs.
      void this.#forward(port, pair.data, pair.error)
    }
  }

  #expire(id: string): void {
    const pair = this.#pairs.get(id)
    this.#pairs.delete(id)
    pair?.error?.end(`(request=${id}) timed out waiting for streams`)
    pair?.data?.destroy()
  }

  async #forward(port: number, data: SpdyStream, errors: SpdyStream): Promise<void> {
    const { pods, cluster, pod } = this.#target
    errors.resume()
    let connection: Duplex
    try {
      connection = await pods.connect(cluster, pod, port)
    } catch (error) {
      errors.end(forwardFailure(this.#target, port, error))
      data.destroy()
      return
    }
    if (data.destroyed) {
      connection.on('error', () => {})
      connection.destroy()
    } else await joinDuplexes(data, connection)
    errors.end()
  }
}

/** Old clients send no request id: theirs is the number of the error stream, which comes right before the data stream. */
function requestId(stream: SpdyStream, type: 'data' | 'error'): string {
  const given = stream.header('requestid')
  if (given !== '') return given
  return `stream ${type === 'error' ? stream.id : stream.id - 2}`
}

import { createGzip } from 'node:zlib'
import type { Exchange } from './exchange.js'
import { acceptsGzip, commonHeaders, gzipThresholdBytes, sendBody } from './send.js'

/** A long answer as a head, many pieces made one at a time, and a tail. */
export interface Pieces<T> {
  readonly contentType: string
  readonly head: string
  readonly items: readonly T[]
  piece(item: T): string
  /** Stands between two pieces. */
  readonly separator: string
  readonly tail: string
}

/** How much is encoded in one turn of the event loop: about 200 objects, half a millisecond. */
const turnChars = 192 * 1024

/**
 * Sends a list. A short one goes out in one write with its length; a long one in chunks, one turn of the event loop for each,
 * never faster than the client reads, so that other requests are served in between and memory stays small.
 */
export async function sendPieces<T>(exchange: Exchange, code: number, pieces: Pieces<T>): Promise<void> {
  const { response } = exchange
  const encoder = new PieceEncoder(pieces)
  const first = encoder.next(gzipThresholdBytes)
  if (encoder.done) return sendBody(exchange, code, pieces.contentType, first)
  const headers = commonHeaders(exchange, pieces.contentType)
  const zipped = acceptsGzip(exchange)
  if (zipped) {
    headers['Content-Encoding'] = 'gzip'
    headers['Vary'] = 'Accept-Encoding'
  }
  if (response.destroyed) return
  response.writeHead(code, headers)
  if (exchange.request.method === 'HEAD') {
    response.end()
    return
  }
  const out = zipped ? createGzip({ level: 1 }) : response
  if (out !== response) out.pipe(response)
  const gone = () => response.destroyed || exchange.signal.aborted
  try {
    let chunk = first
    for (;;) {
      if (gone()) break
      if (!out.write(chunk)) await drained(out, exchange)
      else await turn()
      if (encoder.done) break
      chunk = encoder.next(turnChars)
    }
  } catch (error) {
    // The head is on its way: only a broken connection tells the client that the list is not whole.
    response.destroy()
    throw error
  }
  if (gone()) {
    if (out !== response) out.destroy()
    response.destroy()
    return
  }
  out.end()
}

class PieceEncoder<T> {
  readonly #pieces: Pieces<T>
  #at = -1
  done = false
  constructor(pieces: Pieces<T>) {
    this.#pieces = pieces
  }

  /** The next text, about `wanted` characters of it (one item at least). */
  next(wanted: number): Buffer {
    const { items, head, separator, tail } = this.#pieces
    let text = ''
    if (this.#at < 0) {
      text = head
      this.#at = 0
    }
    while (this.#at < items.length && text.length < wanted) {
      if (this.#at > 0) text += separator
      text += this.#pieces.piece(items[this.#at]!)
      this.#at++
    }
    if (this.#at >= items.length) {
      text += tail
      this.done = true
    }
    return Buffer.from(text)
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function drained(out: NodeJS.WritableStream, exchange: Exchange): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      out.off('drain', finish)
      exchange.response.off('close', finish)
      exchange.signal.removeEventListener('abort', finish)
      resolve()
    }
    out.on('drain', finish)
    exchange.response.on('close', finish)
    exchange.signal.addEventListener('abort', finish, { once: true })
  })
}

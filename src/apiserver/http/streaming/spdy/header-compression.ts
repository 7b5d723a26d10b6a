import { Buffer } from 'node:buffer'
import { constants, createInflate, type Inflate } from 'node:zlib'
import { spdyDictionary } from './dictionary.js'
import { SpdyError } from './spdy-error.js'

/** More than this of headers in one frame is an attack: a few bytes of zlib can grow into gigabytes. */
const maxInflatedBytes = 64 * 1024

/** Undoes the compression of header blocks. All blocks of a connection are one zlib stream: inflate each in its turn. */
export class HeaderInflater {
  readonly #zlib: Inflate
  #parts: Buffer[] = []
  #size = 0
  #failure: Error | undefined
  #reject: ((error: Error) => void) | undefined

  constructor() {
    this.#zlib = createInflate({ dictionary: spdyDictionary, flush: constants.Z_SYNC_FLUSH, chunkSize: 4096 })
    this.#zlib.on('data', (part: Buffer) => {
      this.#size += part.length
      if (this.#size > maxInflatedBytes) this.#fail(new SpdyError('a header block inflates to more than 64 KiB'))
      else this.#parts.push(part)
    })
    this.#zlib.on('error', (error) => this.#fail(new SpdyError(`a header block does not inflate: ${error.message}`)))
    // A stream that ends itself takes no further block.
    this.#zlib.on('end', () => this.#fail(new SpdyError('the compression of headers was ended by the peer')))
  }

  inflate(block: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      this.#parts = []
      this.#size = 0
      this.#reject = reject
      this.#zlib.write(block, () => {
        // What the last step produced is delivered before a flush is done.
        this.#zlib.flush(constants.Z_SYNC_FLUSH, () => {
          this.#reject = undefined
          if (this.#failure !== undefined) reject(this.#failure)
          else resolve(Buffer.concat(this.#parts))
        })
      })
    })
  }

  close(): void {
    this.#fail(new SpdyError('the connection has ended'))
  }

  #fail(error: Error): void {
    if (this.#failure === undefined) {
      this.#failure = error
      this.#parts = []
      this.#zlib.destroy()
    }
    this.#reject?.(this.#failure)
    this.#reject = undefined
  }
}

// CMF 32 KiB window, FLG with a preset dictionary, and the dictionary's Adler-32.
const zlibHead = Buffer.from('7820e3c6a7c2', 'hex')
// What a sync flush ends with; readers hand out what they have when they see it.
const emptyBlock = Buffer.from('000000ffff', 'hex')

/**
 * Writes header blocks into the zlib stream of a connection as stored blocks: the few headers that a server sends are not worth
 * the quarter of a megabyte that a compressor takes for each connection.
 */
export class HeaderDeflater {
  #started = false

  deflate(block: Buffer): Buffer {
    const stored = Buffer.alloc(5)
    stored.writeUInt16LE(block.length, 1)
    stored.writeUInt16LE(~block.length & 0xffff, 3)
    const parts = [stored, block, emptyBlock]
    if (!this.#started) parts.unshift(zlibHead)
    this.#started = true
    return Buffer.concat(parts)
  }
}

import type { Duplex } from 'node:stream'
import { createDeflate, constants as zlib } from 'node:zlib'
import { spdyDictionary } from '../../../src/apiserver/http/streaming/spdy/dictionary.js'
import { dataHead, FrameParser, rstStreamFrame, synStreamFrame } from '../../../src/apiserver/http/streaming/spdy/frames.js'
import { formatHeaderBlock } from '../../../src/apiserver/http/streaming/spdy/header-block.js'

/** What a test sees of one stream. */
export interface ClientStream {
  readonly id: number
  text: string
  bytes: number
  /** Settles with the text when the server has ended or reset the stream, or the connection is gone. */
  readonly done: Promise<string>
  write(data: string | Buffer): void
  end(): void
  reset(): void
}

/** The client's side of a SPDY/3.1 connection, over whatever carries its bytes. */
export class SpdyClient {
  readonly #transport: Duplex
  readonly #deflate = createDeflate({ dictionary: spdyDictionary })
  readonly #streams = new Map<number, { stream: ClientStream; finish: () => void; replied: () => void }>()
  #parts: Buffer[] = []
  #next = 1

  constructor(transport: Duplex) {
    this.#transport = transport
    this.#deflate.on('data', (part: Buffer) => this.#parts.push(part))
    const parser = new FrameParser()
    transport.on('data', (chunk: Buffer) => {
      parser.push(chunk)
      for (let frame = parser.next(); frame !== undefined; frame = parser.next()) {
        const known = 'streamId' in frame ? this.#streams.get(frame.streamId) : undefined
        if (known === undefined) continue
        if (frame.type === 'syn-reply') known.replied()
        else if (frame.type === 'data') {
          known.stream.bytes += frame.data.length
          if (known.stream.bytes < 1_000_000) known.stream.text += frame.data.toString()
          if (frame.fin) known.finish()
        } else if (frame.type === 'rst-stream') {
          known.replied()
          known.finish()
        }
      }
    })
    transport.on('error', () => {})
    transport.once('close', () => {
      for (const { finish, replied } of this.#streams.values()) {
        replied()
        finish()
      }
    })
  }

  async open(headers: Record<string, string>): Promise<ClientStream> {
    this.#parts = []
    this.#deflate.write(formatHeaderBlock(Object.entries(headers)))
    await new Promise<void>((resolve) => this.#deflate.flush(zlib.Z_SYNC_FLUSH, () => setImmediate(resolve)))
    const id = this.#next
    this.#next += 2
    let finish = () => {}
    let replied = () => {}
    const reply = new Promise<void>((resolve) => {
      replied = resolve
    })
    const ended = new Promise<void>((resolve) => {
      finish = resolve
    })
    const send = (bytes: Buffer) => void this.#transport.write(bytes)
    const stream: ClientStream = {
      id,
      text: '',
      bytes: 0,
      done: ended.then(() => stream.text),
      write: (data) => send(Buffer.concat([dataHead(id, Buffer.byteLength(data), false), Buffer.from(data)])),
      end: () => send(dataHead(id, 0, true)),
      reset: () => send(rstStreamFrame(id, 5)),
    }
    this.#streams.set(id, { stream, finish, replied })
    send(synStreamFrame(id, Buffer.concat(this.#parts)))
    await reply
    return stream
  }

  close(): void {
    this.#deflate.close()
    this.#transport.destroy()
  }
}

import { Buffer } from 'node:buffer'
import { SpdyError } from './spdy-error.js'

/** Types of control frames of SPDY/3.1. */
export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const

/** Why a stream was reset. */
export const resetCodes = { protocolError: 1, invalidStream: 2, refused: 3, cancel: 5 } as const

export const flagFin = 1
export const flagUnidirectional = 2

/** A frame as it came. `block` is a header block, still compressed; a DATA frame comes in as many pieces as it arrives in. */
export type SpdyFrame =
  | { readonly type: 'data'; readonly streamId: number; readonly data: Buffer; readonly fin: boolean }
  | {
      readonly type: 'syn-stream'
      readonly streamId: number
      readonly fin: boolean
      readonly unidirectional: boolean
      readonly block: Buffer
    }
  | { readonly type: 'syn-reply' | 'headers'; readonly streamId: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'rst-stream'; readonly streamId: number; readonly code: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'go-away'; readonly lastStreamId: number }
  | { readonly type: 'window-update'; readonly streamId: number; readonly delta: number }
  | { readonly type: 'ignored' }

/** Control frames carry a few headers: longer ones are an attack. */
export const maxControlFrameBytes = 64 * 1024

const headBytes = 8

/** Cuts a byte stream into frames. Holds at most one control frame back; throws a SpdyError for what is no SPDY/3.1. */
export class FrameParser {
  #held: Buffer = Buffer.alloc(0)
  #data: { streamId: number; fin: boolean; left: number } | undefined

  push(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
  }

  /** The next frame, or undefined until more bytes have come. */
  next(): SpdyFrame | undefined {
    if (this.#data !== undefined) return this.#nextData(this.#data)
    if (this.#held.length < headBytes) return undefined
    const first = this.#held.readUInt32BE(0)
    const flags = this.#held[4]!
    const length = this.#held.readUIntBE(5, 3)
    if ((first & 0x80000000) === 0) {
      this.#held = this.#held.subarray(headBytes)
      this.#data = { streamId: first, fin: (flags & flagFin) !== 0, left: length }
      return this.#nextData(this.#data)
    }
    const version = (first >>> 16) & 0x7fff
    if (version !== 3) throw new SpdyError(`SPDY version ${version} is not served: version 3 is`)
    if (length > maxControlFrameBytes) throw new SpdyError(`a control frame of ${length} bytes is too long`)
    if (this.#held.length < headBytes + length) return undefined
    const body = this.#held.subarray(headBytes, headBytes + length)
    this.#held = this.#held.subarray(headBytes + length)
    return controlFrame(first & 0xffff, flags, body)
  }

  #nextData(data: { streamId: number; fin: boolean; left: number }): SpdyFrame | undefined {
    if (data.left > 0 && this.#held.length === 0) return undefined
    const piece = this.#held.subarray(0, data.left)
    this.#held = this.#held.subarray(piece.length)
    data.left -= piece.length
    const last = data.left === 0
    if (last) this.#data = undefined
    return { type: 'data', streamId: data.streamId, data: piece, fin: last && data.fin }
  }
}

const minimum: Readonly<Record<number, number>> = {
  [frameTypes.synStream]: 10,
  [frameTypes.synReply]: 4,
  [frameTypes.rstStream]: 8,
  [frameTypes.ping]: 4,
  [frameTypes.goAway]: 4,
  [frameTypes.headers]: 4,
  [frameTypes.windowUpdate]: 8,
}

function controlFrame(type: number, flags: number, body: Buffer): SpdyFrame {
  if (body.length < (minimum[type] ?? 0)) throw new SpdyError(`a control frame of type ${type} is cut short`)
  const id = () => body.readUInt32BE(0) & 0x7fffffff
  const fin = (flags & flagFin) !== 0
  switch (type) {
    case frameTypes.synStream: {
      const unidirectional = (flags & flagUnidirectional) !== 0
      return { type: 'syn-stream', streamId: id(), fin, unidirectional, block: body.subarray(10) }
    }
    case frameTypes.synReply:
      return { type: 'syn-reply', streamId: id(), fin, block: body.subarray(4) }
    case frameTypes.headers:
      return { type: 'headers', streamId: id(), fin, block: body.subarray(4) }
    case frameTypes.rstStream:
      return { type: 'rst-stream', streamId: id(), code: body.readUInt32BE(4) }
    case frameTypes.ping:
      return { type: 'ping', id: body.readUInt32BE(0) }
    case frameTypes.goAway:
      return { type: 'go-away', lastStreamId: id() }
    case frameTypes.windowUpdate:
      return { type: 'window-update', streamId: id(), delta: body.readUInt32BE(4) & 0x7fffffff }
    default:
      // SETTINGS, CREDENTIAL and whatever is unknown: the protocol says to pass over it.
      return { type: 'ignored' }
  }
}

/** The head of a DATA frame; its payload follows. */
export function dataHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(streamId, 0)
  head[4] = fin ? flagFin : 0
  head.writeUIntBE(length, 5, 3)
  return head
}

export function pingFrame(id: number): Buffer {
  return control(frameTypes.ping, 0, words(id))
}

export function rstStreamFrame(streamId: number, code: number): Buffer {
  return control(frameTypes.rstStream, 0, words(streamId, code))
}

export function goAwayFrame(lastStreamId: number): Buffer {
  return control(frameTypes.goAway, 0, words(lastStreamId, 0))
}

export function synReplyFrame(streamId: number, block: Buffer): Buffer {
  return control(frameTypes.synReply, 0, Buffer.concat([words(streamId), block]))
}

export function synStreamFrame(streamId: number, block: Buffer, flags = 0): Buffer {
  return control(frameTypes.synStream, flags, Buffer.concat([words(streamId, 0), Buffer.alloc(2), block]))
}

function control(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt16BE(0x8003, 0)
  head.writeUInt16BE(type, 2)
  head[4] = flags
  head.writeUIntBE(body.length, 5, 3)
  return Buffer.concat([head, body])
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4)
  return bytes
}

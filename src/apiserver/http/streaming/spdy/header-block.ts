import { Buffer } from 'node:buffer'
import { SpdyError } from './spdy-error.js'

/** Headers of a stream: names in lower case; several values of one name are joined by a zero byte on the wire. */
export type SpdyHeaders = ReadonlyMap<string, readonly string[]>

const maxPairs = 100

/** Reads an uncompressed name/value block. */
export function parseHeaderBlock(block: Buffer): SpdyHeaders {
  let at = 0
  const number = () => {
    if (at + 4 > block.length) throw new SpdyError('a header block is cut short')
    const value = block.readUInt32BE(at)
    at += 4
    return value
  }
  const text = () => {
    const length = number()
    if (length > block.length - at) throw new SpdyError('a header block is cut short')
    const value = block.toString('utf8', at, at + length)
    at += length
    return value
  }
  const pairs = number()
  if (pairs > maxPairs) throw new SpdyError(`a header block of ${pairs} headers is too long`)
  const headers = new Map<string, string[]>()
  for (let pair = 0; pair < pairs; pair++) {
    const name = text().toLowerCase()
    if (name === '') throw new SpdyError('a header has no name')
    if (headers.has(name)) throw new SpdyError(`the header ${JSON.stringify(name)} comes twice`)
    headers.set(name, text().split('\0'))
  }
  if (at !== block.length) throw new SpdyError('a header block is longer than its headers')
  return headers
}

export function formatHeaderBlock(headers: Iterable<readonly [string, string]>): Buffer {
  const parts: Buffer[] = []
  let pairs = 0
  for (const pair of headers) {
    pairs++
    for (const value of pair) {
      const bytes = Buffer.from(value)
      parts.push(length(bytes.length), bytes)
    }
  }
  return Buffer.concat([length(pairs), ...parts])
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

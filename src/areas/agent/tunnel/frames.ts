import { CodedError } from '../../../base/errors.js'

/**
 * What goes through the tunnel: a byte for the type, four for the stream (big endian; 0: the connection itself), then the rest.
 * One frame is one message of the link below.
 */
export type Frame =
  | { readonly type: 'open' | 'end'; readonly stream: number }
  | { readonly type: 'data'; readonly stream: number; readonly bytes: Uint8Array }
  /** The sender has given the stream up, in both directions. */
  | { readonly type: 'reset'; readonly stream: number; readonly reason: string }
  /** The receiver may be sent so many bytes more. */
  | { readonly type: 'window'; readonly stream: number; readonly bytes: number }
  | { readonly type: 'ping' | 'pong'; readonly token: number }
  /** The connection ends, and why. */
  | { readonly type: 'goaway'; readonly reason: string }

const codes = { open: 1, data: 2, end: 3, reset: 4, window: 5, ping: 6, pong: 7, goaway: 8 } as const
const types = new Map<number, Frame['type']>(Object.entries(codes).map(([type, code]) => [code, type as Frame['type']]))

/** The most that one data frame carries: other streams wait for no longer than that. */
export const mostDataBytes = 32 * 1024
const mostReasonBytes = 1024
const headBytes = 5

/** No message of the tunnel is longer. */
export const mostMessageBytes = headBytes + mostDataBytes

export function encodeFrame(frame: Frame): Uint8Array {
  const stream = 'stream' in frame ? frame.stream : 0
  switch (frame.type) {
    case 'open':
    case 'end':
      return head(frame.type, stream, 0)
    case 'data': {
      const bytes = head('data', stream, frame.bytes.length)
      bytes.set(frame.bytes, headBytes)
      return bytes
    }
    case 'reset':
    case 'goaway': {
      // Cut at the end of a character: what is said must be read on the other side.
      const text = Buffer.from(frame.reason.slice(0, mostReasonBytes / 4))
      const bytes = head(frame.type, stream, text.length)
      bytes.set(text, headBytes)
      return bytes
    }
    case 'window':
      return withNumber('window', stream, frame.bytes)
    case 'ping':
    case 'pong':
      return withNumber(frame.type, 0, frame.token)
  }
}

/** Reads a message of the other side. Throws `tunnel-protocol` for anything that is no frame. */
export function decodeFrame(message: Uint8Array): Frame {
  const type = types.get(message[0] ?? 0)
  if (message.length < headBytes || type === undefined) throw broken(`a frame of type ${message[0] ?? 'nothing'}`)
  if (message.length > mostMessageBytes) throw broken(`a frame of ${message.length} bytes`)
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  const stream = view.getUint32(1)
  const rest = message.subarray(headBytes)
  const isOfConnection = type === 'ping' || type === 'pong' || type === 'goaway'
  if ((stream === 0) !== isOfConnection) throw broken(`a frame ${type} for stream ${stream}`)
  switch (type) {
    case 'open':
    case 'end':
      if (rest.length > 0) throw broken(`a frame ${type} with ${rest.length} bytes`)
      return { type, stream }
    case 'data':
      if (rest.length === 0) throw broken('a frame data with nothing in it')
      return { type, stream, bytes: rest }
    case 'reset':
    case 'goaway': {
      if (rest.length > mostReasonBytes) throw broken(`a reason of ${rest.length} bytes`)
      const reason = printable(new TextDecoder().decode(rest))
      return type === 'reset' ? { type, stream, reason } : { type, reason }
    }
    case 'window':
    case 'ping':
    case 'pong': {
      if (rest.length !== 4) throw broken(`a frame ${type} with ${rest.length} bytes`)
      const number = view.getUint32(headBytes)
      if (type !== 'window') return { type, token: number }
      if (number === 0) throw broken('a frame window of nothing')
      return { type, stream, bytes: number }
    }
  }
}

export function broken(what: string): CodedError {
  return new CodedError({
    code: 'tunnel-protocol',
    message: `the other side of the tunnel sent ${what}`,
    fix: 'Use the same version of Flotilla for the hub and the agent, and no proxy that changes what goes through.',
  })
}

/** Reasons end in logs and on terminals. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}

function head(type: Frame['type'], stream: number, more: number): Uint8Array {
  const bytes = new Uint8Array(headBytes + more)
  bytes[0] = codes[type]
  new DataView(bytes.buffer).setUint32(1, stream)
  return bytes
}

function withNumber(type: Frame['type'], stream: number, number: number): Uint8Array {
  const bytes = head(type, stream, 4)
  new DataView(bytes.buffer).setUint32(headBytes, number)
  return bytes
}

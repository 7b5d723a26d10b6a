import { integerOf } from '../../../base/json-text.js'
import { statusErrors } from '../../object/status-error.js'

export const wireVarint = 0
export const wireFixed64 = 1
export const wireBytes = 2
export const wireFixed32 = 5

const text = new TextDecoder()

/**
 * Reads protobuf's wire format from a window of bytes. Never reads beyond the window; whatever is malformed throws a
 * StatusError of reason BadRequest.
 */
export class WireReader {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  get empty(): boolean {
    return this.#at === this.#end
  }

  /** Number and wire type of the next field. */
  key(): { number: number; wire: number } {
    const key = this.#varint32()
    const number = key >>> 3
    if (number === 0) throw malformed('field number 0')
    return { number, wire: key & 7 }
  }

  /** A varint as an int64. */
  integer64(): number | bigint {
    const start = this.#at
    const value = this.integer()
    if (Number.isSafeInteger(value)) return value
    let exact = 0n
    for (let index = start; index < this.#at; index++) {
      exact |= BigInt((this.#bytes[index] as number) & 0x7f) << BigInt(7 * (index - start))
    }
    return integerOf(BigInt.asIntN(64, exact))
  }

  /** A varint as an int32: Go cuts off what is beyond. */
  integer32(): number {
    const value = this.integer64()
    return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value))
  }

  /** A varint as a signed 64-bit integer; beyond 2^53 it is rounded. */
  integer(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else if (shift < 64) high |= bits << (shift - 32)
      if (byte < 0x80) {
        const unsignedLow = low >>> 0
        if ((high | 0) === 0) return unsignedLow
        return (high | 0) * 4_294_967_296 + unsignedLow
      }
    }
    throw malformed('a varint of more than ten bytes')
  }

  /** A length-delimited field as a reader of its own. */
  message(): WireReader {
    const { start, end } = this.#span()
    return new WireReader(this.#bytes, start, end)
  }

  bytes(): Uint8Array {
    const { start, end } = this.#span()
    return this.#bytes.subarray(start, end)
  }

  string(): string {
    const { start, end } = this.#span()
    const length = end - start
    // Short ASCII texts are most of what there is, and quicker without the decoder.
    if (length < 24) {
      let ascii = ''
      for (let index = start; index < end; index++) {
        const byte = this.#bytes[index] as number
        if (byte >= 0x80) return text.decode(this.#bytes.subarray(start, end))
        ascii += String.fromCharCode(byte)
      }
      return ascii
    }
    return text.decode(this.#bytes.subarray(start, end))
  }

  double(): number {
    const start = this.#at
    this.#skipBytes(8)
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start, 8).getFloat64(0, true)
  }

  skip(wire: number): void {
    if (wire === wireVarint) this.integer()
    else if (wire === wireFixed64) this.#skipBytes(8)
    else if (wire === wireBytes) this.#span()
    else if (wire === wireFixed32) this.#skipBytes(4)
    else throw malformed(`wire type ${wire}`)
  }

  #span(): { start: number; end: number } {
    const length = this.#varint32()
    const start = this.#at
    this.#skipBytes(length)
    return { start, end: this.#at }
  }

  #skipBytes(count: number): void {
    if (count > this.#end - this.#at) throw malformed('unexpected end of the data')
    this.#at += count
  }

  #byte(): number {
    if (this.#at >= this.#end) throw malformed('unexpected end of the data')
    return this.#bytes[this.#at++] as number
  }

  /** Keys and lengths: at most 32 bits. */
  #varint32(): number {
    const value = this.integer()
    if (value < 0 || value > 0xffff_ffff) throw malformed('a key or length out of range')
    return value
  }
}

export function malformed(what: string): Error {
  return statusErrors.badRequest(`unable to decode the protobuf body: ${what}`)
}

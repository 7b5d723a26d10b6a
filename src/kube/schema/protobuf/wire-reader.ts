import { integerOf } from '../../../base/json-text.js'

export const wireVarint = 0
export const wireFixed64 = 1
export const wireBytes = 2
const wireGroup = 3
const wireGroupEnd = 4
export const wireFixed32 = 5

const text = new TextDecoder()

/** What is wrong with a message, in the words of Go's generated code. */
export class ProtobufProblem extends SyntaxError {}

const unexpectedEnd = () => new ProtobufProblem('unexpected EOF')

/** Reads protobuf's wire format from a window of bytes. Never reads beyond the window; throws ProtobufProblem. */
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

  /** Number and wire type of the next field of a message, which problems name. */
  key(message: string): { number: number; wire: number } {
    const key = this.integer()
    const wire = key & 7
    // Beyond 32 bits Go cuts off.
    const number = key >= 0 && key <= 0xffff_ffff ? key >>> 3 : Number(BigInt.asIntN(32, BigInt(key) >> 3n))
    if (wire === wireGroupEnd) throw new ProtobufProblem(`proto: ${message}: wiretype end group for non-group`)
    if (number <= 0) throw new ProtobufProblem(`proto: ${message}: illegal tag ${number} (wire type ${wire})`)
    return { number, wire }
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
    throw new ProtobufProblem('proto: integer overflow')
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

  /** Passes over a field; a group with all that is in it. */
  skip(wire: number): void {
    if (wire === wireVarint) this.integer()
    else if (wire === wireFixed64) this.#skipBytes(8)
    else if (wire === wireBytes) this.#span()
    else if (wire === wireFixed32) this.#skipBytes(4)
    else if (wire === wireGroup) this.#skipGroup()
    else throw new ProtobufProblem(`proto: illegal wireType ${wire}`)
  }

  #skipGroup(): void {
    for (let depth = 1; depth > 0; ) {
      const wire = this.integer() & 7
      if (wire === wireGroup) depth++
      else if (wire === wireGroupEnd) depth--
      else this.skip(wire)
    }
  }

  #span(): { start: number; end: number } {
    const length = this.integer()
    if (length < 0) throw new ProtobufProblem('proto: negative length found during unmarshaling')
    const start = this.#at
    this.#skipBytes(length)
    return { start, end: this.#at }
  }

  #skipBytes(count: number): void {
    if (count > this.#end - this.#at) throw unexpectedEnd()
    this.#at += count
  }

  #byte(): number {
    if (this.#at >= this.#end) throw unexpectedEnd()
    return this.#bytes[this.#at++] as number
  }
}

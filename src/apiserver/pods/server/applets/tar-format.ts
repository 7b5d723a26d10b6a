import { Buffer } from 'node:buffer'
import type { Source } from '../shell/streams.js'

/** One file of an archive. */
export interface TarMember {
  readonly name: string
  readonly type: 'file' | 'directory' | 'link' | 'other'
  readonly mode: number
  readonly mtimeMs: number
  readonly size: number
  /** Where a link leads. */
  readonly link: string
}

const block = 512
const nameBytes = 100
const typeFlags = { file: '0', directory: '5', link: '2', other: '0' } as const
/** Names in extension headers: longer ones are no names. */
const mostNameBytes = 64 * 1024

/** How many zeros follow so many bytes of content. */
export function paddingOf(size: number): number {
  return (block - (size % block)) % block
}

/** The head of a member, as ustar has it; long names come before it, as GNU has them. */
export function formatTarHead(member: TarMember): Buffer {
  const parts: Buffer[] = []
  for (const [text, flag] of [
    [member.name, 'L'],
    [member.link, 'K'],
  ] as const) {
    const bytes = Buffer.from(`${text}\0`)
    if (bytes.length <= nameBytes) continue
    parts.push(head('././@LongLink', flag, bytes.length, 0, 0, ''), bytes, Buffer.alloc(paddingOf(bytes.length)))
  }
  parts.push(head(member.name, typeFlags[member.type], member.size, member.mode, member.mtimeMs, member.link))
  return Buffer.concat(parts)
}

function head(name: string, flag: string, size: number, mode: number, mtimeMs: number, link: string): Buffer {
  const bytes = Buffer.alloc(block)
  const octal = (value: number, at: number, length: number) => {
    bytes.write(
      `${Math.floor(value)
        .toString(8)
        .padStart(length - 1, '0')}\0`,
      at,
      'latin1',
    )
  }
  Buffer.from(name).copy(bytes, 0, 0, nameBytes)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(Math.max(0, mtimeMs / 1000), 136, 12)
  bytes.write(flag, 156, 'latin1')
  Buffer.from(link).copy(bytes, 157, 0, nameBytes)
  bytes.write('ustar\x0000', 257, 'latin1')
  bytes.write('root', 265, 'latin1')
  bytes.write('root', 297, 'latin1')
  bytes.fill(' ', 148, 156)
  let sum = 0
  for (const byte of bytes) sum += byte
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

/** Reads an archive as it comes: ustar, with the long names of GNU and pax. */
export class TarReader {
  readonly #source: Source
  #held: Buffer = Buffer.alloc(0)
  #left = 0
  #padding = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** The next member, its content not read before being passed over; undefined at the end of the archive. */
  async next(): Promise<TarMember | undefined> {
    let name: string | undefined
    let link: string | undefined
    let size: number | undefined
    for (;;) {
      while ((await this.content()) !== undefined);
      const bytes = await this.#exactly(block)
      if (bytes === undefined || bytes.every((byte) => byte === 0)) {
        // Whoever writes the rest of the archive is not to find a broken pipe.
        while ((await this.#source.read()) !== undefined);
        return undefined
      }
      checkSum(bytes)
      const flag = String.fromCharCode(bytes[156]!)
      const length = octalAt(bytes, 124, 12)
      this.#left = length
      this.#padding = paddingOf(length)
      if ('LKxg'.includes(flag)) {
        const text = await this.#wholeContent(length)
        if (flag === 'L') name = text.replace(/\0.*$/s, '')
        if (flag === 'K') link = text.replace(/\0.*$/s, '')
        if (flag === 'x') {
          const values = paxValues(text)
          name = values.get('path') ?? name
          link = values.get('linkpath') ?? link
          const given = values.get('size')
          if (given !== undefined && /^\d{1,15}$/.test(given)) size = Number(given)
        }
        continue
      }
      if (size !== undefined) {
        this.#left = size
        this.#padding = paddingOf(size)
      }
      const type = flag === '5' ? 'directory' : flag === '2' ? 'link' : flag === '0' || flag === '\0' ? 'file' : 'other'
      const prefix = bytes.toString('latin1', 257, 262) === 'ustar' ? textAt(bytes, 345, 155) : ''
      const short = textAt(bytes, 0, nameBytes)
      return {
        name: name ?? (prefix === '' ? short : `${prefix}/${short}`),
        type,
        mode: octalAt(bytes, 100, 8),
        mtimeMs: octalAt(bytes, 136, 12) * 1000,
        size: this.#left,
        link: link ?? textAt(bytes, 157, nameBytes),
      }
    }
  }

  /** A piece of the current member's content; undefined behind the last one. */
  async content(): Promise<Buffer | undefined> {
    if (this.#left === 0) {
      if (this.#padding > 0) {
        const skipped = this.#padding
        this.#padding = 0
        await this.#exactly(skipped)
      }
      return undefined
    }
    if (this.#held.length === 0 && !(await this.#more())) throw new Error('short read: the archive is cut off')
    const piece = this.#held.subarray(0, this.#left)
    this.#held = this.#held.subarray(piece.length)
    this.#left -= piece.length
    return piece
  }

  async #wholeContent(length: number): Promise<string> {
    if (length > mostNameBytes) throw new Error('a name in the archive is too long')
    const pieces: Buffer[] = []
    for (let piece = await this.content(); piece !== undefined; piece = await this.content()) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  }

  async #exactly(count: number): Promise<Buffer | undefined> {
    while (this.#held.length < count) {
      if (await this.#more()) continue
      if (this.#held.length === 0) return undefined
      throw new Error('short read: the archive is cut off')
    }
    const bytes = this.#held.subarray(0, count)
    this.#held = this.#held.subarray(count)
    return bytes
  }

  async #more(): Promise<boolean> {
    const chunk = await this.#source.read()
    if (chunk === undefined) return false
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk])
    return true
  }
}

function checkSum(bytes: Buffer): void {
  let sum = 0
  for (const [at, byte] of bytes.entries()) sum += at >= 148 && at < 156 ? 32 : byte
  if (sum !== octalAt(bytes, 148, 8)) throw new Error('invalid tar header: the checksum is wrong')
}

function octalAt(bytes: Buffer, at: number, length: number): number {
  const text = textAt(bytes, at, length).trim()
  if (text === '') return 0
  if (!/^[0-7]+$/.test(text)) throw new Error('invalid tar header: not a number')
  return Number.parseInt(text, 8)
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

/** Records `LENGTH KEY=VALUE\n`, the length counting the whole record. */
function paxValues(text: string): Map<string, string> {
  const values = new Map<string, string>()
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    const match = /^(\d{1,6}) /.exec(rest.toString('latin1', 0, 8))
    const length = Number(match?.[1] ?? 0)
    if (match === null || length <= match[0].length || length > rest.length) throw new Error('invalid pax header')
    const record = rest.toString('utf8', match[0].length, length - 1)
    const cut = record.indexOf('=')
    if (cut > 0) values.set(record.slice(0, cut), record.slice(cut + 1))
    rest = rest.subarray(length)
  }
  return values
}

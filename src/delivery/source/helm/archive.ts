import { gunzipSync } from 'node:zlib'
import { messageOf } from '../../../base/errors.js'
import type { ChartFile } from '../../render/helm/chart/chart.js'
import { withoutMark } from '../../render/helm/chart/read-chart-files.js'

export interface ArchiveLimits {
  /** Bytes of all files together, unpacked; 100 Mi unless told. */
  readonly maxChartBytes?: number
  /** Bytes of one file; 5 Mi unless told. */
  readonly maxFileBytes?: number
  /** 20,000 unless told. */
  readonly maxEntries?: number
}

const block = 512
const decoder = new TextDecoder()

/**
 * The files of a packed chart (tar with gzip), in the archive's order, without the directory they all stand in. Nothing is
 * written anywhere; links are not followed, they count as empty files as in Helm. Throws an Error that says what is wrong:
 * paths that lead out, too many entries, too much data.
 */
export function openChartArchive(bytes: Uint8Array, limits: ArchiveLimits = {}): ChartFile[] {
  const maxChart = limits.maxChartBytes ?? 100 * 1024 * 1024
  const maxFile = limits.maxFileBytes ?? 5 * 1024 * 1024
  const maxEntries = limits.maxEntries ?? 20_000
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw new Error('gzip: invalid header')
  const data = unpack(bytes, maxChart)
  const files: ChartFile[] = []
  let at = 0
  let entries = 0
  let total = 0
  let longName: string | undefined
  let paxSize: number | undefined
  while (at + block <= data.length) {
    const header = data.subarray(at, at + block)
    at += block
    if (header.every((byte) => byte === 0)) break
    if (++entries > maxEntries) throw new Error(`the archive has more than ${maxEntries} entries`)
    checkSum(header)
    const size = paxSize ?? readNumber(header.subarray(124, 136))
    paxSize = undefined
    const end = at + size
    if (!Number.isSafeInteger(size) || end > data.length) throw new Error('unexpected EOF')
    const content = data.subarray(at, end)
    at = Math.min(end + ((block - (size % block)) % block), data.length)
    const type = String.fromCharCode(header[156]!)
    if (type === 'x') {
      const records = readPax(content)
      longName = records.get('path') ?? longName
      const given = records.get('size')
      if (given !== undefined && /^[0-9]{1,15}$/.test(given)) paxSize = Number(given)
      continue
    }
    if (type === 'L') {
      longName = text(content)
      continue
    }
    if (type === 'g' || type === 'K') continue
    const name = longName ?? nameOf(header)
    longName = undefined
    if (type === '5' || name.endsWith('/')) continue
    const path = cleanPath(name)
    if (size > maxFile)
      throw new Error(`decompressed chart file ${JSON.stringify(name)} is larger than the maximum file size ${maxFile}`)
    total += size
    if (total > maxChart) throw new Error(`decompressed chart is larger than the maximum file size ${maxChart}`)
    const isFile = type === '0' || type === '\0' || type === '7'
    files.push({ name: path, data: isFile ? withoutMark(content) : new Uint8Array() })
  }
  if (files.length === 0) throw new Error('no files in chart archive')
  return files
}

function unpack(bytes: Uint8Array, maxChart: number): Uint8Array {
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: maxChart + 32 * 1024 * 1024 }))
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Error(`decompressed chart is larger than the maximum file size ${maxChart}`)
    throw new Error(`gzip: ${messageOf(error)}`, { cause: error })
  }
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end))
}

/** An octal number, or a binary one where the first bit says so. */
function readNumber(field: Uint8Array): number {
  if ((field[0]! & 0x80) !== 0) {
    let value = BigInt(field[0]! & 0x7f)
    for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte)
    return Number(value)
  }
  const digits = text(field).trim()
  if (digits === '') return 0
  if (!/^[0-7]+$/.test(digits)) throw new Error('archive/tar: invalid tar header')
  return Number.parseInt(digits, 8)
}

function checkSum(header: Uint8Array): void {
  let sum = 0
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte
  if (sum !== readNumber(header.subarray(148, 156))) throw new Error('archive/tar: invalid tar header')
}

function nameOf(header: Uint8Array): string {
  const name = text(header.subarray(0, 100))
  const isUstar = text(header.subarray(257, 263)).startsWith('ustar')
  const prefix = isUstar ? text(header.subarray(345, 500)) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Extended headers: `LENGTH KEY=VALUE\n`, the length counting itself. */
function readPax(content: Uint8Array): Map<string, string> {
  const records = new Map<string, string>()
  let at = 0
  while (at < content.length) {
    const space = content.indexOf(0x20, at)
    const length = space === -1 ? Number.NaN : Number(decoder.decode(content.subarray(at, space)))
    if (!Number.isInteger(length) || length <= space - at + 1 || at + length > content.length) break
    const record = decoder.decode(content.subarray(space + 1, at + length - 1))
    const equals = record.indexOf('=')
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

/** The path below the chart's own directory; archives may be made on Windows. */
function cleanPath(name: string): string {
  const parts = name.split(name.includes('\\') ? '\\' : '/')
  const rest = parts.slice(1).join('/')
  if (rest.startsWith('/')) throw new Error('chart illegally contains absolute paths')
  const kept: string[] = []
  for (const part of rest.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') kept.push(part)
    else if (kept.pop() === undefined) throw new Error('chart illegally references parent directory')
  }
  const path = kept.join('/')
  if (path === '')
    throw new Error(
      parts[0] === 'Chart.yaml'
        ? 'chart yaml not in base directory'
        : `chart illegally contains content outside the base directory: ${JSON.stringify(name)}`,
    )
  if (/^[a-zA-Z]:\//.test(path)) throw new Error('chart contains illegally named files')
  if (parts[0] === 'Chart.yaml') throw new Error('chart yaml not in base directory')
  return path
}

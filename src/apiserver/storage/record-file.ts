import { closeSync, openSync, readSync } from 'node:fs'
import { type LogRecord, parseRecord } from './log-record.js'

const blockBytes = 4 * 1024 * 1024

/**
 * Reads the records of a file in order, block by block. `wholeBytes` is where the last whole record ends; `intact` tells
 * whether nothing stands behind it.
 */
export function readRecords(path: string, take: (record: LogRecord) => void): { wholeBytes: number; intact: boolean } {
  const file = openSync(path, 'r')
  try {
    const block = Buffer.allocUnsafe(blockBytes)
    let rest: Buffer = Buffer.alloc(0)
    let wholeBytes = 0
    for (;;) {
      const read = readSync(file, block, 0, blockBytes, null)
      if (read === 0) return { wholeBytes, intact: rest.length === 0 }
      const data = rest.length === 0 ? block.subarray(0, read) : Buffer.concat([rest, block.subarray(0, read)])
      let start = 0
      for (;;) {
        const end = data.indexOf(0x0a, start)
        if (end < 0) break
        const record = parseRecord(data.subarray(start, end))
        if (record === undefined) return { wholeBytes, intact: false }
        take(record)
        wholeBytes += end + 1 - start
        start = end + 1
      }
      rest = Buffer.from(data.subarray(start))
    }
  } finally {
    closeSync(file)
  }
}

import { closeSync, openSync, readSync } from 'node:fs'
import { type LogRecord, parseRecord } from './log-record.js'

const blockBytes = 4 * 1024 * 1024

/**
 * Reads the records of a file in order, block by block, up to the first damaged one. `wholeBytes` is where the last record
 * before it ends; `intact` tells whether nothing stands behind that; `followed`, whether whole records stand behind the
 * damage. Bytes of zero are pages that a power cut left unwritten: what stands behind them belongs to the same lost write.
 */
export function readRecords(
  path: string,
  take: (record: LogRecord) => void,
): { wholeBytes: number; intact: boolean; followed: boolean } {
  const file = openSync(path, 'r')
  try {
    const block = Buffer.allocUnsafe(blockBytes)
    let rest: Buffer = Buffer.alloc(0)
    let wholeBytes = 0
    let damaged = false
    for (;;) {
      const read = readSync(file, block, 0, blockBytes, null)
      if (read === 0) return { wholeBytes, intact: !damaged && rest.length === 0, followed: false }
      const data = rest.length === 0 ? block.subarray(0, read) : Buffer.concat([rest, block.subarray(0, read)])
      let start = 0
      for (;;) {
        const end = data.indexOf(0x0a, start)
        if (end < 0) break
        const line = data.subarray(start, end)
        const record = parseRecord(line)
        if (record === undefined) {
          if (line.includes(0)) return { wholeBytes, intact: false, followed: false }
          damaged = true
        } else if (damaged) return { wholeBytes, intact: false, followed: true }
        else {
          take(record)
          wholeBytes += end + 1 - start
        }
        start = end + 1
      }
      rest = Buffer.from(data.subarray(start))
    }
  } finally {
    closeSync(file)
  }
}

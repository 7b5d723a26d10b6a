import { crc32 } from 'node:zlib'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { encodeObject } from './encoding.js'

/**
 * One line of a log or snapshot file: eight hexadecimal digits of the CRC-32 of the JSON text behind them, a space, the JSON
 * text, a line feed. JSON text never holds a line feed itself, so a file cut anywhere shows where its last whole record ends.
 */
export type LogRecord =
  /** put: cluster, revision, resource, key, object */
  | ['p', string, number, string, string, KubeObject]
  /** delete: cluster, revision, resource, key */
  | ['d', string, number, string, string]
  /** the whole cluster is gone */
  | ['x', string]
  /** snapshots: the revision of a cluster, before its entries */
  | ['r', string, number]
  /** snapshots: an object of the base layer that the cluster deleted: cluster, resource, key */
  | ['t', string, string, string]
  /** snapshots: the last record, with the number of records before it */
  | ['end', number]

export function formatRecord(record: LogRecord): string {
  let text: string
  if (record[0] === 'p') {
    const head = JSON.stringify([record[0], record[1], record[2], record[3], record[4]])
    text = `${head.slice(0, -1)},${encodeObject(record[5])}]`
  } else text = JSON.stringify(record)
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`
}

/** The record of a line (without its line feed); undefined when the line is damaged. */
export function parseRecord(line: Buffer): LogRecord | undefined {
  if (line.length < 11 || line[8] !== 0x20) return undefined
  const checksum = line.toString('latin1', 0, 8)
  const body = line.subarray(9)
  if (!/^[0-9a-f]{8}$/.test(checksum) || crc32(body) !== Number.parseInt(checksum, 16)) return undefined
  try {
    return JSON.parse(body.toString('utf8')) as LogRecord
  } catch {
    return undefined
  }
}

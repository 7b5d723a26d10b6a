import { crc32 } from 'node:zlib'
import { CodedError } from '../../base/errors.js'
import { parseJson, printJson } from '../../base/json-text.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { encodeObject } from './encoding.js'
import type { RecordSeal } from './record-seal.js'

/**
 * One line of a log or snapshot file: eight hexadecimal digits of the CRC-32 of the JSON text behind them, a space, the JSON
 * text, a line feed. JSON text never holds a line feed itself, so a file cut anywhere shows where its last whole record ends.
 */
export type LogRecord =
  /** put: cluster, revision, resource, key, object */
  | ['p', string, number, string, string, KubeObject]
  /** the same, encrypted: cluster, revision, resource, key, id of the encryption key, sealed text of the object */
  | ['s', string, number, string, string, string, string]
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

export function formatRecord(record: LogRecord, seal?: RecordSeal): string {
  let text: string
  if (record[0] === 'p' && seal?.seals(record[3])) {
    const { key, sealed } = seal.seal(encodeObject(record[5]), placeOf(record))
    text = JSON.stringify(['s', record[1], record[2], record[3], record[4], key, sealed])
  } else if (record[0] === 'p') {
    const head = JSON.stringify([record[0], record[1], record[2], record[3], record[4]])
    text = `${head.slice(0, -1)},${encodeObject(record[5])}]`
  } else text = printJson(record)
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`
}

/** A sealed record as the record that was sealed; others as they are. */
export function openRecord(record: LogRecord, seal: RecordSeal | undefined): LogRecord {
  if (record[0] !== 's') return record
  const [, cluster, revision, resource, key, sealKey, sealed] = record
  if (seal === undefined) {
    throw new CodedError({
      code: 'storage-sealed',
      message: `${resource} ${key} of ${cluster} is encrypted, and there is no key`,
      fix: 'Put the key file pki/storage.key back that belongs to this state directory.',
    })
  }
  return ['p', cluster, revision, resource, key, parseJson(seal.open(sealKey, sealed, placeOf(record))) as KubeObject]
}

/** What a sealed text belongs to: it opens nowhere else, nor as another version of the same object. */
function placeOf(record: readonly [string, string, number, string, string, ...unknown[]]): string {
  return `${record[1]} ${record[3]} ${record[4]} at revision ${record[2]}`
}

/** The record of a line (without its line feed); undefined when the line is damaged. */
export function parseRecord(line: Buffer): LogRecord | undefined {
  if (line.length < 11 || line[8] !== 0x20) return undefined
  const checksum = line.toString('latin1', 0, 8)
  const body = line.subarray(9)
  if (!/^[0-9a-f]{8}$/.test(checksum) || crc32(body) !== Number.parseInt(checksum, 16)) return undefined
  try {
    return parseJson(body.toString('utf8')) as LogRecord
  } catch {
    return undefined
  }
}

import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { snapshotPath, syncDirectory } from './log-files.js'
import { formatRecord, type LogRecord } from './log-record.js'
import type { RecordSeal } from './record-seal.js'
import type { StorageCore } from './storage-core.js'

/** Objects that are encoded between two turns of the event loop. */
const batch = 200

/** What a snapshot holds: references only, since objects never change. Taken in one go, so it is one moment. */
export type Capture = LogRecord[]

export function captureState(core: StorageCore): Capture {
  const records: Capture = []
  for (const state of core.states()) {
    records.push(['r', state.cluster, state.revision()])
    for (const { resource, key, object } of state.entries()) {
      if (object === null) records.push(['t', state.cluster, resource, key])
      else records.push(['p', state.cluster, revisionOf(object), resource, key, object])
    }
  }
  return records
}

/** Writes the capture as snapshot `number`, durable before it gets its name. Returns its size in bytes. */
export async function writeSnapshot(directory: string, number: number, capture: Capture, seal?: RecordSeal): Promise<number> {
  const path = snapshotPath(directory, number)
  const file = await open(`${path}.partial`, 'w', 0o600)
  let bytes = 0
  try {
    for (let start = 0; start < capture.length; start += batch) {
      let text = ''
      for (const record of capture.slice(start, start + batch)) text += formatRecord(record, seal)
      bytes += await writeAll(file, text)
    }
    bytes += await writeAll(file, formatRecord(['end', capture.length]))
    await file.sync()
  } catch (error) {
    // On a full disk half a snapshot would take the room that the log needs.
    await rm(`${path}.partial`, { force: true })
    throw error
  } finally {
    await file.close()
  }
  await rename(`${path}.partial`, path)
  syncDirectory(directory)
  return bytes
}

/** A short write is no error to the operating system; the rest follows, or fails with the reason. */
async function writeAll(file: FileHandle, text: string): Promise<number> {
  const data = Buffer.from(text)
  for (let at = 0; at < data.length; ) at += (await file.write(data, at)).bytesWritten
  return data.length
}

function revisionOf(object: KubeObject): number {
  return Number(object.metadata.resourceVersion)
}

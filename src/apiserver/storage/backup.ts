import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { printJson } from '../../base/json-text.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ClusterStorage } from './contract.js'
import { formatRecord, type LogRecord, parseRecord } from './log-record.js'
import { Superseded } from './superseded.js'

/** A cluster's own state at one moment: what it has beyond the base layer, and what of the base it deleted. */
export interface ClusterBackup {
  readonly cluster: string
  readonly revision: number
  readonly objects: readonly { readonly resource: string; readonly key: string; readonly object: KubeObject | null }[]
}

/**
 * The lines of a backup file: those of a snapshot (see LogRecord), clusters one after the other, with a last line that says
 * how many there are. The state is taken when the first line is asked for; nothing is encrypted.
 */
export function* formatBackup(clusters: readonly ClusterStorage[]): Generator<string> {
  const captured = clusters.map((storage) => ({
    cluster: storage.cluster,
    revision: storage.revision(),
    entries: [...storage.entries()],
  }))
  let count = 0
  const line = (record: LogRecord) => {
    count++
    return formatRecord(record)
  }
  for (const { cluster, revision, entries } of captured) {
    yield line(['r', cluster, revision])
    for (const { resource, key, object } of entries) {
      if (object === null) yield line(['t', cluster, resource, key])
      else yield line(['p', cluster, Number(object.metadata.resourceVersion), resource, key, object])
    }
  }
  yield formatRecord(['end', count])
}

/** Reads a backup file. Throws CodedError for one that is damaged or not whole. */
export function parseBackup(bytes: Buffer): ClusterBackup[] {
  const reading = readBackup(bytes)
  for (;;) {
    const step = reading.next()
    if (step.done) return step.value
  }
}

/** What is read, or written back, in one turn of the event loop: some milliseconds of work. */
const turnBytes = 256 * 1024
const turnEntries = 200

/** As parseBackup, a step at a time: a file may be a gigabyte, and others want to be served between. */
export function* readBackup(bytes: Buffer): Generator<undefined, ClusterBackup[]> {
  const backups = new Map<string, { cluster: string; revision: number; objects: ClusterBackup['objects'][number][] }>()
  let count = 0
  let ended = false
  let pause = turnBytes
  for (let start = 0; start < bytes.length; ) {
    if (start > pause) {
      yield undefined
      pause = start + turnBytes
    }
    const newline = bytes.indexOf(0x0a, start)
    const end = newline < 0 ? bytes.length : newline
    const record = ended ? undefined : parseRecord(bytes.subarray(start, end))
    if (record === undefined) throw broken(`the record at byte ${start} is damaged`)
    start = end + 1
    if (record[0] === 'end') {
      if (record[1] !== count) throw broken(`${record[1]} records were written, ${count} are there`)
      ended = true
      continue
    }
    count++
    if (record[0] === 'r') backups.set(record[1], { cluster: record[1], revision: record[2], objects: [] })
    else if (record[0] === 'p') {
      const [, cluster, , resource, key, object] = record
      if (!isStored(key, object)) throw broken(`${resource} ${key} is no object of this name`)
      entryOf(cluster).push({ resource, key, object })
    } else if (record[0] === 't') entryOf(record[1]).push({ resource: record[2], key: record[3], object: null })
    else throw broken('it holds records of a log, not of a backup')
  }
  if (!ended) throw broken('its end is missing')
  return [...backups.values()]

  function entryOf(cluster: string) {
    const backup = backups.get(cluster)
    if (backup === undefined) throw broken(`objects of ${cluster} stand before its beginning`)
    return backup.objects
  }
}

/** Whether an object may stand under a key. Checksums find accidents; who writes a backup by hand has to write one that holds together. */
function isStored(key: unknown, object: unknown): object is KubeObject {
  if (!isObject(object) || !isObject(object['metadata'])) return false
  const { name, namespace, uid } = object['metadata']
  return (
    typeof name === 'string' &&
    key === (namespace ? `${String(namespace)}/${name}` : name) &&
    [object['kind'], object['apiVersion']].every((each) => typeof each === 'string') &&
    // What a cluster keeps beside its objects is found by their uids.
    (uid === undefined || (typeof uid === 'string' && /^[\w-]{0,128}$/.test(uid)))
  )
}

/** What a restore changes, by resource and key. */
export interface RestoreOutcome {
  readonly written: readonly string[]
  readonly deleted: readonly string[]
}

/**
 * Brings a cluster to the state of a backup by ordinary changes: uids and times come back, revisions go on, so that every watch
 * sees what happened and no client has to start anew. With `dryRun` nothing is changed. `turn` is waited for now and then, so that
 * others are served between: what they write meanwhile to objects that were looked at already stays.
 */
export async function restoreBackup(
  storage: ClusterStorage,
  backup: ClusterBackup,
  options: { dryRun?: boolean; turn?: () => Promise<void> } = {},
): Promise<RestoreOutcome> {
  const wanted = new Map(backup.objects.map((entry) => [`${entry.resource} ${entry.key}`, entry]))
  const commits: Promise<unknown>[] = []
  const written: string[] = []
  const deleted: string[] = []
  const change = (resource: string, key: string, object: KubeObject | undefined) => {
    const list = object === undefined ? deleted : written
    list.push(`${resource} ${key}`)
    if (options.dryRun === true) return
    const commit = put(storage, resource, key, object)
    // All are awaited in the end: one that fails before is not unhandled.
    commit.catch(() => undefined)
    commits.push(commit)
  }
  let looked = 0
  const shareTime = () => (++looked % turnEntries === 0 ? options.turn?.() : undefined)
  // What the cluster has of its own now, and the backup had not: deleted, or back to what the base layer says.
  for (const { resource, key, object } of [...storage.entries()]) {
    await shareTime()
    if (wanted.has(`${resource} ${key}`)) continue
    const base = storage.base(resource, key)
    if (base === undefined ? object === null : object !== null && sameBut(object, base)) continue
    change(resource, key, base)
  }
  for (const { resource, key, object } of backup.objects) {
    await shareTime()
    const present = storage.get(resource, key)
    if (object === null && present === undefined) continue
    if (object !== null && present !== undefined && sameBut(present, object)) continue
    change(resource, key, object ?? undefined)
  }
  // All have ended when one has failed, too: nothing is written behind the caller's back.
  for (const result of await Promise.allSettled(commits)) if (result.status === 'rejected') throw result.reason
  return { written: written.sort(), deleted: deleted.sort() }
}

/** Commits over whatever is there. Nothing comes in between: the look and the commit are one turn. */
function put(storage: ClusterStorage, resource: string, key: string, object: KubeObject | undefined): Promise<unknown> {
  const expected = storage.get(resource, key)?.metadata.resourceVersion ?? ''
  if (expected === '' && object === undefined) return Promise.resolve()
  try {
    return storage.commit({ resource, key, expected, object })
  } catch (error) {
    return Promise.reject(error instanceof Superseded ? broken(`${resource} ${key} changed while it was restored`) : error)
  }
}

function sameBut(present: KubeObject, object: KubeObject): boolean {
  const plain = ({ metadata, ...rest }: KubeObject) => printJson([rest, { ...metadata, resourceVersion: '' }])
  return plain(present) === plain(object)
}

function broken(why: string): CodedError {
  return new CodedError({
    code: 'backup-damaged',
    message: `this is no whole backup: ${why}`,
    fix: 'Take another copy; nothing was changed.',
  })
}

import { differsFromDesired } from '../../kube/apply/diff.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { SchemaNode } from '../../kube/schema/schema-node.js'
import type { ObjectDirectives } from '../directives.js'
import type { IgnoredFields } from './ignore-differences.js'

export interface Verdict {
  readonly inSync: boolean
  /** Field paths where desired and live differ. */
  readonly paths: readonly string[]
  /** Of the live object. */
  readonly version: string
}

/** One object that a delivery wants on a cluster, and how the live one compared when it was last seen in full. */
export interface DesiredEntry {
  readonly delivery: string
  /** As tracking names it. */
  readonly owner: string
  /** As rendered, placed into its namespace. */
  readonly object: KubeObject
  /** `object` with the tracking mark: what is applied. */
  readonly marked: KubeObject
  /** What `object` asks of the engine. */
  readonly directives: ObjectDirectives
  readonly identity: string
  readonly schema: SchemaNode | undefined
  readonly ignored: IgnoredFields | undefined
  /** Holds for the live object of this uid and resourceVersion. */
  verdict: Verdict | undefined
}

export const fieldManager = 'flotilla'

/** Which state of an object a verdict is about. */
export function versionOfObject(object: { metadata: { uid?: string; resourceVersion?: string } }): string {
  return `${object.metadata.uid ?? ''}@${object.metadata.resourceVersion ?? ''}`
}

/** Compares and remembers; returns true when the verdict is another than before. */
export function judge(entry: DesiredEntry, live: KubeObject): boolean {
  const before = entry.verdict
  const version = versionOfObject(live)
  if (before?.version === version) return false
  const desired = entry.ignored ? entry.ignored.without(entry.marked, live) : entry.marked
  const actual = entry.ignored ? entry.ignored.without(live, live) : live
  const verdict = differsFromDesired({ schema: entry.schema, desired: comparable(desired), live: actual, manager: fieldManager })
  entry.verdict = { ...verdict, version }
  return before === undefined || before.inSync !== verdict.inSync || before.paths.join() !== verdict.paths.join()
}

/** Status is the cluster's to say: what a manifest has of it is never compared, nor applied. */
export function comparable(object: KubeObject): KubeObject {
  const { creationTimestamp, managedFields, resourceVersion, uid, generation, selfLink, ...metadata } = object.metadata
  const untouched =
    object.status === undefined &&
    [creationTimestamp, managedFields, resourceVersion, uid, generation, selfLink].every((field) => field === undefined)
  if (untouched) return object
  const { status: _status, ...rest } = object
  return { ...rest, metadata } as KubeObject
}

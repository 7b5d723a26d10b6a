import type { ReflectorSink } from '../../kube/informer/reflector.js'
import { groupOf, type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { Tracking } from '../delivery.js'
import type { Directives } from '../directives.js'
import { type DesiredEntry, judge } from './desired-entry.js'
import { type LiveObject, liveObjectOf, looksDifferent } from './live-object.js'
import { identityOf } from './object-identity.js'

export interface LiveKindOptions {
  readonly type: ResourceType
  readonly directives: Directives
  /** The vocabularies of marks, one for each annotation. */
  readonly trackings: ReadonlyMap<string, Pick<Tracking, 'owner'>>
  desired(identity: string): readonly DesiredEntry[]
  /** Something that a delivery of this owner may show has changed. */
  changed(owner: string): void
  /** The state has been read for the first time (`first`), or can be read again, or cannot be read any more. */
  healthChanged(first: boolean): void
}

/**
 * What a cluster has of one kind. Full objects pass through: when one arrives, it is judged against what is desired, and a
 * small record stays. Of objects that are nobody's only the name is kept.
 */
export class LiveKind {
  readonly type: ResourceType
  readonly #options: LiveKindOptions
  readonly #records = new Map<string, LiveObject | null>()
  /** `annotation NUL owner` to keys. */
  readonly #byOwner = new Map<string, Set<string>>()
  readonly #pendingScopes = new Set<string>()
  readonly #problems = new Map<string, string>()
  /** The newest resourceVersion that the watch has told of. */
  #seen = ''
  readonly #waiting = new Set<() => void>()

  constructor(options: LiveKindOptions) {
    this.#options = options
    this.type = options.type
  }

  /** The state is complete. */
  get synced(): boolean {
    return this.#pendingScopes.size === 0
  }

  /** Why the state may be old, undefined while it is not. */
  get problem(): string | undefined {
    for (const problem of this.#problems.values()) return problem
    return undefined
  }

  /** Calls back once when the state is complete; the returned function gives up. */
  onceSynced(run: () => void): () => void {
    this.#waiting.add(run)
    return () => this.#waiting.delete(run)
  }

  /** Undefined: there is none. 'unjudged': there is one of which no record was kept. */
  get(namespace: string, name: string): LiveObject | 'unjudged' | undefined {
    const record = this.#records.get(namespace === '' ? name : `${namespace}/${name}`)
    return record === null ? 'unjudged' : record
  }

  /** Objects whose mark says that they are this owner's and that is written for themselves. */
  ofOwner(tracking: Tracking, owner: string): LiveObject[] {
    const found: LiveObject[] = []
    for (const key of this.#byOwner.get(`${tracking.annotation}\0${owner}`) ?? []) {
      const record = this.#records.get(key)
      if (record && isSelfMarked(record, tracking)) found.push(record)
    }
    return found
  }

  /** The sink for one namespace, or '' for all of them. Make all sinks before the first is fed. */
  sink(scope: string): ReflectorSink<KubeObject> {
    this.#pendingScopes.add(scope)
    return {
      replace: (objects) => {
        const present = new Set<string>()
        for (const object of objects) {
          present.add(keyOf(object))
          this.#take(object, true)
        }
        for (const key of [...this.#records.keys()]) {
          if (!present.has(key) && (scope === '' || key.startsWith(`${scope}/`))) this.#remove(key)
        }
        if (this.#pendingScopes.delete(scope) && this.synced) {
          for (const run of [...this.#waiting]) run()
          this.#waiting.clear()
          this.#options.healthChanged(true)
        }
      },
      apply: (type, object) => {
        const version = object.metadata.resourceVersion ?? ''
        if (compareVersions(version, this.#seen) > 0) this.#seen = version
        if (type === 'DELETED') this.#remove(keyOf(object))
        else this.#take(object, true)
      },
      health: (healthy, problem) => {
        if (healthy ? !this.#problems.delete(scope) : this.#problems.has(scope)) return
        if (!healthy) this.#problems.set(scope, problem ?? 'the watch is interrupted')
        this.#options.healthChanged(false)
      },
    }
  }

  /** An object as a write or a read has just returned it: known before the watch tells. `by`: who knows already. */
  observe(object: KubeObject, by: string | undefined): void {
    const key = keyOf(object)
    // The watch may be ahead: then this object is gone, or newer there.
    if (!this.#records.has(key) && compareVersions(object.metadata.resourceVersion ?? '', this.#seen) <= 0) return
    this.#take(object, false, by)
  }

  /** A read has found that there is no such object. */
  observeGone(namespace: string, name: string): void {
    this.#remove(namespace === '' ? name : `${namespace}/${name}`)
  }

  #take(seen: KubeObject, fromWatch: boolean, by?: string): void {
    const key = keyOf(seen)
    const previous = this.#records.get(key)
    if (previous && previous.uid === seen.metadata.uid) {
      const order = compareVersions(seen.metadata.resourceVersion ?? '', previous.resourceVersion)
      if (order < 0 || (order === 0 && fromWatch)) return
    }
    const object = seen.apiVersion && seen.kind ? seen : this.#named(seen)
    const { trackings, directives } = this.#options
    const entries = this.#options.desired(
      identityOf({
        group: groupOf(object.apiVersion),
        kind: object.kind,
        namespace: object.metadata.namespace,
        name: object.metadata.name,
      }),
    )
    const record = liveObjectOf(object, directives, trackings.keys())
    const kept = entries.length > 0 || Object.keys(record.marks).length > 0 ? record : null
    this.#index(key, previous ?? undefined, kept ?? undefined)
    this.#records.set(key, kept)
    let changed = kept === null ? previous != null : previous == null || looksDifferent(previous, kept)
    for (const entry of entries) if (entry.object.apiVersion === object.apiVersion && judge(entry, object)) changed = true
    if (changed) this.#tell(previous ?? undefined, kept ?? undefined, entries, by)
  }

  /** Items of a list carry no apiVersion and kind on some servers. */
  #named(object: KubeObject): KubeObject {
    const { group, version, kind } = this.type
    return { ...object, apiVersion: group === '' ? version : `${group}/${version}`, kind }
  }

  #remove(key: string): void {
    const previous = this.#records.get(key)
    if (previous === undefined) return
    this.#records.delete(key)
    if (previous === null) return
    this.#index(key, previous, undefined)
    const identity = identityOf({
      group: this.type.group,
      kind: this.type.kind,
      namespace: previous.namespace,
      name: previous.name,
    })
    const entries = this.#options.desired(identity)
    for (const entry of entries) entry.verdict = undefined
    this.#tell(previous, undefined, entries)
  }

  #index(key: string, previous: LiveObject | undefined, next: LiveObject | undefined): void {
    const before = this.#ownersOf(previous)
    const after = this.#ownersOf(next)
    for (const mark of before) {
      if (after.includes(mark)) continue
      const keys = this.#byOwner.get(mark)
      if (keys?.delete(key) && keys.size === 0) this.#byOwner.delete(mark)
    }
    for (const mark of after) {
      let keys = this.#byOwner.get(mark)
      if (keys === undefined) this.#byOwner.set(mark, (keys = new Set()))
      keys.add(key)
    }
  }

  #ownersOf(record: LiveObject | undefined): string[] {
    if (record === undefined) return []
    return Object.entries(record.marks).flatMap(([annotation, value]) => {
      const owner = this.#options.trackings.get(annotation)?.owner(value)
      return owner === undefined ? [] : [`${annotation}\0${owner}`]
    })
  }

  #tell(previous: LiveObject | undefined, next: LiveObject | undefined, entries: readonly DesiredEntry[], by?: string): void {
    // The first state is asked for by those who wait for it; nobody has to be told of each object in it.
    if (!this.synced) return
    const owners = new Set(entries.map((entry) => entry.owner))
    for (const mark of [...this.#ownersOf(previous), ...this.#ownersOf(next)]) owners.add(mark.slice(mark.indexOf('\0') + 1))
    for (const owner of owners) if (owner !== by) this.#options.changed(owner)
  }
}

/** A mark that was copied with the object it stood on (by a controller that copies annotations) speaks of another object. */
export function isSelfMarked(record: LiveObject, tracking: Tracking): boolean {
  const value = record.marks[tracking.annotation]
  if (value === undefined) return false
  return (
    value ===
    tracking.value({
      apiVersion: record.apiVersion,
      kind: record.kind,
      metadata: { name: record.name, ...(record.namespace === '' ? {} : { namespace: record.namespace }) },
    })
  )
}

/** Resource versions of one server grow; those that are no numbers are taken for equal (the watch then decides). */
export function compareVersions(a: string, b: string): number {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return a === b ? 0 : 1
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

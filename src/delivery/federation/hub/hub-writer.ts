import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { neededMerge } from '../../../controller/merge-diff.js'
import { OwnWrites } from '../../../controller/own-writes.js'
import { applyMergePatch } from '../../../kube/apply/json-merge.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf } from '../../../kube/object/resource-type.js'
import { isConflict, isNotFound } from '../../../kube/object/status-error.js'
import type { HubWrite, ObjectRef } from '../contract.js'
import { digestOf } from '../member/digest.js'
import type { HubCaches } from './hub-caches.js'

type Fields = Record<string, unknown>

/** Writes what dialects want written: only what differs from what is known, all of one object in one request where it can. */
export class HubWriter {
  readonly #hub: KubeClient
  readonly #caches: HubCaches
  readonly #signal: AbortSignal
  /** What was written is known before the watch tells. */
  readonly #own = new OwnWrites<KubeObject>()
  /** The resourceVersions that our last writes of an object had for an answer: the watch tells of them later, one by one. */
  readonly #written = new Map<string, readonly string[]>()
  /** Digests of what was applied last, by object. */
  readonly #applied = new Map<string, string>()
  writes = 0

  constructor(options: { hub: KubeClient; caches: HubCaches; signal: AbortSignal }) {
    this.#hub = options.hub
    this.#caches = options.caches
    this.#signal = options.signal
  }

  /** The newest state that is known of an object of a kind that is read. */
  current(ref: ObjectRef): KubeObject | undefined {
    return this.#own.current(keyOfRef(ref), this.#cached(ref))
  }

  /** Whether this state of an object is what we wrote ourselves. */
  isOwn(ref: ObjectRef, object: KubeObject): boolean {
    const { resourceVersion } = object.metadata
    return resourceVersion !== undefined && this.#written.get(keyOfRef(ref))?.includes(resourceVersion) === true
  }

  forget(ref: ObjectRef): void {
    const key = keyOfRef(ref)
    this.#own.forget(key)
    this.#written.delete(key)
    this.#applied.delete(key)
  }

  /** Carries out the writes; the first failure is thrown after all were tried. An object that is gone needs no write. */
  async write(writes: readonly HubWrite[], fieldManager: string): Promise<void> {
    const grouped = new Map<string, HubWrite[]>()
    for (const write of writes) {
      const key = keyOfRef(write.ref)
      grouped.set(key, [...(grouped.get(key) ?? []), write])
    }
    const results = await Promise.allSettled([...grouped.values()].map((group) => this.#writeOne(group, fieldManager)))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  /** Puts a finalizer on or takes it off. Nothing happens where it is so already. */
  async setFinalizer(ref: ObjectRef, object: KubeObject, finalizer: string, present: boolean): Promise<void> {
    const { finalizers = [], resourceVersion, uid } = object.metadata
    if (finalizers.includes(finalizer) === present) return
    const next = present ? [...finalizers, finalizer] : finalizers.filter((each) => each !== finalizer)
    const body = { metadata: { finalizers: next.length === 0 ? null : next, resourceVersion, ...(uid && { uid }) } }
    await this.#merge(ref, body, undefined, 'flotilla-federation')
  }

  async #writeOne(writes: readonly HubWrite[], fieldManager: string): Promise<void> {
    const ref = writes[0]?.ref
    if (ref === undefined) return
    let object: Fields = {}
    let status: Fields = {}
    for (const write of writes) {
      if (write.write === 'delete') await this.#delete(ref)
      else if (write.write === 'apply') {
        await this.#apply(ref, write.object, fieldManager)
        if (write.status !== undefined) status = applyPatches(status, { status: write.status })
      } else if (write.write === 'object') object = applyPatches(object, write.patch)
      else status = applyPatches(status, write.patch)
    }
    if (!this.#hasStatus(ref)) {
      object = applyPatches(object, status)
      status = {}
    }
    const before = this.current(ref)?.metadata.generation
    await this.#mergeIfNeeded(ref, object, undefined, fieldManager)
    const after = this.current(ref)?.metadata.generation
    await this.#mergeIfNeeded(ref, observed(status, before, after), 'status', fieldManager)
  }

  async #mergeIfNeeded(ref: ObjectRef, patch: Fields, subresource: string | undefined, fieldManager: string): Promise<void> {
    const current = this.current(ref)
    const needed = current === undefined ? patch : neededMerge(current, patch)
    if (needed === undefined || Object.keys(needed).length === 0) return
    await this.#merge(ref, needed, subresource, fieldManager)
  }

  async #merge(ref: ObjectRef, body: Fields, subresource: string | undefined, fieldManager: string): Promise<void> {
    const target = { ...targetOf(ref), ...(subresource === undefined ? {} : { subresource }) }
    this.writes++
    try {
      const answer = await this.#hub.patch(target, { kind: 'merge', body }, { fieldManager, signal: this.#signal })
      this.#note(ref, answer)
    } catch (error) {
      // Gone: there is nothing to report on any more.
      if (!isNotFound(error)) throw error
    }
  }

  async #apply(ref: ObjectRef, object: KubeObject, fieldManager: string): Promise<void> {
    const key = keyOfRef(ref)
    const digest = digestOf(object)
    const current = this.current(ref)
    const before = this.#applied.get(key)
    const asWanted = current !== undefined && neededMerge(current, wantedOf(object)) === undefined
    if (asWanted && (before === undefined || before === digest)) {
      this.#applied.set(key, digest)
      return
    }
    // A kind that is not read: what was applied is taken to stand.
    if (current === undefined && before === digest && this.#caches.cache(ref.type) === undefined) return
    this.writes++
    const options = { fieldManager, force: true, signal: this.#signal }
    const answer = await this.#hub.patch(targetOf(ref), { kind: 'apply', object }, options)
    this.#note(ref, answer)
    this.#applied.set(key, digest)
  }

  async #delete(ref: ObjectRef): Promise<void> {
    if (this.#caches.cache(ref.type) !== undefined && this.current(ref) === undefined) return
    this.#applied.delete(keyOfRef(ref))
    this.writes++
    // Only the one that was seen: not what has been made anew under its name since.
    const uid = this.current(ref)?.metadata.uid
    const preconditions = uid === undefined ? {} : { preconditions: { uid } }
    await this.#hub
      .delete(targetOf(ref), { propagationPolicy: 'Background', ...preconditions, signal: this.#signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
  }

  #note(ref: ObjectRef, answer: KubeObject): void {
    const { managedFields: _, ...metadata } = answer.metadata
    const key = keyOfRef(ref)
    this.#own.begin(key)
    this.#own.end(key, { ...answer, metadata }, false)
    if (metadata.resourceVersion !== undefined)
      this.#written.set(key, [...(this.#written.get(key) ?? []).slice(-2), metadata.resourceVersion])
  }

  #cached(ref: ObjectRef): KubeObject | undefined {
    return this.#caches.objects(ref.type, { namespace: ref.namespace, name: ref.name })[0]
  }

  #hasStatus({ type }: ObjectRef): boolean {
    const served = this.#caches.typeNamed(type.group, type.plural)
    return (served ?? type).subresources?.includes('status') ?? true
  }
}

/** Whether a write lost a race: what was read is old, and is read anew soon. */
export function isRace(error: unknown): boolean {
  return isConflict(error) || messageOf(error).includes('the object has been modified')
}

function keyOfRef({ type, namespace, name }: ObjectRef): string {
  return `${groupResourceOf(type)} ${namespace}/${name}`
}

function targetOf({ type, namespace, name }: ObjectRef) {
  return { type, name, ...(type.namespaced ? { namespace } : {}) }
}

/** Two patches as one: nulls stay. */
function applyPatches(first: Fields, second: Readonly<Fields>): Fields {
  const result: Fields = { ...first }
  for (const [key, value] of Object.entries(second)) {
    const before = result[key]
    result[key] = isObject(before) && isObject(value) ? applyPatches(before, value) : value
  }
  return result
}

/** Of some kinds (Deployments) annotations count for the generation: a status that has seen the object has seen what we add to it. */
function observed(patch: Fields, before: number | undefined, after: number | undefined): Fields {
  const { status } = patch
  if (before === after || before === undefined || !isObject(status) || status['observedGeneration'] !== before) return patch
  return { ...patch, status: { ...status, observedGeneration: after } }
}

function wantedOf({ apiVersion: _, kind: __, ...object }: KubeObject): Fields {
  return applyMergePatch({}, object) as Fields
}

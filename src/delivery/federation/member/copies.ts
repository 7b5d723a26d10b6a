import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import { federationMark } from '../contract.js'
import { digestText } from './digest.js'
import { type OwnedFields, ownedFields } from './owned-fields.js'

/** A copy as last seen, by a watch or in an answer. */
export interface Copy {
  readonly type: ResourceType
  /** Without managedFields. */
  readonly live: KubeObject
  /** Digest of the fields that we own. */
  readonly ownDigest: string
  /** The fields themselves, until they have been judged. */
  own: OwnedFields | undefined
}

/** One object of a cluster: `deployments.apps shop/web`. */
export function targetOf(type: ResourceType, object: KubeObject): string {
  const { namespace, name } = object.metadata
  return `${groupResourceOf(type)} ${type.namespaced ? `${namespace ?? ''}/` : ''}${name}`
}

/** What a cluster has that carries the mark. Knows nothing of what is wanted. */
export class Copies {
  readonly #manager: string
  readonly #byTarget = new Map<string, Copy>()
  readonly #byId = new Map<string, KubeObject>()
  /** What was seen of objects as they came, for as long as they are kept. */
  readonly #own = new WeakMap<KubeObject, OwnedFields | undefined>()

  constructor(manager: string) {
    this.#manager = manager
  }

  /** By id: the first object of an id counts, a twin that somebody has made of a copy does not. */
  get byId(): ReadonlyMap<string, KubeObject> {
    return this.#byId
  }

  get(target: string): Copy | undefined {
    return this.#byTarget.get(target)
  }

  /** The object as it is kept; remembers which fields of it are ours. */
  trim(object: KubeObject): KubeObject {
    const { managedFields: _, ...metadata } = object.metadata
    const trimmed = { ...object, metadata }
    this.#own.set(trimmed, ownedFields(object, this.#manager))
    return trimmed
  }

  /** Takes a trimmed object in; true when it differs from what is known. Older states than the known one are let be. */
  take(type: ResourceType, live: KubeObject): boolean {
    const target = targetOf(type, live)
    const before = this.#byTarget.get(target)
    if (before !== undefined && isOlder(live, before.live)) return false
    const own = this.#own.get(live)
    this.#byTarget.set(target, { type, live, own, ownDigest: digestText(JSON.stringify(own ?? null)) })
    this.#index(before?.live, live)
    return before?.live.metadata.resourceVersion !== live.metadata.resourceVersion
  }

  /** It is gone (or carries the mark no more): one of the same name that was made since stays. */
  remove(type: ResourceType, object: KubeObject): boolean {
    const target = targetOf(type, object)
    const before = this.#byTarget.get(target)
    if (before === undefined || before.live.metadata.uid !== object.metadata.uid) return false
    this.#byTarget.delete(target)
    this.#index(before.live, undefined)
    return true
  }

  #index(before: KubeObject | undefined, after: KubeObject | undefined): void {
    const id = before === undefined ? undefined : idOf(before)
    if (id !== undefined && this.#byId.get(id) === before) this.#byId.delete(id)
    const next = after === undefined ? undefined : idOf(after)
    if (next !== undefined && after !== undefined && !this.#byId.has(next)) this.#byId.set(next, after)
  }
}

export function idOf(copy: KubeObject): string | undefined {
  return copy.metadata.annotations?.[federationMark.annotation]
}

/** Resource versions are numbers that grow (KEP-5504); where they are not, what came last is believed. */
function isOlder(a: KubeObject, b: KubeObject): boolean {
  if (a.metadata.uid !== b.metadata.uid) return false
  const left = a.metadata.resourceVersion ?? ''
  const right = b.metadata.resourceVersion ?? ''
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return false
  return left.length === right.length ? left < right : left.length < right.length
}

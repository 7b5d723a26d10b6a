import type { KubeObject } from '../kube/object/kube-object.js'

/**
 * Lets a controller see its own writes before the cache does, and not be woken by them: between a write and its watch event
 * the written object stands in for the cached one, and the event of a status that we wrote ourselves is no news.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #newest = new Map<string, T>()
  readonly #silent = new Map<string, string>()
  /** Changes that came while a write of the same key was under way: only its answer tells which of them is ours. */
  readonly #held = new Map<string, T[]>()

  /** The newer of what the cache has and what was written last. */
  current(key: string, cached: T | undefined): T | undefined {
    const written = this.#newest.get(key)
    if (written === undefined) return cached
    if (cached === undefined || cached.metadata.uid !== written.metadata.uid || !isOlder(cached, written)) {
      this.#newest.delete(key)
      return cached
    }
    return written
  }

  begin(key: string): void {
    this.#held.set(key, [])
  }

  /** Ends a write; `written` is the server's answer, undefined when nothing was written. True: some held change is news. */
  end(key: string, written: T | undefined, silent: boolean): boolean {
    const held = this.#held.get(key) ?? []
    this.#held.delete(key)
    const version = written?.metadata.resourceVersion
    if (written !== undefined && version !== undefined) {
      this.#newest.set(key, written)
      if (silent) this.#silent.set(key, version)
    }
    return held.some((object) => !(silent && object.metadata.resourceVersion === version))
  }

  /** Whether a change that the cache tells of calls for work. */
  isNews(key: string, object: T): boolean {
    const held = this.#held.get(key)
    if (held !== undefined) {
      held.push(object)
      return false
    }
    if (this.#silent.get(key) !== object.metadata.resourceVersion) return true
    this.#silent.delete(key)
    return false
  }

  forget(key: string): void {
    this.#newest.delete(key)
    this.#silent.delete(key)
  }
}

/** Resource versions are numbers that grow (KEP-5504); where they are not, the cache is believed. */
function isOlder(a: KubeObject, b: KubeObject): boolean {
  const left = a.metadata.resourceVersion ?? ''
  const right = b.metadata.resourceVersion ?? ''
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return false
  return left.length === right.length ? left < right : left.length < right.length
}

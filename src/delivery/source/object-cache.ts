/** Least recently used values, bounded by their weight together. */
export interface ObjectCache<T> {
  get(key: string): T | undefined
  set(key: string, value: T, bytes: number): void
  readonly bytes: number
}

/** A value heavier than a quarter of the whole is not kept: it would push everything else out. */
export function createObjectCache<T>(maxBytes: number): ObjectCache<T> {
  // A Map iterates in order of insertion: reading moves an entry to the end.
  const entries = new Map<string, { value: T; bytes: number }>()
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, weight) {
      if (weight > maxBytes / 4) return
      const previous = entries.get(key)
      if (previous !== undefined) {
        bytes -= previous.bytes
        entries.delete(key)
      }
      entries.set(key, { value, bytes: weight })
      bytes += weight
      for (const [oldest, entry] of entries) {
        if (bytes <= maxBytes) break
        entries.delete(oldest)
        bytes -= entry.bytes
      }
    },
  }
}

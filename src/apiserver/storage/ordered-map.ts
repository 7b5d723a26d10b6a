/** Keys of one chunk are split off when it grows beyond this. */
const chunkSize = 256

interface Chunk<V> {
  readonly keys: string[]
  readonly values: V[]
}

/**
 * A map that iterates in key order (UTF-16 code units, which is byte order for the ASCII names of Kubernetes). A sorted list
 * of sorted chunks: lookups take two binary searches, inserts move at most one chunk. Iterators survive changes: they go on
 * behind the last key that they gave.
 */
export class OrderedMap<V> {
  readonly #chunks: Chunk<V>[] = []
  #size = 0
  #changes = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkFor(key)]
    if (chunk === undefined) return undefined
    const index = lowerBound(chunk.keys, key)
    return chunk.keys[index] === key ? chunk.values[index] : undefined
  }

  set(key: string, value: V): void {
    const at = this.#chunkFor(key)
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push({ keys: [key], values: [value] })
      this.#size++
      this.#changes++
      return
    }
    const index = lowerBound(chunk.keys, key)
    if (chunk.keys[index] === key) {
      chunk.values[index] = value
      return
    }
    chunk.keys.splice(index, 0, key)
    chunk.values.splice(index, 0, value)
    this.#size++
    this.#changes++
    if (chunk.keys.length > chunkSize) {
      // Appending in order is common (replay, names with counters): keep the left chunk nearly full then.
      const keep = index === chunk.keys.length - 1 ? chunkSize - 16 : chunkSize >> 1
      this.#chunks.splice(at + 1, 0, { keys: chunk.keys.splice(keep), values: chunk.values.splice(keep) })
    }
  }

  delete(key: string): boolean {
    const at = this.#chunkFor(key)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return false
    const index = lowerBound(chunk.keys, key)
    if (chunk.keys[index] !== key) return false
    chunk.keys.splice(index, 1)
    chunk.values.splice(index, 1)
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1)
    this.#size--
    this.#changes++
    return true
  }

  /** Entries whose key starts with `prefix` and is greater than `after`, in order. */
  *entries(prefix = '', after = ''): Generator<[string, V]> {
    let last = after
    let inclusive = false
    if (last < prefix) {
      last = prefix
      inclusive = true
    } else if (last === '') inclusive = true
    for (;;) {
      const changes = this.#changes
      let at = this.#chunkFor(last)
      let chunk = this.#chunks[at]
      if (chunk === undefined) return
      let index = lowerBound(chunk.keys, last)
      if (!inclusive && chunk.keys[index] === last) index++
      for (;;) {
        if (index >= chunk.keys.length) {
          chunk = this.#chunks[++at]
          if (chunk === undefined) return
          index = 0
        }
        const key = chunk.keys[index]!
        if (!key.startsWith(prefix)) return
        last = key
        inclusive = false
        yield [key, chunk.values[index]!]
        if (this.#changes !== changes) break
        index++
      }
    }
  }

  /** Adds to `into` all values whose keys start with `prefix`, in order: several times as fast as one after the other. */
  take(into: V[], prefix: string): void {
    let at = this.#chunkFor(prefix)
    let index = lowerBound(this.#chunks[at]?.keys ?? [], prefix)
    for (let chunk = this.#chunks[at]; chunk !== undefined; chunk = this.#chunks[++at], index = 0) {
      const { keys, values } = chunk
      // When the last one has it, all have.
      const whole = keys[keys.length - 1]!.startsWith(prefix)
      if (whole && index === 0) {
        into.push(...values)
        continue
      }
      for (; index < keys.length; index++) {
        if (!whole && !keys[index]!.startsWith(prefix)) return
        into.push(values[index]!)
      }
    }
  }

  /** How many keys start with `prefix` and are greater than `after`. */
  count(prefix: string, after = ''): number {
    if (prefix === '' && after === '') return this.#size
    // The first key behind all that start with the prefix: every character of a key sorts before U+FFFF.
    const end = prefix === '' ? this.#size : this.#rank(`${prefix}\uffff`)
    // No key stands between another and the same one with a NUL behind it.
    const begin = after < prefix ? this.#rank(prefix) : after === '' ? 0 : this.#rank(`${after}\0`)
    return Math.max(0, end - begin)
  }

  #rank(key: string): number {
    let rank = 0
    for (const chunk of this.#chunks) {
      if (chunk.keys[chunk.keys.length - 1]! < key) {
        rank += chunk.keys.length
        continue
      }
      return rank + lowerBound(chunk.keys, key)
    }
    return rank
  }

  /** The chunk that holds `key` or would take it. */
  #chunkFor(key: string): number {
    const chunks = this.#chunks
    let low = 0
    let high = chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (chunks[middle]!.keys[0]! <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/** A map whose keys are known and whose values are made when they are first asked for. */
export class LazyMap<V> implements ReadonlyMap<string, V> {
  /** Null: not made yet. */
  readonly #made: Map<string, V | null>
  readonly #make: (key: string) => V

  constructor(keys: Iterable<string>, make: (key: string) => V) {
    this.#made = new Map()
    for (const key of keys) this.#made.set(key, null)
    this.#make = make
  }

  get size(): number {
    return this.#made.size
  }

  has(key: string): boolean {
    return this.#made.has(key)
  }

  get(key: string): V | undefined {
    const made = this.#made.get(key)
    if (made !== null) return made
    const value = this.#make(key)
    this.#made.set(key, value)
    return value
  }

  keys(): MapIterator<string> {
    return this.#made.keys()
  }

  *entries(): MapIterator<[string, V]> {
    for (const key of this.#made.keys()) yield [key, this.get(key) as V]
  }

  *values(): MapIterator<V> {
    for (const key of this.#made.keys()) yield this.get(key) as V
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries()
  }

  forEach(run: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) run(value, key, this)
  }
}

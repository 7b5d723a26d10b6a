/**
 * Keys ordered by the time at which they are due; each key at most once. Setting a key that is there already moves it.
 * `set`, `delete` and `pop` cost O(log n).
 */
export class DelayHeap {
  readonly #keys: string[] = []
  readonly #at: number[] = []
  readonly #position = new Map<string, number>()

  get size(): number {
    return this.#keys.length
  }

  /** When the earliest key is due (epoch ms). */
  earliest(): number | undefined {
    return this.#at[0]
  }

  at(key: string): number | undefined {
    const position = this.#position.get(key)
    return position === undefined ? undefined : this.#at[position]
  }

  set(key: string, at: number): void {
    let position = this.#position.get(key)
    if (position === undefined) {
      position = this.#keys.length
      this.#keys.push(key)
      this.#at.push(at)
      this.#position.set(key, position)
    } else {
      this.#at[position] = at
    }
    this.#down(this.#up(position))
  }

  delete(key: string): boolean {
    const position = this.#position.get(key)
    if (position === undefined) return false
    const last = this.#keys.length - 1
    if (position !== last) this.#swap(position, last)
    this.#keys.pop()
    this.#at.pop()
    this.#position.delete(key)
    if (position !== last) this.#down(this.#up(position))
    return true
  }

  /** Removes and returns the earliest key if it is due at `now`. */
  popDue(now: number): string | undefined {
    const key = this.#keys[0]
    if (key === undefined || this.#at[0]! > now) return undefined
    this.delete(key)
    return key
  }

  clear(): void {
    this.#keys.length = 0
    this.#at.length = 0
    this.#position.clear()
  }

  #up(position: number): number {
    let index = position
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#at[parent]! <= this.#at[index]!) break
      this.#swap(index, parent)
      index = parent
    }
    return index
  }

  #down(position: number): void {
    let index = position
    for (;;) {
      let child = 2 * index + 1
      if (child >= this.#keys.length) return
      if (child + 1 < this.#keys.length && this.#at[child + 1]! < this.#at[child]!) child++
      if (this.#at[index]! <= this.#at[child]!) return
      this.#swap(index, child)
      index = child
    }
  }

  #swap(a: number, b: number): void {
    const keyA = this.#keys[a]!
    const keyB = this.#keys[b]!
    const at = this.#at[a]!
    this.#keys[a] = keyB
    this.#at[a] = this.#at[b]!
    this.#keys[b] = keyA
    this.#at[b] = at
    this.#position.set(keyB, a)
    this.#position.set(keyA, b)
  }
}

/**
 * Who writes which object of which cluster. Two sources may want the same one: who has its copy there keeps it; as long as nobody has,
 * the one that ranks first has it.
 */
export class Claims {
  /** `cluster NUL target` to the holder. */
  readonly #holders = new Map<string, { readonly id: string; readonly rank: string }>()
  readonly #waiting = new Map<string, Set<string>>()
  readonly #hasCopy: (cluster: string, id: string) => boolean
  readonly #changed: (id: string) => void

  /** `changed`: the id has to look again. */
  constructor(options: { hasCopy: (cluster: string, id: string) => boolean; changed: (id: string) => void }) {
    this.#hasCopy = options.hasCopy
    this.#changed = options.changed
  }

  /** Undefined: it is the id's. Otherwise who holds it. */
  take(cluster: string, target: string, id: string, rank: string): string | undefined {
    const place = `${cluster}\0${target}`
    const holder = this.#holders.get(place)
    if (holder === undefined || holder.id === id) {
      this.#holders.set(place, { id, rank })
      return undefined
    }
    const gives = !this.#hasCopy(cluster, holder.id) && (this.#hasCopy(cluster, id) || rank < holder.rank)
    let waiting = this.#waiting.get(place)
    if (waiting === undefined) this.#waiting.set(place, (waiting = new Set()))
    if (!gives) {
      waiting.add(id)
      return holder.id
    }
    this.#holders.set(place, { id, rank })
    waiting.add(holder.id)
    this.#changed(holder.id)
    return undefined
  }

  release(cluster: string, target: string, id: string): void {
    const place = `${cluster}\0${target}`
    const waiting = this.#waiting.get(place)
    waiting?.delete(id)
    if (this.#holders.get(place)?.id !== id) return
    this.#holders.delete(place)
    this.#waiting.delete(place)
    for (const each of waiting ?? []) this.#changed(each)
  }
}

import type { StoredChange } from './contract.js'

/** How many changes all clusters of a storage keep together, so that many busy clusters do not fill the memory. */
export class HistoryBudget {
  readonly perCluster: number
  readonly total: number
  /** Characters of JSON: large objects that change often must not fill the memory with what they were. */
  readonly chars: number
  held = 0
  heldChars = 0
  constructor(perCluster: number, total: number, chars: number) {
    this.perCluster = perCluster
    this.total = total
    this.chars = chars
  }
}

/** Under pressure of the total budget a cluster still keeps this many changes. */
const leastKept = 100

/** The same where it is their size that presses. */
const leastLargeKept = 10

/** The latest changes of one cluster, oldest first, without gaps. */
export class ChangeHistory {
  readonly #budget: HistoryBudget
  #changes: StoredChange[] = []
  #weights: number[] = []
  // Trimmed entries at the front; cut off in bulk.
  #start = 0
  /** Changes after this revision are all here. */
  #floor: number

  constructor(budget: HistoryBudget, floor: number) {
    this.#budget = budget
    this.#floor = floor
  }

  get floor(): number {
    return this.#floor
  }

  get length(): number {
    return this.#changes.length - this.#start
  }

  /** `weight`: the characters of the new object's JSON, 0 where it is no new object. */
  add(change: StoredChange, weight: number): void {
    this.#changes.push(change)
    this.#weights.push(weight)
    const budget = this.#budget
    budget.held++
    budget.heldChars += weight
    while (this.#isTooLong()) this.#dropOldest()
  }

  #isTooLong(): boolean {
    const { length } = this
    const budget = this.#budget
    if (length > budget.perCluster) return true
    if (budget.held > budget.total && length > leastKept) return true
    return budget.heldChars > budget.chars && length > leastLargeKept
  }

  #dropOldest(): void {
    this.#floor = this.#changes[this.#start]!.revision
    // The slot must not keep the object alive until the bulk cut.
    this.#changes[this.#start] = undefined as unknown as StoredChange
    this.#budget.heldChars -= this.#weights[this.#start]!
    this.#start++
    this.#budget.held--
    if (this.#start > 1024 && this.#start * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#start)
      this.#weights = this.#weights.slice(this.#start)
      this.#start = 0
    }
  }

  /** Changes with `revision < change.revision <= upTo`; undefined when some of them are forgotten. */
  since(revision: number, upTo: number): StoredChange[] | undefined {
    if (revision < this.#floor) return undefined
    const changes = this.#changes
    let low = this.#start
    let high = changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (changes[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    let end = changes.length
    while (end > low && changes[end - 1]!.revision > upTo) end--
    return changes.slice(low, end)
  }

  /** Forgets the changes after `revision`: they never happened. */
  undoAfter(revision: number): void {
    while (this.length > 0 && this.#changes[this.#changes.length - 1]!.revision > revision) {
      this.#changes.pop()
      this.#budget.held--
      this.#budget.heldChars -= this.#weights.pop()!
    }
    // What was forgotten may have been of those: nothing is missing behind the revision then, since nothing is there.
    if (this.#floor > revision) this.#floor = revision
  }

  clear(): void {
    this.#budget.held -= this.length
    for (let index = this.#start; index < this.#weights.length; index++) this.#budget.heldChars -= this.#weights[index]!
    this.#changes = []
    this.#weights = []
    this.#start = 0
  }
}

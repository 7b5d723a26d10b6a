/** One thing to break: every place in the files of `in` where `from` stands is a mutant of its own. */
export interface Fault {
  /** The check that it is for: it has to fire, and no other. */
  readonly check: string
  readonly in: RegExp
  readonly from: string | RegExp
  readonly to: string
  /** What has to be changed elsewhere in the file, so that this one thing alone is broken. */
  readonly and?: { readonly from: string; readonly to: string }
  /** `each` (as left out): a mutant for each place; `first`: for each file; `all`: one alone, with every place in every file. */
  readonly place?: 'each' | 'first' | 'all'
  /** Checks that may fire too, for what follows from the fault. */
  readonly follows?: readonly string[]
  /** Another time at which it is looked at, in epoch ms. */
  readonly nowMs?: number
}

/** A part of a sound fleet, with the ways to break it. Parts together are a sound fleet as well. */
export interface Part {
  readonly name: string
  readonly texts: Texts
  readonly faults: readonly Fault[]
  readonly nowMs?: number
}

export type Texts = Readonly<Record<string, string>>

/** A sound fleet with one thing broken. */
export interface Mutant {
  /** What was done to which file. */
  readonly name: string
  /** The check that has to find it. */
  readonly check: string
  readonly follows: readonly string[]
  /** The part of the fleet that it is in, broken. */
  readonly texts: Texts
  readonly nowMs?: number | undefined
}

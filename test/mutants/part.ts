/** One thing to break: every place in the files of `in` where `from` stands is a mutant of its own. */
export interface Fault {
  /** The check that it is for: it has to fire, and no other. */
  readonly check: string
  readonly in: RegExp
  readonly from: string | RegExp
  readonly to: string
  /** What has to be changed elsewhere in the file, so that this one thing alone is broken. */
  readonly and?: { readonly from: string; readonly to: string }
}

/** A part of a sound fleet, with the ways to break it. Parts together are a sound fleet as well. */
export interface Part {
  readonly name: string
  readonly texts: Readonly<Record<string, string>>
  readonly faults: readonly Fault[]
}

/**
 * Where the embedded API server is known to answer otherwise than kube-apiserver. The list may only shrink: an entry that
 * accounts for nothing fails the replay. docs/reference/differences.md is made of it.
 */
export interface KnownDifference {
  /** Requests: matched against `topic: name of the case #step`. */
  readonly where: RegExp
  /** Places in the answer, such as `body.spec.x`; absent: the answer as a whole. */
  readonly path?: RegExp
  readonly about: string
  readonly reason: string
}

export const differences: readonly KnownDifference[] = []

/**
 * Members of parsed maps that are null because nothing is written (`key:`), as opposed to `key: null`. JSON has no place for
 * the difference, kustomize's merge makes one. Only the dialect `kyaml` marks them, and copies keep no mark by themselves.
 */
const marks = new WeakMap<object, Set<string>>()

export function markImplicitNull(map: object, key: string): void {
  const known = marks.get(map)
  if (known === undefined) marks.set(map, new Set([key]))
  else known.add(key)
}

export function isImplicitNull(map: object, key: string): boolean {
  return marks.get(map)?.has(key) === true
}

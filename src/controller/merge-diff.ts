import { equalJson, isObject, setOwn } from '../base/json.js'

/**
 * The smallest JSON merge patch (RFC 7386) that turns `before` into `after`, undefined when they are equal. Lists are
 * replaced as a whole. Members of `after` that are undefined or null count as absent.
 */
export function mergeDiff(before: unknown, after: unknown): unknown {
  if (equalJson(before, after)) return undefined
  if (!isObject(after)) return after
  const from = isObject(before) ? before : {}
  const patch: Record<string, unknown> = {}
  for (const key of Object.keys(from)) {
    if (from[key] !== undefined && (after[key] === undefined || after[key] === null)) setOwn(patch, key, null)
  }
  for (const key of Object.keys(after)) {
    const value = after[key]
    if (value === undefined || value === null) continue
    if (Object.hasOwn(from, key) && from[key] !== null) {
      const change = mergeDiff(from[key], value)
      if (change !== undefined) setOwn(patch, key, change)
    } else {
      setOwn(patch, key, value)
    }
  }
  // Nulls against absence: no difference that a merge patch could make.
  return Object.keys(patch).length === 0 && isObject(before) ? undefined : patch
}

/** The members of a JSON merge patch that would change `target`, undefined when none would. */
export function neededMerge(target: unknown, patch: Record<string, unknown>): Record<string, unknown> | undefined {
  const needed: Record<string, unknown> = {}
  const from = isObject(target) ? target : {}
  for (const [key, value] of Object.entries(patch)) {
    const present = Object.hasOwn(from, key) ? from[key] : undefined
    if (value === undefined) continue
    if (value === null) {
      if (present !== undefined) setOwn(needed, key, null)
    } else if (isObject(value) && isObject(present)) {
      const inner = neededMerge(present, value)
      if (inner !== undefined) setOwn(needed, key, inner)
    } else if (!equalJson(present, value)) {
      setOwn(needed, key, value)
    }
  }
  return Object.keys(needed).length === 0 ? undefined : needed
}

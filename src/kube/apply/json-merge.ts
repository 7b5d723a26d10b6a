import { isObject, setOwn } from '../../base/json.js'

/**
 * RFC 7386: the original with the patch laid over it. Objects merge by member, null removes, anything else replaces.
 * Changes neither argument; shares what the patch does not touch.
 */
export function applyMergePatch(original: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(original) ? { ...original } : {}
  for (const key of Object.keys(patch)) {
    const wanted = patch[key]
    if (wanted === null || wanted === undefined) delete result[key]
    else setOwn(result, key, applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, wanted))
  }
  return result
}

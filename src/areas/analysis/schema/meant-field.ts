import { closest } from '../../../base/closest.js'
import { keystrokes } from '../references/misspelling.js'

/**
 * The field that was meant by a name that there is not: the same but for case, mistyped, or the beginning of it. `isOnly`: no other
 * field is as near, and it is nearer than a mere beginning.
 */
export function meantField(key: string, fields: Iterable<string>): { name: string; isOnly: boolean } | undefined {
  const names = [...fields].filter((name) => name !== key)
  const lower = key.toLowerCase()
  const byCase = names.filter((name) => name.toLowerCase() === lower)
  if (byCase.length > 0) return { name: byCase[0]!, isOnly: byCase.length === 1 }
  const most = key.length < 5 ? 1 : 2
  const near = names
    .map((name) => ({ name, distance: Math.abs(name.length - key.length) > most ? most + 1 : keystrokes(key, name) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)
  const [best, next] = near
  if (best !== undefined) return { name: best.name, isOnly: best.distance !== next?.distance }
  const beginning = closest(key, names)
  return beginning === undefined ? undefined : { name: beginning, isOnly: false }
}

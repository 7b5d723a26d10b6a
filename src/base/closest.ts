/**
 * The candidate that was probably meant: same but for case or dashes, one the beginning of the other (`env` of
 * `environment`), or at most two keystrokes away (one for short words). Undefined when none is near.
 */
export function closest(wanted: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    if (candidate === wanted) continue
    const distance = distanceBetween(simple(wanted), simple(candidate))
    if (distance < bestDistance || (distance === bestDistance && candidate < best!)) {
      best = candidate
      bestDistance = distance
    }
  }
  return bestDistance <= (wanted.length < 5 ? 1 : 2) ? best : undefined
}

function simple(text: string): string {
  return text.toLowerCase().replace(/[-_. ]/g, '')
}

const longest = 100

function distanceBetween(a: string, b: string): number {
  if (a === b) return 0
  if (Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a))) return 1
  if (a.length > longest || b.length > longest) return Number.POSITIVE_INFINITY
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, above[column]! + 1, current[column - 1]! + 1))
    }
    above = current
  }
  return above[b.length]!
}

/**
 * The candidate that was probably meant: same but for case or dashes, one the beginning of the other (`env` of
 * `environment`), or at most two keystrokes away (one for short words; two letters in the wrong order are one). Undefined when none
 * is near.
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
  let twoAbove: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swapped = isSwapped ? twoAbove[column - 2]! + 1 : replaced
      current.push(Math.min(replaced, swapped, above[column]! + 1, current[column - 1]! + 1))
    }
    twoAbove = above
    above = current
  }
  return above[b.length]!
}

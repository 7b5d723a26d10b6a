/**
 * True when one name is most likely the other, mistyped: one keystroke apart (two in long names), or the same but for dashes and
 * case. Names that people number or tell apart by a short word (`db-1` and `db-2`, `pg-ro` and `pg-rw`, `api-eu` and `api-us`)
 * are two names.
 */
export function isMisspelling(a: string, b: string): boolean {
  if (a === b || Math.min(a.length, b.length) < 4) return false
  if (simple(a) === simple(b)) return true
  const allowed = Math.min(a.length, b.length) >= 10 ? 2 : 1
  if (Math.abs(a.length - b.length) > allowed) return false
  const left = a.split(/[-._]/)
  const right = b.split(/[-._]/)
  if (left.length !== right.length) return false
  let differing = 0
  for (const [index, one] of left.entries()) {
    const other = right[index]!
    if (one === other) continue
    if (++differing > 1 || !isMistyped(one, other, allowed)) return false
  }
  return true
}

/** One part of a name against the other: letters only, long enough to be a word. */
function isMistyped(a: string, b: string, allowed: number): boolean {
  if (Math.min(a.length, b.length) < 4 || withoutLetters(a) !== withoutLetters(b)) return false
  // One letter before or behind makes another word: `read` and `ready`, `node` and `nodes`, `etcd` and `betcd`.
  if (a.startsWith(b) || b.startsWith(a) || a.endsWith(b) || b.endsWith(a)) return false
  return keystrokes(a, b) <= (Math.min(a.length, b.length) >= 8 ? allowed : 1)
}

const simple = (text: string) => text.toLowerCase().replace(/[-._]/g, '')
const withoutLetters = (text: string) => text.replace(/[a-z]/gi, '')

/** How many keystrokes lie between two names, two letters exchanged being one. */
export function keystrokes(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      let best = Math.min(above[column - 1]! + (isSame ? 0 : 1), above[column]! + 1, current[column - 1]! + 1)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        best = Math.min(best, before[column - 2]! + 1)
      current.push(best)
    }
    before = above
    above = current
  }
  return above[b.length]!
}

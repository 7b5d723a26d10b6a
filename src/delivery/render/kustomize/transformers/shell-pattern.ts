/**
 * Whether a pattern of `*`, `?`, `[a-z]`, `[^a-z]` and `\` matches the first `length` letters; undefined for a malformed pattern.
 * A part behind a star is put where it fits first and never moved again: time is the product of both lengths, counted in `budget`.
 */
export function matchesShellPattern(
  pattern: readonly string[],
  letters: readonly string[],
  length: number,
  budget: { steps: number },
): boolean | undefined {
  let at = 0
  let left = 0
  pieces: while (left < pattern.length) {
    let star = false
    while (pattern[left] === '*') {
      left++
      star = true
    }
    const end = pieceEnd(pattern, left)
    if (star && end === left) return true
    const piece = pattern.slice(left, end)
    left = end
    const attempts = star ? length - at : 0
    for (let skipped = 0; skipped <= attempts; skipped++) {
      budget.steps -= piece.length + 1
      if (budget.steps <= 0) return false
      const matchedTo = matchPiece(piece, letters, at + skipped, length)
      if (matchedTo === undefined) return undefined
      if (matchedTo === false || (left >= pattern.length && matchedTo < length)) continue
      at = matchedTo
      continue pieces
    }
    return false
  }
  return at === length
}

/** Up to the next star that is not in brackets. */
function pieceEnd(pattern: readonly string[], from: number): number {
  let inBrackets = false
  for (let at = from; at < pattern.length; at++) {
    const letter = pattern[at]
    if (letter === '\\') at++
    else if (letter === '[') inBrackets = true
    else if (letter === ']') inBrackets = false
    else if (letter === '*' && !inBrackets) return at
  }
  return pattern.length
}

/** Where in the letters what a piece without stars matches ends, from `from` on. */
function matchPiece(piece: readonly string[], letters: readonly string[], from: number, end: number): number | false | undefined {
  let at = 0
  let used = from
  while (at < piece.length) {
    if (used >= end) return false
    const letter = letters[used++]!
    if (piece[at] === '[') {
      const found = matchClass(piece, at + 1, letter)
      if (found === undefined) return undefined
      if (!found.matches) return false
      at = found.end
    } else if (piece[at] === '?') at++
    else {
      if (piece[at] === '\\') at++
      if (at >= piece.length) return undefined
      if (piece[at] !== letter) return false
      at++
    }
  }
  return used
}

function matchClass(piece: readonly string[], from: number, letter: string): { matches: boolean; end: number } | undefined {
  let at = from
  const negated = piece[at] === '^'
  if (negated) at++
  let matches = false
  for (let ranges = 0; ; ranges++) {
    if (piece[at] === ']' && ranges > 0) return { matches: matches !== negated, end: at + 1 }
    const low = classLetter(piece, at)
    if (low === undefined) return undefined
    at = low.end
    let high = low
    if (piece[at] === '-') {
      const found = classLetter(piece, at + 1)
      if (found === undefined) return undefined
      high = found
      at = found.end
    }
    const code = letter.codePointAt(0)!
    if (low.code <= code && code <= high.code) matches = true
  }
}

/** One that may stand behind a backslash; undefined where none can, or nothing follows it. */
function classLetter(piece: readonly string[], from: number): { code: number; end: number } | undefined {
  if (piece[from] === undefined || piece[from] === '-' || piece[from] === ']') return undefined
  const at = piece[from] === '\\' ? from + 1 : from
  const letter = piece[at]
  return letter === undefined || at + 1 >= piece.length ? undefined : { code: letter.codePointAt(0)!, end: at + 1 }
}

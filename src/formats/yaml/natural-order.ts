const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u

/**
 * The order in which Go's YAML encoder writes the keys of a map: runs of digits compare as numbers, letters come after
 * everything else, otherwise by code point. `a2 < a10`, `a-b < ab`.
 */
export function compareNaturally(left: string, right: string): number {
  if (left === right) return 0
  const end = Math.min(left.length, right.length)
  let at = 0
  while (at < end && left.charCodeAt(at) === right.charCodeAt(at)) at++
  if (at === end) return left.length - right.length
  const a = left.charCodeAt(at)
  const b = right.charCodeAt(at)
  const aIsLetter = isLetter(a)
  const bIsLetter = isLetter(b)
  if (aIsLetter && bIsLetter) return a - b
  if (aIsLetter || bIsLetter) return bIsLetter ? -1 : 1
  let leftNumber = 0
  let rightNumber = 0
  if (a === 0x30 || b === 0x30) {
    for (let index = at - 1; index >= 0 && isDigit(left.charCodeAt(index)); index--) {
      if (left.charCodeAt(index) === 0x30) continue
      leftNumber = 1
      rightNumber = 1
      break
    }
  }
  let leftAt = at
  for (; leftAt < left.length && isDigit(left.charCodeAt(leftAt)); leftAt++) {
    leftNumber = leftNumber * 10 + left.charCodeAt(leftAt) - 0x30
  }
  let rightAt = at
  for (; rightAt < right.length && isDigit(right.charCodeAt(rightAt)); rightAt++) {
    rightNumber = rightNumber * 10 + right.charCodeAt(rightAt) - 0x30
  }
  if (leftNumber !== rightNumber) return leftNumber - rightNumber
  if (leftAt !== rightAt) return leftAt - rightAt
  return a - b
}

function isLetter(code: number): boolean {
  if (code < 0x80) return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
  return letter.test(String.fromCharCode(code))
}

function isDigit(code: number): boolean {
  if (code < 0x80) return code >= 0x30 && code <= 0x39
  return digit.test(String.fromCharCode(code))
}

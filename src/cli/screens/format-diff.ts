import type { ObjectDiff } from '../../delivery/delivery.js'
import { formatYaml } from '../../formats/yaml/format-yaml.js'

/** A unified diff of each object's YAML, live against desired; '' when nothing differs. */
export function formatObjectDiffs(diffs: readonly ObjectDiff[], options: { colour: boolean }): string {
  const out: string[] = []
  for (const diff of diffs) {
    if (diff.change === 'same') continue
    const name = `${diff.group === '' ? '' : `${diff.group}/`}${diff.kind} ${diff.namespace === '' ? '' : `${diff.namespace}/`}${diff.name}`
    out.push(paint(`===== ${name} (${diff.change})`, '1', options.colour))
    const before = diff.live === undefined ? [] : formatYaml(diff.live).trimEnd().split('\n')
    const after = diff.desired === undefined ? [] : formatYaml(diff.desired).trimEnd().split('\n')
    for (const line of diffLines(before, after)) {
      const colour = line.startsWith('+') ? '32' : line.startsWith('-') ? '31' : undefined
      out.push(colour === undefined ? line : paint(line, colour, options.colour))
    }
  }
  return out.length === 0 ? '' : `${out.join('\n')}\n`
}

const contextLines = 3

/** Unified lines with three lines of context; long runs of equal lines become `@@`. Longest common subsequence. */
export function diffLines(before: readonly string[], after: readonly string[]): string[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let endBefore = before.length
  let endAfter = after.length
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore--
    endAfter--
  }
  const left = before.slice(start, endBefore)
  const right = after.slice(start, endAfter)
  const lines: string[] = before.slice(0, start).map((line) => ` ${line}`)
  lines.push(...editScript(left, right))
  lines.push(...before.slice(endBefore).map((line) => ` ${line}`))
  return withContext(lines)
}

function editScript(left: readonly string[], right: readonly string[]): string[] {
  // Above this size a table of all pairs costs too much; then the whole stretch is replaced.
  if (left.length * right.length > 4_000_000) return [...left.map((line) => `-${line}`), ...right.map((line) => `+${line}`)]
  const width = right.length + 1
  const common = new Uint32Array((left.length + 1) * width)
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      common[i * width + j] =
        left[i] === right[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!)
    }
  }
  const lines: string[] = []
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      lines.push(` ${left[i]}`)
      i++
      j++
    } else if (j >= right.length || (i < left.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      lines.push(`-${left[i++]}`)
    else lines.push(`+${right[j++]}`)
  }
  return lines
}

function withContext(lines: readonly string[]): string[] {
  const keep = new Uint8Array(lines.length)
  for (const [index, line] of lines.entries()) {
    if (line.startsWith(' ')) continue
    keep.fill(1, Math.max(0, index - contextLines), Math.min(lines.length, index + contextLines + 1))
  }
  const out: string[] = []
  for (const [index, line] of lines.entries()) {
    if (keep[index] === 1) out.push(line)
    else if (out.at(-1) !== '@@' && index < lines.length - 1) out.push('@@')
  }
  if (out.at(-1) === '@@') out.pop()
  return out
}

function paint(text: string, code: string, colour: boolean): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text
}

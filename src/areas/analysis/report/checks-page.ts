import { compareText } from '../../../base/compare-text.js'
import { type Check, topics } from '../contract.js'

/** The page docs/reference/checks.md: every check with what it finds, why that breaks and how it is known. */
export function checksPage(checks: readonly Check[]): string {
  const lines = [
    '# Checks',
    '',
    'What [`flotilla check`](check.md) looks for. Written by `node tools/docs/checks.mjs` from the checks themselves; `flotilla check --explain ID`',
    'prints one of these. An error is refused by a real API or tool, or can never work as written; a warning works otherwise than its',
    'author must think, or stops working on a newer version; a note is worth knowing.',
    '',
    '| check | severity | finds |',
    '|---|---|---|',
  ]
  const sorted = (topic: string) => checks.filter((check) => check.topic === topic).sort((a, b) => compareText(a.id, b.id))
  for (const topic of topics)
    for (const { id, severity, title } of sorted(topic)) lines.push(`| [${id}](#${id}) | ${severity} | ${cell(title)} |`)
  for (const topic of topics) {
    const found = sorted(topic)
    if (found.length > 0) lines.push('', `## ${topic[0]!.toUpperCase()}${topic.slice(1)}`)
    for (const { id, severity, title, why, fix, evidence } of found) {
      lines.push('', `### ${id}`, '', `${title} (${severity}).`, '', plainLinks(why), '', `**Fix:** ${plainLinks(fix)}`, '')
      lines.push(`Known from: ${evidence.map(plainLinks).join('; ')}.`)
    }
  }
  return `${lines.join('\n')}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** Angle brackets outside of code would be taken for HTML. */
function plainLinks(text: string): string {
  return text.replace(/`[^`]*`|</g, (part) => (part === '<' ? '&lt;' : part))
}

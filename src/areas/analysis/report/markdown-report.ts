import { count, countBySeverity, formatPlace, plain, type ReportFormat } from './report-format.js'

/** For comments on changes and summaries of CI runs: a table, and the reasons once for each check. */
export const markdownReport: ReportFormat = function* (input) {
  const { error, warning, note } = countBySeverity(input.findings)
  yield '## flotilla check\n\n'
  if (input.findings.length === 0) {
    yield `Nothing found in ${count(input.summary.documents, 'document')}.\n`
    return
  }
  yield `${count(error, 'error')}, ${count(warning, 'warning')}, ${count(note, 'note')} in ${count(input.summary.documents, 'document')}.\n\n`
  yield '| where | severity | what | check |\n|---|---|---|---|\n'
  for (const { sides, severity, message, check } of input.findings) {
    const others = sides.slice(1).map(({ place }) => `<br>also \`${cell(formatPlace(place))}\``)
    yield `| \`${cell(formatPlace(sides[0]!.place))}\`${others.join('')} | ${severity} | ${cell(message)} | ${check.id} |\n`
  }
  const told = new Set<string>()
  for (const { check } of input.findings) {
    if (told.has(check.id)) continue
    told.add(check.id)
    yield `\n<details><summary>${check.id}: ${cell(check.title)}</summary>\n\n${check.why}\n\n**Fix:** ${check.fix}\n\n</details>\n`
  }
}

function cell(text: string): string {
  return plain(text)
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll('`', "'")
    .replaceAll('<', '&lt;')
    .replaceAll('](', ']\\(')
}

import type { Severity } from '../contract.js'
import type { ReportedFinding } from '../run-checks.js'
import { count, countBySeverity, formatPlace, plain, type ReportFormat } from './report-format.js'

const colours: Readonly<Record<Severity, string>> = { error: '\u001b[31m', warning: '\u001b[33m', note: '\u001b[36m' }

/** For people: a line for each finding, the other sides and the fix below it; why it matters once for each check. */
export const textReport: ReportFormat = function* (input, { colour }) {
  const paint = (text: string, severity: Severity) => (colour ? `${colours[severity]}${text}\u001b[0m` : text)
  const bold = (text: string) => (colour ? `\u001b[1m${text}\u001b[0m` : text)
  const explained = new Set<string>()
  for (const finding of input.findings) {
    const [first] = finding.sides
    yield `${bold(plain(formatPlace(first!.place)))}: ${paint(finding.severity, finding.severity)}: ${plain(finding.message)} [${finding.check.id}]\n`
    for (const line of detailLines(finding)) yield `    ${line}\n`
    const why = `${finding.check.id} ${finding.why}`
    if (!explained.has(why)) {
      explained.add(why)
      yield `    why: ${plain(finding.why)}\n`
    }
    yield `    fix: ${plain(finding.fix)}\n`
  }
  for (const { sides, message, check } of input.mended ?? [])
    yield `${bold(plain(formatPlace(sides[0]!.place)))}: mended: ${plain(message)} [${check.id}]\n`
  const { error, warning, note } = countBySeverity(input.findings)
  const { documents, clusters, checks, fixed } = input.summary
  const all = [count(error, 'error'), count(warning, 'warning'), count(note, 'note')].filter((text) => !text.startsWith('0'))
  const outcome = all.length === 0 ? 'nothing found' : all.join(', ')
  const rest = [
    ...(input.suppressed.length > 0 ? [`${input.suppressed.length} suppressed`] : []),
    ...(fixed > 0 ? [`${fixed} mended`] : []),
    `${count(documents, 'document')} of ${count(clusters, 'cluster')}, ${count(checks, 'check')}`,
  ]
  yield `${outcome} (${rest.join('; ')})\n`
}

/** The other sides of a finding, and copies of the document. */
export function detailLines({ sides, copies }: ReportedFinding): string[] {
  return [
    ...sides.slice(1).map(({ place, subject, cluster, note }) => {
      const whose = cluster === undefined ? '' : ` of ${plain(cluster)}`
      return `${plain(formatPlace(place))}: ${plain(subject)}${whose}${note === undefined ? '' : `: ${plain(note)}`}`
    }),
    ...copies.map((place) => `${plain(formatPlace(place))}: the same again`),
  ]
}

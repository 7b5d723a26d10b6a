import type { ReportedFinding } from '../run-checks.js'
import { formatPlace, plain, type ReportFormat } from './report-format.js'
import { detailLines } from './text-report.js'

/** JUnit's XML, which every CI system shows: a suite for each file, a failing case for each finding; notes pass. */
export const junitReport: ReportFormat = function* (input) {
  const { findings } = input
  const failures = findings.filter(({ severity }) => severity !== 'note').length
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="flotilla check" tests="${Math.max(findings.length, 1)}" failures="${failures}">\n`
  if (findings.length === 0)
    yield '<testsuite name="flotilla check" tests="1" failures="0"><testcase name="nothing found"/></testsuite>\n'
  // Findings come sorted by file.
  for (let start = 0; start < findings.length; ) {
    const file = findings[start]!.sides[0]!.place.file
    let end = start
    while (end < findings.length && findings[end]!.sides[0]!.place.file === file) end++
    const failed = findings.slice(start, end).filter(({ severity }) => severity !== 'note').length
    yield `<testsuite name="${xml(file)}" tests="${end - start}" failures="${failed}">\n`
    for (let at = start; at < end; at++) yield testCase(findings[at]!)
    yield '</testsuite>\n'
    start = end
  }
  yield '</testsuites>\n'
}

function testCase(finding: ReportedFinding): string {
  const { check, severity, message, fix, why, sides } = finding
  const { place } = sides[0]!
  const open = `<testcase classname="${xml(check.id)}" name="${xml(formatPlace(place))}" file="${xml(place.file)}" line="${place.line}">`
  const body = [message, ...detailLines(finding), `why: ${why}`, `fix: ${fix}`].map(xml).join('\n')
  if (severity === 'note') return `${open}<system-out>${body}</system-out></testcase>\n`
  return `${open}<failure type="${severity}" message="${xml(message)}">${body}</failure></testcase>\n`
}

function xml(text: string): string {
  return plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

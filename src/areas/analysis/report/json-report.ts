import type { ReportedFinding } from '../run-checks.js'
import { countBySeverity, type ReportFormat } from './report-format.js'

/** For programs: one object, `findings` in the order of the text report. Fields are only added between versions. */
export const jsonReport: ReportFormat = function* (input, { version }) {
  yield `{"version":${JSON.stringify(version)},"summary":${JSON.stringify({ ...countBySeverity(input.findings), suppressed: input.suppressed.length, ...input.summary })},"findings":[`
  let separator = '\n'
  for (const finding of input.findings) {
    yield separator + JSON.stringify(jsonFinding(finding))
    separator = ',\n'
  }
  yield '\n],"suppressed":['
  separator = '\n'
  for (const { finding, reason } of input.suppressed) {
    yield separator + JSON.stringify({ ...jsonFinding(finding), reason })
    separator = ',\n'
  }
  yield '\n]}\n'
}

function jsonFinding({ check, severity, message, why, fix, sides, copies, finding }: ReportedFinding): object {
  return {
    id: check.id,
    topic: check.topic,
    severity,
    message,
    at: sides.map(({ place, ...side }) => ({ ...place, ...side })),
    ...(copies.length === 0 ? {} : { copies }),
    why,
    fix,
    fixable: finding.edits !== undefined && finding.edits.length > 0,
  }
}

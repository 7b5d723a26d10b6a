import type { Check, Severity } from '../contract.js'
import type { Place } from '../model/spot.js'
import type { ReportedFinding, ReportedSide } from '../run-checks.js'
import { plain, type ReportFormat } from './report-format.js'

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'note' }

/** SARIF 2.1.0, as code review tools take it: https://docs.oasis-open.org/sarif/sarif/v2.1.0/. */
export const sarifReport: ReportFormat = function* (input, { version }) {
  const checks = [...new Set([...input.findings, ...input.suppressed.map(({ finding }) => finding)].map(({ check }) => check))]
  const indexes = new Map(checks.map((check, index) => [check.id, index]))
  const driver = { name: 'flotilla', version, rules: checks.map(rule) }
  yield `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":${JSON.stringify(driver)}},"columnKind":"utf16CodeUnits","results":[`
  let separator = '\n'
  for (const finding of input.findings) {
    yield separator + JSON.stringify(result(finding, indexes))
    separator = ',\n'
  }
  for (const { finding, reason } of input.suppressed) {
    const suppressions = [{ kind: 'inSource', justification: reason }]
    yield separator + JSON.stringify({ ...result(finding, indexes), suppressions })
    separator = ',\n'
  }
  yield '\n]}]}\n'
}

function rule(check: Check): object {
  return {
    id: check.id,
    name: check.id,
    shortDescription: { text: check.title },
    fullDescription: { text: check.why },
    help: {
      text: `${check.fix}\n\nKnown from: ${check.evidence.join('; ')}`,
      markdown: `${check.fix}\n\nKnown from: ${check.evidence.join('; ')}`,
    },
    defaultConfiguration: { level: levels[check.severity] },
    properties: { tags: [check.topic] },
  }
}

function result({ check, severity, message, fix, sides }: ReportedFinding, indexes: ReadonlyMap<string, number>): object {
  const [first, ...rest] = sides
  return {
    ruleId: check.id,
    ruleIndex: indexes.get(check.id),
    level: levels[severity],
    message: { text: `${plain(message)}. ${plain(fix)}` },
    locations: [{ ...location(first!.place), logicalLocations: [{ fullyQualifiedName: logicalName(first!) }] }],
    ...(rest.length === 0
      ? {}
      : {
          relatedLocations: rest.map((side, index) => ({
            id: index,
            ...location(side.place),
            message: { text: plain(side.note === undefined ? side.subject : `${side.subject}: ${side.note}`) },
          })),
        }),
  }
}

/** What is read from a cluster has no place but this one. */
function logicalName({ place, subject }: ReportedSide): string {
  return plain(place.line === 0 ? `${place.file}: ${subject}` : subject)
}

function location(place: Place): object {
  if (place.line === 0) return { logicalLocations: [{ fullyQualifiedName: plain(place.file) }] }
  const uri = place.file.split('/').map(encodeURIComponent).join('/')
  return {
    physicalLocation: {
      artifactLocation: { uri },
      region: {
        startLine: place.line,
        startColumn: place.column,
        ...(place.endLine === undefined ? {} : { endLine: place.endLine, endColumn: place.endColumn }),
      },
    },
  }
}

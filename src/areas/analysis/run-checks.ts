import { compareText } from '../../base/compare-text.js'
import { messageOf } from '../../base/errors.js'
import type { Check, Finding, Severity } from './contract.js'
import { isWithin } from './load/cluster-of-path.js'
import type { Unreadable } from './load/input-text.js'
import type { FleetModel } from './model/fleet-model.js'
import type { Suppression } from './model/settings.js'
import type { Place, Spot } from './model/spot.js'

/** A finding as it is shown: places looked up, the check's general words filled in. */
export interface ReportedFinding {
  readonly check: Check
  readonly severity: Severity
  readonly message: string
  readonly why: string
  readonly fix: string
  /** The sides, the one to look at first in front. */
  readonly sides: readonly ReportedSide[]
  /** The same document elsewhere, where it has the same defect. */
  readonly copies: readonly Place[]
  readonly finding: Finding
}

export interface ReportedSide {
  readonly place: Place
  readonly subject: string
  readonly cluster?: string
  readonly note?: string
}

export interface CheckReport {
  readonly findings: readonly ReportedFinding[]
  readonly suppressed: readonly { readonly finding: ReportedFinding; readonly reason: string }[]
  /** Checks that broke on this input: their silence means nothing. */
  readonly broken: readonly Unreadable[]
}

/** `flotilla.dev/ignore-checks: "id: reason; other-id: reason"` on an object. */
export const suppressionAnnotation = 'flotilla.dev/ignore-checks'

/** Runs checks over a model. Findings come sorted by place; the same finding of several checks is not merged. */
export function runChecks(model: FleetModel, checks: readonly Check[]): CheckReport {
  const found: ReportedFinding[] = []
  const suppressed: { finding: ReportedFinding; reason: string }[] = []
  const broken: Unreadable[] = []
  const used = new Set<Suppression | string>()
  for (const check of checks) {
    try {
      for (const finding of check.run(model)) {
        const reported = reportFinding(check, finding)
        const reason = suppressionOf(check, finding, reported, model.settings.suppressions, used)
        if (reason === undefined) found.push(reported)
        else suppressed.push({ finding: reported, reason })
      }
    } catch (error) {
      broken.push({
        file: `check ${check.id}`,
        line: 0,
        column: 0,
        message: `the check failed on this input: ${messageOf(error)}`,
      })
    }
  }
  found.sort(byPlace)
  return { findings: found, suppressed, broken }
}

function reportFinding(check: Check, finding: Finding): ReportedFinding {
  const sides = finding.at.map(reportSide)
  return {
    check,
    severity: finding.severity ?? check.severity,
    message: finding.message,
    why: finding.why ?? check.why,
    fix: finding.fix ?? check.fix,
    sides,
    copies: finding.at[0].copies?.() ?? [],
    finding,
  }
}

function reportSide(spot: Spot): ReportedSide {
  return {
    place: spot.place(),
    subject: spot.subject,
    ...(spot.cluster === undefined ? {} : { cluster: spot.cluster }),
    ...(spot.note === undefined ? {} : { note: spot.note }),
  }
}

function suppressionOf(
  check: Check,
  finding: Finding,
  reported: ReportedFinding,
  suppressions: readonly Suppression[],
  used: Set<Suppression | string>,
): string | undefined {
  for (const spot of finding.at) {
    const annotation = spot.annotations?.[suppressionAnnotation]
    if (typeof annotation !== 'string') continue
    for (const part of annotation.split(';')) {
      const [id, ...reason] = part.split(':')
      if (id?.trim() === check.id && reason.join(':').trim() !== '') return reason.join(':').trim()
    }
  }
  for (const suppression of suppressions) {
    if (suppression.check !== check.id) continue
    if (suppression.path !== undefined && !reported.sides.some(({ place }) => isWithin(place.file, suppression.path!))) continue
    if (suppression.object !== undefined && !reported.sides.some(({ subject }) => subject === suppression.object)) continue
    used.add(suppression)
    return suppression.reason
  }
  return undefined
}

function byPlace(a: ReportedFinding, b: ReportedFinding): number {
  const left = a.sides[0]!.place
  const right = b.sides[0]!.place
  return (
    compareText(left.file, right.file) ||
    left.line - right.line ||
    left.column - right.column ||
    compareText(a.check.id, b.check.id) ||
    compareText(a.message, b.message)
  )
}

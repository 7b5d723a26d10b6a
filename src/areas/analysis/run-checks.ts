import { compareText } from '../../base/compare-text.js'
import { messageOf } from '../../base/errors.js'
import type { Check, Finding, Severity } from './contract.js'
import type { Unreadable } from './load/input-text.js'
import type { FleetModel } from './model/fleet-model.js'
import type { Place, Spot } from './model/spot.js'
import { brokenCheck, brokenFinding, unreadableFinding, unreadableInput, unusedSuppression } from './own-checks.js'
import { Suppressions } from './suppressions.js'

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
}

/**
 * Runs checks over a model. Findings come sorted by place. What could not be read, a check that broke on this input (its
 * silence would mean nothing), and suppressions that suppress nothing are findings themselves.
 */
export function runChecks(model: FleetModel, checks: readonly Check[], unreadable: readonly Unreadable[] = []): CheckReport {
  const found: ReportedFinding[] = unreadable.map((problem) => reportFinding(unreadableInput, unreadableFinding(problem)))
  const suppressed: { finding: ReportedFinding; reason: string }[] = []
  const suppressions = new Suppressions(model)
  for (const check of checks) {
    try {
      for (const finding of check.run(model)) {
        const reported = reportFinding(check, finding)
        const reason = suppressions.reasonFor(reported)
        if (reason === undefined) found.push(reported)
        else suppressed.push({ finding: reported, reason })
      }
    } catch (error) {
      found.push(reportFinding(brokenCheck, brokenFinding(check.id, messageOf(error))))
    }
  }
  const ids = new Set(checks.map(({ id }) => id))
  for (const finding of suppressions.unused(ids)) found.push(reportFinding(unusedSuppression, finding))
  return { findings: withoutRepeats(found.sort(byPlace)), suppressed }
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

/**
 * What several renderings of one file have in common is one finding: word for word, or, of a template that makes objects of several
 * names, but for the name.
 */
function withoutRepeats(sorted: readonly ReportedFinding[]): ReportedFinding[] {
  const kept: ReportedFinding[] = []
  const others = new Map<string, { index: number; subjects: Set<string> }>()
  for (const finding of sorted) {
    const [{ place, subject }] = finding.sides as [ReportedSide]
    const before = kept.at(-1)
    if (before !== undefined && byPlace(before, finding) === 0) continue
    if (place.line === 0) {
      kept.push(finding)
      continue
    }
    const key = `${place.file}:${place.line}:${place.column} ${finding.check.id} ${withoutName(finding.message, subject)}`
    const first = others.get(key)
    if (first !== undefined && kept[first.index]?.sides[0]?.subject !== subject) first.subjects.add(subject)
    else {
      if (first === undefined) others.set(key, { index: kept.length, subjects: new Set() })
      kept.push(finding)
    }
  }
  for (const { index, subjects } of others.values()) {
    const finding = kept[index]!
    if (subjects.size > 0)
      kept[index] = {
        ...finding,
        message: `${finding.message} (the same of ${subjects.size} more that ${subjects.size === 1 ? 'is' : 'are'} made of it)`,
      }
  }
  return kept
}

/** `Service shop/web has …` without `Service shop/web`, and without `web` where it stands alone. */
function withoutName(message: string, subject: string): string {
  const name = subject.slice(Math.max(subject.lastIndexOf('/'), subject.lastIndexOf(' ')) + 1)
  const pieces = message.replaceAll(subject, '').split(name)
  if (name === '' || pieces.length === 1) return pieces.join(name)
  return pieces.reduce((text, piece) => text + (/[\w-]$/.test(text) || /^[\w-]/.test(piece) ? name : '') + piece)
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

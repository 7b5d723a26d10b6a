import type { Severity } from '../contract.js'
import type { ReportedFinding } from '../run-checks.js'

/** What a report is made of. */
export interface ReportInput {
  readonly findings: readonly ReportedFinding[]
  readonly suppressed: readonly { readonly finding: ReportedFinding; readonly reason: string }[]
  /** What `--fix` has changed, at the places before the changes. */
  readonly mended?: readonly ReportedFinding[]
  readonly summary: ReportSummary
}

export interface ReportSummary {
  readonly documents: number
  readonly clusters: number
  readonly checks: number
  /** Mended by `--fix`. */
  readonly fixed: number
}

export interface ReportOptions {
  readonly colour: boolean
  readonly version: string
}

/** Writes a report in pieces, so that a long one needs no memory of its own. The pieces joined are the report. */
export type ReportFormat = (input: ReportInput, options: ReportOptions) => Iterable<string>

export function countBySeverity(findings: readonly ReportedFinding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, note: 0 }
  for (const { severity } of findings) counts[severity]++
  return counts
}

/** `1 error`, `2 errors`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** `path:12:5`, or only what it is called where there is no text. */
export function formatPlace({ file, line, column }: { file: string; line: number; column: number }): string {
  return line === 0 ? file : `${file}:${line}:${column}`
}

/** Control characters of input, and those that turn the direction of text, must not reach a terminal, a log or an XML document. */
export function plain(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '\ufffd')
    .replace(/[\n\t]+/g, ' ')
}

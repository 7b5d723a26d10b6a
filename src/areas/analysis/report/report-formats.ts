import { jsonReport } from './json-report.js'
import { junitReport } from './junit-report.js'
import { markdownReport } from './markdown-report.js'
import type { ReportFormat } from './report-format.js'
import { sarifReport } from './sarif-report.js'
import { textReport } from './text-report.js'

/** By the name that `-o` takes. */
export const reportFormats: ReadonlyMap<string, ReportFormat> = new Map([
  ['text', textReport],
  ['json', jsonReport],
  ['sarif', sarifReport],
  ['junit', junitReport],
  ['markdown', markdownReport],
])

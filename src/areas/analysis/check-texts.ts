import type { Check } from './contract.js'
import { type LoadOptions, loadFleet } from './load/load-fleet.js'
import { runChecks } from './run-checks.js'

/**
 * Runs a check over small files, for tests: paths to texts, as they would lie in a repository (`clusters/us-east/a.yaml` is of
 * the cluster us-east). One line a finding: `severity path:line:column message`, sorted by place.
 */
export function checkTexts(
  checks: Check | readonly Check[],
  texts: Readonly<Record<string, string>>,
  options: LoadOptions = {},
): string[] {
  const inputs = Object.entries(texts).map(([path, text]) => ({ path, text }))
  const { model, unreadable } = loadFleet(inputs, options)
  const report = runChecks(model, 'run' in checks ? [checks] : checks, unreadable)
  return report.findings.map(({ severity, sides, message }) => {
    const { file, line, column } = sides[0]!.place
    return `${severity} ${file}:${line}:${column} ${message}`
  })
}

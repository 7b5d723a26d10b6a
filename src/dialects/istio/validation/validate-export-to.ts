import { isLabel } from './names.js'
import { textsOf } from './read-json.js'
import type { Report } from './report.js'

/** exportTo of a ServiceEntry (`~` is nobody there) or of a DestinationRule (with a workloadSelector: its own namespace only). */
export function validateExportTo(
  value: unknown,
  context: { namespace: string; isServiceEntry?: boolean; hasSelector?: boolean },
  report: Report,
): void {
  const { namespace, isServiceEntry = false, hasSelector = false } = context
  const entries = textsOf(value)
  if (entries.length === 0) return
  const at = 'spec.exportTo'
  const seen = new Set<string>()
  for (const entry of entries) {
    const key = entry === '.' ? namespace : entry
    if (seen.has(key)) {
      const what = key === entry ? `for entry ${entry}` : `: . and current namespace ${namespace}`
      report.error(at, `duplicate entries in exportTo${key === entry ? ' ' : ''}${what}`, 'Name each namespace once.')
    } else if (key === '~' && !isServiceEntry) {
      report.error(at, 'exportTo ~ (none) is not allowed for Istio configuration objects', 'Remove ~.')
    } else if (key !== '*' && key !== '.' && key !== '~' && !isLabel(key)) {
      report.error(
        at,
        'only .,*, or a valid DNS 1123 label is allowed as exportTo entry',
        'Write *, . or the name of a namespace.',
      )
    } else seen.add(key)
  }
  if (hasSelector && seen.size > 0) {
    if (!seen.has(namespace))
      report.error(at, 'destination rule with workload selector cannot have exportTo beyond current namespace', 'Write only ".".')
    else if (seen.size > 1)
      report.error(at, 'destination rule with workload selector cannot have multiple entries in exportTo', 'Write only ".".')
  }
  if (seen.has('*') && entries.length > 1)
    report.error(
      at,
      'cannot have both public (*) and non-public exportTo values for a resource',
      'Write only *, or only namespaces.',
    )
  if (seen.has('~') && entries.length > 1)
    report.error(at, 'cannot export service entry to no one (~) and someone', 'Write only ~, or only namespaces.')
}

import { closest } from '../../../base/closest.js'
import type { ApplicationSpec } from '../kinds/application.js'

const switches = [
  'ApplyOutOfSyncOnly',
  'ClientSideApplyMigration',
  'CreateNamespace',
  'FailOnSharedResource',
  'Force',
  'PruneLast',
  'Replace',
  'RespectIgnoreDifferences',
  'ServerSideApply',
  'SkipDryRunOnMissingResource',
  'Validate',
]
/** Upstream reads these on resources; on applications only newer versions do, and it is not done here. */
const onResources = ['Prune', 'Delete']
const propagation = 'PrunePropagationPolicy'

/** Options that do nothing: misspelt ones, and values that mean nothing. */
export function warnSyncOptions(spec: Partial<ApplicationSpec>): string[] {
  return (spec.syncPolicy?.syncOptions ?? []).flatMap((option) => {
    if (typeof option !== 'string' || option.includes('{{')) return []
    const at = option.indexOf('=')
    const name = option.slice(0, at < 0 ? undefined : at).trim()
    const value = at < 0 ? '' : option.slice(at + 1).trim()
    const field = `spec.syncPolicy.syncOptions: ${option}`
    if (name === propagation) {
      return ['foreground', 'background', 'orphan'].includes(value)
        ? []
        : [`${field} has no effect: write ${propagation}=foreground, background or orphan`]
    }
    if (onResources.includes(name))
      return [`${field} has no effect on an Application here: annotate the resources with argocd.argoproj.io/sync-options`]
    if (!switches.includes(name)) {
      const meant = closest(name, [...switches, propagation])
      return [`${field} is not known and has no effect${meant === undefined ? '' : `: did you mean ${meant}?`}`]
    }
    return value === 'true' || value === 'false' ? [] : [`${field} has no effect: write ${name}=true`]
  })
}

import { CodedError } from '../../base/errors.js'
import type { Application, Operation } from '../../dialects/argo-cd/kinds/application.js'

/** What can be told before a sync is asked for; upstream's server refuses another revision while automated sync would undo it. */
export function checkSync(app: Application, operation: Operation): void {
  const { name } = app.metadata
  const { revision, dryRun, resources } = operation.sync ?? {}
  const automated = app.spec.syncPolicy?.automated
  const wanted = (app.spec.sources?.[0] ?? app.spec.source)?.targetRevision || 'HEAD'
  if (automated && automated.enabled !== false && !dryRun && revision && revision !== wanted) {
    throw new CodedError({
      code: 'sync-while-automated',
      message: `${name} syncs to ${wanted} automatically, so a sync to ${revision} would be undone at once`,
      fix: 'Change spec.source.targetRevision, turn automated sync off first, or try it with --dry-run.',
    })
  }
  const known = app.status?.resources ?? []
  for (const one of resources ?? []) {
    const found = known.some(
      (each) =>
        (one.group === '*' || one.group === (each.group ?? '')) &&
        (one.kind === '*' || one.kind === each.kind) &&
        (one.name === '*' || one.name === each.name) &&
        (one.namespace === undefined || one.namespace === (each.namespace ?? '')),
    )
    if (found || known.length === 0) continue
    throw new CodedError({
      code: 'no-such-resource',
      message: `${name} has no ${one.group}:${one.kind}:${one.namespace === undefined ? '' : `${one.namespace}/`}${one.name}`,
      fix: `See flotilla app get ${name} for what it has.`,
    })
  }
}

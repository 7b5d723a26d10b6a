import { CodedError, UsageError } from '../../../base/errors.js'
import type { Application, Operation } from '../kinds/application.js'

/**
 * The operation that brings an application back to an entry of its history (an id, or a revision; default: the one before
 * the last). Throws UsageError when there is none, CodedError while the application syncs itself (it would go forward again). Pure.
 */
export function decideRollback(
  application: Application,
  options: { to?: string; prune?: boolean; dryRun?: boolean; username?: string },
): Operation {
  const name = application.metadata.name
  const automated = application.spec.syncPolicy?.automated
  if (automated && automated.enabled !== false)
    throw new CodedError({
      code: 'rollback-with-auto-sync',
      message: `application ${name} syncs itself: a rollback would be undone at once`,
      fix: 'Remove spec.syncPolicy.automated (or set enabled: false) first, or revert in the repository',
    })
  const history = application.status?.history ?? []
  const found =
    options.to === undefined
      ? history.at(-2)
      : (history.find((entry) => String(entry.id) === options.to) ??
        history.findLast((entry) =>
          [entry.revision, ...(entry.revisions ?? [])].some((revision) => revision?.startsWith(options.to!)),
        ))
  if (found === undefined)
    throw new UsageError({
      code: 'rollback-unknown',
      message: `application ${name} has no history entry ${options.to ?? 'before the present one'}; it has ${history.map((entry) => entry.id).join(', ') || 'none'}`,
      fix: `See flotilla app history ${name}`,
    })
  return {
    sync: {
      ...(found.revisions ? { revisions: found.revisions } : { revision: found.revision ?? '' }),
      ...(found.sources ? { sources: found.sources } : {}),
      ...(found.source ? { source: found.source } : {}),
      ...(options.prune ? { prune: true } : {}),
      ...(options.dryRun ? { dryRun: true } : {}),
      ...(application.spec.syncPolicy?.syncOptions ? { syncOptions: application.spec.syncPolicy.syncOptions } : {}),
      syncStrategy: { apply: {} },
    },
    ...(options.username ? { initiatedBy: { username: options.username } } : {}),
  }
}

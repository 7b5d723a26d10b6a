import { equalJson } from '../../../base/json.js'
import type { Comparison } from '../../../delivery/delivery.js'
import type { Application, ApplicationSource, Operation } from '../kinds/application.js'

export type AutoSyncDecision =
  /** Nothing is to be done, or not by itself: why. */
  | { readonly kind: 'none'; readonly why: string }
  /** Nothing now, but look again at this time. */
  | { readonly kind: 'later'; readonly at: number }
  /** A person must look: told as a SyncError. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'sync'; readonly operation: Operation }

/** Upstream's default for syncs that nobody watches. */
const automatedRetryLimit = 5
const healBackoff = { baseMs: 2_000, factor: 3, capMs: 300_000, forgetAfterMs: 330_000 }

/**
 * Whether an application is synced by itself: only when it is out of sync, once for each revision (and parameters), again
 * for drift when it heals itself, with growing pauses. Never when it would remove everything. Pure.
 */
export function decideAutoSync(input: {
  readonly application: Application
  readonly comparison: Comparison
  readonly sources: readonly ApplicationSource[]
  readonly multiple: boolean
  readonly revisions: readonly string[]
  readonly nowMs: number
}): AutoSyncDecision {
  const { application, comparison, nowMs } = input
  const policy = application.spec.syncPolicy
  const automated = policy?.automated
  if (!automated || automated.enabled === false) return none('it is not synced by itself: somebody has to ask for a sync')
  if (application.metadata.deletionTimestamp !== undefined) return none('it is being deleted')
  if (application.operation !== undefined) return none('a sync that was asked for comes first')
  const state = application.status?.operationState
  if (state !== undefined && (state.phase === 'Running' || state.phase === 'Terminating')) return none('a sync is under way')
  if (comparison.sync !== 'OutOfSync')
    return none(comparison.sync === 'Synced' ? 'there is nothing to sync' : 'what is to be synced is not known')
  const prune = automated.prune === true
  const outOfSync = comparison.objects.filter((object) => object.sync === 'OutOfSync')
  if (!prune && outOfSync.every((object) => object.requiresPrune))
    return none('all that is left to do is pruning, which its policy does not allow')
  const revision = input.revisions[0] ?? ''
  if (
    prune &&
    automated.allowEmpty !== true &&
    comparison.objects.length > 0 &&
    comparison.objects.every((object) => object.requiresPrune)
  ) {
    return { kind: 'refused', message: `Skipping sync attempt to ${revision}: auto-sync will wipe out all resources` }
  }
  const operation = (more: Operation['sync']): Operation => ({
    sync: {
      ...(input.multiple ? { revisions: [...input.revisions] } : { revision }),
      ...(prune ? { prune } : {}),
      ...(policy?.syncOptions && policy.syncOptions.length > 0 ? { syncOptions: [...policy.syncOptions] } : {}),
      ...more,
    },
    initiatedBy: { automated: true },
    retry: policy?.retry ?? { limit: automatedRetryLimit },
  })
  const last = lastAttempt(input)
  if (last === undefined) return { kind: 'sync', operation: operation({}) }
  if (last.phase !== 'Succeeded') {
    return { kind: 'refused', message: `Failed last sync attempt to ${revision}: ${last.message ?? ''}` }
  }
  if (automated.selfHeal !== true) return none(`${revision} was synced already, and drift is not healed (selfHeal)`)
  const finishedAt = Date.parse(last.finishedAt ?? '')
  const since = Number.isNaN(finishedAt) ? Number.POSITIVE_INFINITY : nowMs - finishedAt
  const before = since > healBackoff.forgetAfterMs ? 0 : (last.operation.sync?.selfHealAttemptsCount ?? 0)
  const pause = before === 0 ? 0 : Math.min(healBackoff.baseMs * healBackoff.factor ** (before - 1), healBackoff.capMs)
  if (since < pause) return { kind: 'later', at: nowMs + pause - since }
  return {
    kind: 'sync',
    operation: operation({
      selfHealAttemptsCount: before + 1,
      resources: outOfSync
        .filter((object) => prune || !object.requiresPrune)
        .map(({ group, kind, name, namespace }) => ({
          ...(group === '' ? {} : { group }),
          kind,
          name,
          ...(namespace === '' ? {} : { namespace }),
        })),
    }),
  }
}

function none(why: string): AutoSyncDecision {
  return { kind: 'none', why }
}

/** The last sync, if it was of these very revisions and sources. */
function lastAttempt(
  input: Parameters<typeof decideAutoSync>[0],
): NonNullable<NonNullable<Application['status']>['operationState']> | undefined {
  const state = input.application.status?.operationState
  if (state?.operation.sync === undefined || state.syncResult === undefined) return undefined
  const { syncResult } = state
  const revisions = input.multiple ? syncResult.revisions : [syncResult.revision ?? '']
  const sources = input.multiple ? syncResult.sources : syncResult.source ? [syncResult.source] : []
  if (!equalJson(revisions ?? [], input.revisions)) return undefined
  const parameters = (source: ApplicationSource) => ({ ...source, targetRevision: undefined })
  return equalJson((sources ?? []).map(parameters), input.sources.map(parameters)) ? state : undefined
}

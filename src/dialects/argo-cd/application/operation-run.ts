import { formatTime } from '../../../base/clock.js'
import type { ObjectResult, SyncOutcome, SyncRun } from '../../../delivery/delivery.js'
import type { Application, ApplicationSource, Operation, OperationState, SyncedResource } from '../kinds/application.js'
import { decideRetry } from './decide-retry.js'
import type { RenderedSources } from './render-sources.js'

/** A sync under way. Kept in memory between looks; what must outlive the process stands in status.operationState. */
export interface OperationRun {
  readonly operation: Operation
  readonly startedAt: number
  retries: number
  /** The pass engine's state of the present attempt. */
  attempt: SyncRun
  /** A failed attempt is followed by another at this time. */
  retryAt: number | undefined
  /** What another process had begun to sync: its results are those of these commits. */
  resumed: readonly string[] | undefined
  /** What is synced: fixed when the operation starts, so that a push in the middle does not mix two revisions. */
  rendered:
    | { readonly content: RenderedSources; readonly sources: readonly ApplicationSource[]; readonly multiple: boolean }
    | undefined
}

/** What an operation had come to by its status. */
export function resultsOf(state: OperationState): ObjectResult[] {
  return (state.syncResult?.resources ?? []).map(fromSyncedResource)
}

export function startRun(operation: Operation, nowMs: number): OperationRun {
  return {
    operation,
    startedAt: nowMs,
    retries: 0,
    attempt: { startedAt: nowMs, results: [] },
    retryAt: undefined,
    resumed: undefined,
    rendered: undefined,
  }
}

/** Takes up an operation that another process had begun. */
export function resumeRun(state: OperationState, nowMs: number): OperationRun {
  const startedAt = Date.parse(state.startedAt)
  const began = Number.isNaN(startedAt) ? nowMs : startedAt
  return {
    operation: state.operation,
    startedAt: began,
    retries: state.retryCount ?? 0,
    attempt: { startedAt: began, results: resultsOf(state) },
    retryAt: undefined,
    resumed: revisionsOf(state),
    rendered: undefined,
  }
}

export interface FinishedOperation {
  readonly state: OperationState
  /** Over: the run is dropped. */
  readonly finished: boolean
  /** When to go on, if not before (epoch ms). */
  readonly again: number | undefined
}

/** Takes in what a pass came to, and says how the operation stands. Changes the run. */
export function recordOutcome(run: OperationRun, outcome: SyncOutcome, nowMs: number): FinishedOperation {
  run.attempt.results = outcome.results
  if (outcome.phase === 'Running') {
    return {
      state: stateOf(run, 'Running', outcome.message, undefined),
      finished: false,
      again: outcome.recheckAt ?? nowMs + 10_000,
    }
  }
  if (outcome.phase === 'Succeeded')
    return { state: stateOf(run, 'Succeeded', outcome.message, nowMs), finished: true, again: undefined }
  const retryAt = run.operation.sync?.dryRun ? undefined : decideRetry(run.operation.retry, run.retries, nowMs)
  if (retryAt === undefined) {
    const tried = run.retries > 0 ? ` (retried ${run.retries} times).` : ''
    return { state: stateOf(run, outcome.phase, `${outcome.message}${tried}`, nowMs), finished: true, again: undefined }
  }
  run.retries++
  run.retryAt = retryAt
  const at = formatTime(retryAt).slice(11, 19)
  const message = `${outcome.message.replace(/\.$/, '')}. Retrying attempt #${run.retries} at ${at}.`
  return { state: stateOf(run, 'Running', message, undefined), finished: false, again: retryAt }
}

/** Begins the attempt that was waited for. */
export function beginRetry(run: OperationRun, nowMs: number): void {
  run.attempt = { startedAt: nowMs, results: [] }
  run.retryAt = undefined
  if (run.operation.retry?.refresh) run.rendered = run.resumed = undefined
}

function revisionsOf({ syncResult }: OperationState): readonly string[] | undefined {
  return syncResult?.revisions ?? (syncResult?.revision ? [syncResult.revision] : undefined)
}

export function stateOf(
  run: OperationRun,
  phase: OperationState['phase'],
  message: string,
  finishedMs: number | undefined,
): OperationState {
  const { rendered, operation } = run
  const resources = run.attempt.results.map(toSyncedResource)
  return {
    operation,
    phase,
    message,
    startedAt: formatTime(run.startedAt),
    ...(finishedMs === undefined ? {} : { finishedAt: formatTime(finishedMs) }),
    ...(run.retries > 0 ? { retryCount: run.retries } : {}),
    ...(rendered
      ? {
          syncResult: {
            ...(resources.length > 0 ? { resources } : {}),
            ...(rendered.multiple
              ? { revisions: [...rendered.content.revisions], sources: [...rendered.sources] }
              : {
                  revision: rendered.content.revisions[0] ?? '',
                  ...(rendered.sources[0] ? { source: rendered.sources[0] } : {}),
                }),
          },
        }
      : {}),
  }
}

/** The history with a finished sync added, cut to the limit; selective and dry syncs are none. */
export function addHistory(application: Application, state: OperationState): NonNullable<Application['status']>['history'] {
  const history = application.status?.history ?? []
  const sync = state.operation.sync
  if (state.phase !== 'Succeeded' || sync === undefined || sync.dryRun || (sync.resources?.length ?? 0) > 0) return history
  const limit = application.spec.revisionHistoryLimit ?? 10
  const { revision, revisions, source, sources } = state.syncResult ?? {}
  const entry = {
    id: (history.at(-1)?.id ?? -1) + 1,
    ...(revisions ? { revisions } : { revision: revision ?? '' }),
    deployedAt: state.finishedAt ?? state.startedAt,
    deployStartedAt: state.startedAt,
    ...(source ? { source } : {}),
    ...(sources ? { sources } : {}),
    ...(state.operation.initiatedBy ? { initiatedBy: state.operation.initiatedBy } : { initiatedBy: {} }),
  }
  return limit <= 0 ? [] : [...history, entry].slice(-limit)
}

function toSyncedResource(result: ObjectResult): SyncedResource {
  return {
    group: result.group,
    version: result.version,
    kind: result.kind,
    namespace: result.namespace,
    name: result.name,
    ...(result.status === '' ? {} : { status: result.status }),
    ...(result.message === '' ? {} : { message: result.message }),
    ...(result.hookPhase ? { hookPhase: result.hookPhase } : {}),
    ...(result.hookType ? { hookType: result.hookType } : {}),
    syncPhase: result.phase,
  }
}

function fromSyncedResource(resource: SyncedResource): ObjectResult {
  return {
    group: resource.group,
    version: resource.version,
    kind: resource.kind,
    namespace: resource.namespace,
    name: resource.name,
    status: resource.status ?? '',
    message: resource.message ?? '',
    phase: resource.syncPhase ?? 'Sync',
    ...(resource.hookPhase ? { hookPhase: resource.hookPhase } : {}),
    ...(resource.hookType ? { hookType: resource.hookType } : {}),
  }
}

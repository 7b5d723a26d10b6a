import { formatTime } from '../../../base/clock.js'
import { Waiting } from '../../../base/errors.js'
import { cloneJson, equalJson } from '../../../base/json.js'
import type { ReconcileContext, ReconcileResult } from '../../../controller/contract.js'
import type { Comparison, Deliveries } from '../../../delivery/delivery.js'
import type { Repositories } from '../../../delivery/source/contract.js'
import type { Inventory } from '../../../inventory/cluster.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application, ApplicationStatus, Operation, OperationState } from '../kinds/application.js'
import { appProjectType } from '../kinds/resource-types.js'
import { defaultProject, defaultProjectName } from '../project/default-project.js'
import { decideSyncWindow } from '../project/sync-windows.js'
import { buildStatus } from './build-status.js'
import { isError, type PlainCondition } from './conditions.js'
import { type AutoSyncDecision, decideAutoSync } from './decide-auto-sync.js'
import {
  addHistory,
  beginRetry,
  type OperationRun,
  recordOutcome,
  resultsOf,
  resumeRun,
  startRun,
  stateOf,
} from './operation-run.js'
import { runOperationPass } from './run-operation.js'
import { deliveryId, deliveryOf, readTargetState, type TargetServices, type TargetState } from './target-state.js'
import { instanceName, trackingOf } from './tracking.js'

export interface ApplicationServices extends TargetServices {
  readonly inventory: Inventory
  readonly deliveries: Deliveries
  readonly repositories: Repositories
}

export const refreshAnnotation = 'argocd.argoproj.io/refresh'

/** Nothing is polled; this is for what no event tells of. */
const safetyMs = 30 * 60_000
/** How long a cluster that should answer, but does not, leaves the last status as it is. */
const doubtMs = 30_000
/** Texts of health change quickly while things start: they are written at most so often. */
const healthTextMs = 2_000

/** What is remembered of an application between looks. */
export interface Memory {
  run: OperationRun | undefined
  doubtSince: number | undefined
  writtenAt: number
  /** Digest of the objects whose rendering was last warned about. */
  warnedOf?: string
}

export type Context = ApplicationServices & ReconcileContext<Application>

/** One look at one application. */
export class ApplicationLook {
  readonly #application: Application
  readonly #context: Context
  readonly #memory: Memory
  readonly #namespace: string

  constructor(application: Application, context: Context, memory: Memory, namespace: string) {
    this.#application = application
    this.#context = context
    this.#memory = memory
    this.#namespace = namespace
  }

  /** What the renderer wants people to know (deprecated fields, settings without effect), once for each result. */
  #warn({ rendered }: TargetState): void {
    if (rendered === undefined || this.#memory.warnedOf === rendered.digest) return
    this.#memory.warnedOf = rendered.digest
    for (const warning of rendered.warnings.slice(0, 10)) this.#context.event('Warning', 'SourceWarning', warning)
  }

  async run(): Promise<ReconcileResult<Application>> {
    const { clock, inventory, signal } = this.#context
    const application = this.#application
    const refresh = application.metadata.annotations?.[refreshAnnotation]
    if (refresh === 'hard') this.#context.deliveries.forget(deliveryId(application))
    const target = await readTargetState(application, await this.#project(), this.#context, {
      refresh: refresh !== undefined,
      signal,
    })
    if (target.cluster && inventory.state(target.cluster.name).health === 'Pending') {
      // Not asked yet: its first answer comes as an event.
      return { again: clock.now() + 5_000 }
    }
    this.#warn(target)
    let comparison = await this.#compare(target)
    if (comparison && this.#inDoubt(comparison, target)) return { again: clock.now() + 3_000 }
    const conditions = [...target.conditions]
    const patch: Record<string, unknown> = {}
    let operationState = application.status?.operationState
    let history = application.status?.history
    let again = clock.now() + Math.min(safetyMs, target.retryMs ?? safetyMs)
    const later = (at: number) => {
      again = Math.min(again, at)
    }
    const claimed = this.#claim()
    const run = claimed ? undefined : this.#takeRun(target, comparison, conditions, later)
    if (claimed) {
      operationState = claimed
      patch.operation = null
      later(clock.now())
    } else if (run !== undefined) {
      const result = await this.#pass(run, target)
      operationState = result.state
      if (result.again !== undefined) later(result.again)
      comparison = await this.#compare(target)
      if (result.finished) {
        this.#memory.run = undefined
        history = addHistory(application, result.state)
        this.#report(result.state)
        this.#afterwards(result.state, target, comparison, conditions, later)
      }
    } else if (operationState?.phase === 'Terminating') {
      // What cannot be reached now must not keep the operation alive.
      await this.#terminate(target, operationState).catch((error: unknown) => {
        if (!(error instanceof Waiting)) throw error
      })
      operationState = {
        ...operationState,
        phase: 'Failed',
        message: 'operation terminated',
        finishedAt: formatTime(clock.now()),
      }
    }
    if (comparison) conditions.push(...conditionsOf(comparison))
    if (refresh !== undefined) patch.metadata = { annotations: { [refreshAnnotation]: null } }
    const status = this.#status(target, comparison, conditions, operationState, history, refresh !== undefined)
    if (this.#onlyHealthTexts(status) && Object.keys(patch).length === 0) {
      const next = this.#memory.writtenAt + healthTextMs
      if (next > clock.now()) return { again: Math.min(again, next) }
    }
    if (!equalJson(status, application.status)) this.#memory.writtenAt = clock.now()
    return { status, again, ...(Object.keys(patch).length > 0 ? { patch } : {}) }
  }

  async #terminate(target: TargetState, state: OperationState): Promise<void> {
    const { cluster } = target
    if (cluster === undefined) return
    const tracking = trackingOf(instanceName(this.#application, this.#namespace))
    await this.#context.deliveries.abandon({ cluster: cluster.name, tracking }, resultsOf(state))
  }

  async #project(): Promise<AppProject | undefined> {
    const name = this.#application.spec.project || defaultProjectName
    const projects = await this.#context.caches.cache<AppProject>(appProjectType)
    const found = projects.get(`${this.#namespace}/${name}`)
    return found ?? (name === defaultProjectName ? defaultProject(this.#namespace) : undefined)
  }

  async #compare(target: TargetState): Promise<Comparison | undefined> {
    if (target.conditions.some((condition) => condition.type === 'InvalidSpecError')) {
      return { sync: 'Unknown', health: { status: 'Unknown' }, objects: [], problems: [] }
    }
    if (target.rendered === undefined || target.cluster === undefined) return undefined
    const { deliveries, signal } = this.#context
    return deliveries.compare(deliveryOf(this.#application, target.cluster, target.rendered, this.#namespace), signal)
  }

  /** The cluster counts as healthy and yet did not answer: a moment's trouble is no news. */
  #inDoubt(comparison: Comparison, target: TargetState): boolean {
    const { clock, inventory } = this.#context
    const unread = comparison.problems.some(
      ({ reason }) => reason === 'cluster-unreachable' || reason === 'cluster-not-read' || reason === 'cluster-left',
    )
    if (!unread || target.cluster === undefined || inventory.state(target.cluster.name).health !== 'Healthy') {
      this.#memory.doubtSince = undefined
      return false
    }
    this.#memory.doubtSince ??= clock.now()
    return clock.now() - this.#memory.doubtSince < doubtMs
  }

  /**
   * An operation that was asked for moves from its field into the status before anything is done, in one write: should that
   * write be refused, nothing has happened, and should the process end, another goes on.
   */
  #claim(): OperationState | undefined {
    const { operation, status } = this.#application
    const phase = status?.operationState?.phase
    if (operation === undefined || this.#memory.run !== undefined || phase === 'Running' || phase === 'Terminating')
      return undefined
    return stateOf(startRun(cloneJson(operation), this.#context.clock.now()), 'Running', 'Sync operation started', undefined)
  }

  /** The operation to work on: one under way, one that stands in the status, or an automatic one. */
  #takeRun(
    target: TargetState,
    comparison: Comparison | undefined,
    conditions: PlainCondition[],
    later: (at: number) => void,
  ): OperationRun | undefined {
    const { clock } = this.#context
    const application = this.#application
    const state = application.status?.operationState
    if (state?.phase === 'Terminating') {
      this.#memory.run = undefined
      return undefined
    }
    if (this.#memory.run === undefined && state?.phase === 'Running') this.#memory.run = resumeRun(state, clock.now())
    if (this.#memory.run === undefined && comparison !== undefined && !conditions.some(isError)) {
      const decision = this.#decideAutoSync(application, target, comparison)
      if (decision.kind === 'sync' && this.#blocked(target, decision.operation)) later(nextMinute(clock.now()))
      else if (decision.kind === 'sync') this.#memory.run = startRun(decision.operation, clock.now())
      else if (decision.kind === 'later') later(decision.at)
      else if (decision.kind === 'refused') conditions.push({ type: 'SyncError', message: decision.message })
    }
    return this.#memory.run
  }

  /** What comes after a sync is over: said now, so that the status is written once. */
  #afterwards(
    operationState: OperationState,
    target: TargetState,
    comparison: Comparison | undefined,
    conditions: PlainCondition[],
    later: (at: number) => void,
  ): void {
    const { clock } = this.#context
    const { operation, ...application } = this.#application
    const soon = clock.now() + 100
    // It was asked for while another was under way, and waits in its field.
    if (operation !== undefined && !equalJson(operation, operationState.operation)) later(soon)
    if (comparison === undefined || conditions.some(isError)) return
    const next = { ...application, status: { ...application.status, operationState } } as Application
    const decision = this.#decideAutoSync(next, target, comparison)
    if (decision.kind === 'sync') later(soon)
    else if (decision.kind === 'later') later(decision.at)
    else if (decision.kind === 'refused') conditions.push({ type: 'SyncError', message: decision.message })
  }

  #blocked(target: TargetState, operation: Operation): boolean {
    const { cluster, project } = target
    if (cluster === undefined || project === undefined || (project.spec.syncWindows ?? []).length === 0) return false
    const { metadata, spec } = this.#application
    const subject = {
      name: metadata.name,
      namespace: spec.destination.namespace ?? '',
      clusterName: cluster.name,
      server: cluster.server,
    }
    const manual = operation.initiatedBy?.automated !== true
    return decideSyncWindow(project, subject, manual, this.#context.clock.now()) === 'blocked'
  }

  #decideAutoSync(application: Application, target: TargetState, comparison: Comparison): AutoSyncDecision {
    const { sources, multiple, rendered } = target
    const revisions = rendered?.revisions ?? []
    return decideAutoSync({ application, comparison, sources, multiple, revisions, nowMs: this.#context.clock.now() })
  }

  async #pass(run: OperationRun, target: TargetState): Promise<ReturnType<typeof recordOutcome>> {
    const { clock } = this.#context
    // What has begun before a window shut goes on; what was asked for waits for it to open.
    if (run.attempt.results.length === 0 && run.retryAt === undefined && this.#blocked(target, run.operation)) {
      const message = 'Sync operation blocked by sync window'
      return { state: stateOf(run, 'Running', message, undefined), finished: false, again: nextMinute(clock.now()) }
    }
    if (run.retryAt !== undefined) {
      if (clock.now() < run.retryAt) {
        const state = this.#application.status?.operationState
        return {
          state: state?.phase === 'Running' ? state : stateOf(run, 'Running', 'waiting to try again', undefined),
          finished: false,
          again: run.retryAt,
        }
      }
      beginRetry(run, clock.now())
    }
    const outcome = await runOperationPass(this.#application, run, target, this.#context, this.#namespace)
    return recordOutcome(run, outcome, clock.now())
  }

  #status(
    target: TargetState,
    comparison: Comparison | undefined,
    conditions: readonly PlainCondition[],
    operationState: ApplicationStatus['operationState'],
    history: ApplicationStatus['history'],
    refreshed: boolean,
  ): ApplicationStatus {
    return buildStatus({
      application: this.#application,
      comparison,
      sources: target.sources,
      multiple: target.multiple,
      revisions: target.rendered?.revisions ?? [],
      types: target.rendered?.types ?? [],
      objects: target.rendered?.objects ?? [],
      conditions,
      operationState,
      history,
      controlNamespace: this.#namespace,
      refreshed,
      nowMs: this.#context.clock.now(),
    })
  }

  /** Nothing but what resources say of their starting has changed. */
  #onlyHealthTexts(next: ApplicationStatus): boolean {
    const before = this.#application.status
    if (before === undefined || equalJson(before, next)) return false
    return equalJson(withoutTexts(before), withoutTexts(next))
  }

  #report(state: OperationState): void {
    const automated = state.operation.initiatedBy?.automated === true
    const revision = state.syncResult?.revision ?? state.syncResult?.revisions?.join(', ') ?? ''
    if (state.phase !== 'Succeeded')
      this.#context.event('Warning', 'OperationCompleted', `Sync operation to ${revision} failed: ${state.message ?? ''}`)
    // Automatic syncs that succeed are in the status and its history: an event each would double the writes.
    else if (!automated) this.#context.event('Normal', 'OperationCompleted', `Sync operation to ${revision} succeeded`)
  }
}

function withoutTexts(status: ApplicationStatus): ApplicationStatus {
  const resources = status.resources?.map((row) =>
    row.health?.message ? { ...row, health: { ...row.health, message: '' } } : row,
  )
  return {
    ...status,
    reconciledAt: '',
    ...(resources
      ? { resources: resources.map((row) => (row.health ? { ...row, health: { ...row.health, message: '' } } : row)) }
      : {}),
    ...(status.operationState ? { operationState: { ...status.operationState, message: '' } } : {}),
  }
}

function conditionsOf(comparison: Comparison): PlainCondition[] {
  return comparison.problems.map(({ reason, message }) => ({
    type:
      reason === 'shared-resource'
        ? 'SharedResourceWarning'
        : reason === 'ignore-differences'
          ? 'InvalidSpecError'
          : 'ComparisonError',
    message,
  }))
}

/** Windows open and shut at whole minutes. */
function nextMinute(nowMs: number): number {
  return (Math.floor(nowMs / 60_000) + 1) * 60_000
}

import type { Clock } from '../../base/clock.js'
import { messageOf, Waiting } from '../../base/errors.js'
import { kindRank } from '../../kube/object/kind-order.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isConflict, isNotFound, StatusError } from '../../kube/object/status-error.js'
import type { Delivery, SyncOutcome, SyncRequest, SyncRun } from '../delivery.js'
import { applyObject, labelOf } from './apply-object.js'
import type { ClusterView } from './cluster-view.js'
import { extrasOf } from './compare.js'
import { findLive } from './find-live.js'
import { isSelfMarked } from './live-kind.js'
import { type LiveObject, liveObjectOf } from './live-object.js'
import { ownerOf } from './owner-of.js'
import { explainUnserved, type Prepared } from './prepare.js'
import { failureMessage, SyncResults, waitingMessage } from './sync-results.js'
import { decideTasks, isMultiStep, type SyncTask } from './tasks.js'

/** What a sync remembers between passes beyond its results; lost with the process, and then only waited for again. */
export interface SyncMemo {
  checked: boolean
  stepAt: number | undefined
  definitionsSince: number | undefined
}

export interface SyncPass {
  readonly view: ClusterView
  readonly prepared: Prepared
  readonly delivery: Delivery
  readonly request: SyncRequest
  readonly run: SyncRun
  readonly memo: SyncMemo
  readonly clock: Clock
  /** Between two steps, so that controllers on the cluster notice the first before health is asked for. */
  readonly waveDelayMs: number
}

const definitionsWaitMs = 60_000
const retryMs = 1_000

/** Goes as far as waves, hooks and health allow now. The live state has been read completely. */
export async function runSyncPass(pass: SyncPass): Promise<SyncOutcome> {
  return new Pass(pass).run()
}

/** The work of the cluster is not done yet: the pass ends and another follows. */
class NotYet extends Error {
  readonly recheckAt: number | undefined
  constructor(message: string, recheckAt: number | undefined) {
    super(message)
    this.recheckAt = recheckAt
  }
}

class Pass {
  readonly #pass: SyncPass
  readonly #results: SyncResults
  readonly #tasks: readonly SyncTask[]
  readonly #multiStep: boolean

  constructor(pass: SyncPass) {
    this.#pass = pass
    const { prepared, delivery, request, run } = pass
    this.#results = new SyncResults(run.results)
    const types = new Map(prepared.kinds.map((kind) => [`${kind.type.group}/${kind.type.kind}`, kind.type]))
    const extras = extrasOf(prepared).flatMap((live) => {
      const type = types.get(`${groupPart(live.apiVersion)}/${live.kind}`)
      return type && !live.ignoreExtraneous && !live.deleting ? [{ live, type }] : []
    })
    const tasks = decideTasks({
      entries: prepared.entries,
      hooks: prepared.hooks,
      extras,
      types: prepared.types,
      request,
      revision: delivery.digest.replace(/[^a-z0-9]/g, '').slice(0, 7),
      startedAt: run.startedAt,
      mark: (object) => delivery.tracking.mark(object),
    })
    const onlyChanged = (task: SyncTask) => request.options.applyOutOfSyncOnly || task.directives.applyOutOfSyncOnly
    this.#tasks = tasks.filter((task) => this.#results.get(task) !== undefined || !onlyChanged(task) || !this.#inSync(task))
    this.#multiStep = isMultiStep(this.#tasks)
  }

  async run(): Promise<SyncOutcome> {
    const { clock, request, memo } = this.#pass
    try {
      this.#refuseShared()
      this.#refuseForbidden()
      if (!memo.checked) {
        await this.#tryAll(await this.#createNamespace())
        memo.checked = true
      }
      if (request.dryRun) return this.#outcome('Succeeded', 'successfully synced (dry run)')
      for (;;) {
        await this.#observe(this.#tasks.filter((task) => task.phase !== 'SyncFail'))
        const failed = this.#tasks.filter((task) => task.phase !== 'SyncFail' && this.#results.failed(task))
        if (failed.length > 0) return await this.#afterFailure(failed)
        const running = this.#tasks.filter(
          (task) => task.phase !== 'SyncFail' && this.#results.running(task) && (this.#multiStep || task.hook),
        )
        if (running.length > 0) return this.#outcome('Running', waitingMessage(running))
        const pending = this.#tasks.filter((task) => task.phase !== 'SyncFail' && this.#results.get(task) === undefined)
        const next = pending[0]
        if (next === undefined) return this.#outcome('Succeeded', 'successfully synced (all tasks run)')
        const wait = memo.stepAt === undefined ? 0 : memo.stepAt + this.#pass.waveDelayMs - clock.now()
        if (wait > 0)
          return this.#outcome('Running', `waiting ${Math.ceil(wait / 1000)} s before wave ${next.wave}`, clock.now() + wait)
        await this.#runStep(pending.filter((task) => task.phase === next.phase && task.wave === next.wave))
        memo.stepAt = clock.now()
      }
    } catch (error) {
      if (error instanceof NotYet) return this.#outcome('Running', error.message, error.recheckAt)
      if (error instanceof Failure) return this.#outcome('Failed', error.message)
      // What is done stays done: the results so far must reach the caller.
      if (error instanceof Waiting) return this.#outcome('Running', messageOf(error), clock.now() + (error.retryAfterMs ?? 2_000))
      if (error instanceof StatusError && (error.httpCode === 429 || error.httpCode >= 500)) {
        const seconds = error.status.details?.retryAfterSeconds ?? 2
        return this.#outcome('Running', messageOf(error), clock.now() + seconds * 1000)
      }
      // Someone else has changed or replaced the object in between: looked at anew.
      if (isConflict(error)) return this.#outcome('Running', messageOf(error), clock.now() + retryMs)
      // Refused for good (no right to read, delete ...): the sync ends, told with what is done so far.
      if (error instanceof StatusError) return this.#outcome('Failed', messageOf(error))
      throw error
    }
  }

  #outcome(phase: SyncOutcome['phase'], message: string, recheckAt?: number): SyncOutcome {
    return { phase, message, results: this.#results.all, ...(recheckAt === undefined ? {} : { recheckAt }) }
  }

  #inSync(task: SyncTask): boolean {
    const { entry, desired, directives } = task
    if (entry === undefined || desired === undefined) return false
    const { options } = this.#pass.request
    if (options.replace || options.force || directives.replace || directives.force) return false
    const live = findLive(this.#pass.prepared, entry.identity)
    return live !== undefined && !live.deleting && entry.verdict?.version === live.version && entry.verdict.inSync
  }

  #refuseShared(): void {
    const { prepared, delivery, request } = this.#pass
    if (!request.options.failOnSharedResource) return
    for (const entry of prepared.entries) {
      const live = findLive(prepared, entry.identity)
      const value = live?.marks[delivery.tracking.annotation]
      const owner = value === undefined ? undefined : delivery.tracking.owner(value)
      if (live && owner !== undefined && owner !== entry.owner && !isSelfMarked(live, delivery.tracking))
        throw new Failure(
          `Shared resource found: ${entry.object.kind}/${entry.object.metadata.name} is part of applications ${owner} and ${entry.owner}`,
        )
    }
  }

  /** In every pass: a retry, and an object whose kind has only now come to be known, are held to the same rules. */
  #refuseForbidden(): void {
    const refused = this.#tasks.filter((task) => {
      // What is left alone needs no permission.
      if (task.type === undefined || (task.prune && this.#pruneRefusal(task.prune))) return false
      const message = this.#pass.delivery.refusal?.(task.key, task.type.namespaced)
      if (message !== undefined) this.#results.set(task, { status: 'SyncFailed', message })
      return message !== undefined
    })
    if (refused.length === 0) return
    const results = refused.map((task) => this.#results.get(task)!)
    throw new Failure(failureMessage('one or more synchronization tasks are not valid', results))
  }

  /** Also for a part of the objects, as upstream. Returns the namespace that only a real run would create. */
  async #createNamespace(): Promise<string | undefined> {
    const { view, delivery, request, prepared } = this.#pass
    const { options } = request
    const name = delivery.namespace
    const selfMade = prepared.entries.some((entry) => entry.object.kind === 'Namespace' && entry.object.metadata.name === name)
    if (!options.createNamespace || name === '' || selfMade) return undefined
    const type = prepared.catalogue.forKind('v1', 'Namespace')
    if (type === undefined) return undefined
    const { labels, annotations } = options.namespaceMetadata ?? {}
    const metadata = { name, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }
    const live = await this.#read(type, '', name)
    if (request.dryRun) return live === undefined ? name : undefined
    if (live !== undefined && labels === undefined && annotations === undefined) return undefined
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata }
    const applied = await applyObject(view, type, namespace, undefined, {
      directives: view.directives.read(namespace),
      dryRun: false,
      replace: false,
      force: false,
      serverSideApply: options.serverSideApply,
      respectIgnoreDifferences: false,
      existed: live !== undefined,
    })
    this.#results.add({
      group: '',
      version: 'v1',
      kind: 'Namespace',
      namespace: '',
      name,
      status: applied.kind === 'failed' ? 'SyncFailed' : 'Synced',
      message: applied.message,
      phase: 'PreSync',
      hookPhase: applied.kind === 'failed' ? 'Failed' : 'Succeeded',
    })
    if (applied.kind === 'failed') throw new Failure(`namespace ${name} could not be created: ${applied.message}`)
    return undefined
  }

  /** Asks the cluster what it would say, before anything is changed: one bad object does not leave the others half done. */
  async #tryAll(comingNamespace: string | undefined): Promise<void> {
    const { request, prepared } = this.#pass
    const wanted = this.#tasks.filter((task) => task.desired !== undefined)
    const comingNamespaces = new Set(wanted.filter((task) => task.key.kind === 'Namespace').map((task) => task.key.name))
    if (comingNamespace !== undefined) comingNamespaces.add(comingNamespace)
    const coming = new Set(wanted.flatMap((task) => (task.desired ? definedKind(task.desired) : undefined) ?? []))
    const candidates: (SyncTask & { type: ResourceType; desired: KubeObject })[] = []
    for (const task of wanted) {
      if (task.type === undefined) {
        const optional =
          coming.has(`${task.key.group}/${task.key.kind}`) ||
          request.options.skipDryRunOnMissingResource ||
          task.directives.skipDryRunOnMissingResource
        if (!optional)
          this.#results.set(task, { status: 'SyncFailed', message: explainUnserved(prepared.catalogue, task.desired!) })
        continue
      }
      const problem = prepared.problems.find((one) => one.reason === 'namespace-not-managed' && one.identity === task.identity)
      if (problem) {
        this.#results.set(task, { status: 'SyncFailed', message: problem.message })
        continue
      }
      if (task.hook || this.#inSync(task)) continue
      const namespaceComes =
        comingNamespaces.has(task.key.namespace) && findLive(prepared, `/Namespace//${task.key.namespace}`) === undefined
      if (!namespaceComes) candidates.push(task as SyncTask & { type: ResourceType; desired: KubeObject })
      else if (request.dryRun)
        this.#results.set(task, {
          status: 'Synced',
          message: `${labelOf(task.desired!)} created with its namespace (dry run)`,
          hookPhase: 'Succeeded',
        })
    }
    // One object alone is all or nothing anyway.
    if (candidates.length > 1 || request.dryRun) {
      await all(
        candidates.map(async (task) => {
          const applied = await this.#apply(task, task.type, task.desired, true)
          // What would be recreated by force cannot be tried.
          if (applied.kind === 'failed' && (request.options.force || task.directives.force)) return
          if (applied.kind === 'failed') this.#results.set(task, { status: 'SyncFailed', message: applied.message })
          else if (request.dryRun) this.#results.set(task, { status: 'Synced', message: applied.message, hookPhase: 'Succeeded' })
        }),
      )
    }
    const failed = this.#tasks.filter((task) => this.#results.failed(task)).map((task) => this.#results.get(task)!)
    if (failed.length > 0) throw new Failure(failureMessage('one or more objects failed to apply (dry run)', failed))
    if (!request.dryRun) return
    for (const task of this.#tasks) {
      if (task.prune) this.#results.set(task, this.#pruneRefusal(task.prune) ?? { status: 'Pruned', message: 'pruned (dry run)' })
    }
  }

  #apply(task: SyncTask, type: ResourceType, desired: KubeObject, dryRun: boolean) {
    const { view, request, prepared } = this.#pass
    return applyObject(view, type, desired, task.entry, {
      directives: task.directives,
      dryRun,
      replace: request.options.replace,
      force: request.options.force,
      serverSideApply: request.options.serverSideApply,
      respectIgnoreDifferences: request.options.respectIgnoreDifferences,
      existed: findLive(prepared, task.identity) !== undefined,
    })
  }

  /** Learns how what is under way stands. */
  async #observe(tasks: readonly SyncTask[]): Promise<void> {
    const { prepared } = this.#pass
    for (const task of tasks) {
      if (!this.#results.running(task)) continue
      const result = this.#results.get(task)!
      const live = findLive(prepared, task.identity)
      if (task.hook) {
        const status = live?.health?.status
        const message = live?.health?.message ?? result.message
        if (live === undefined)
          this.#results.set(task, { status: '', message: 'the hook was deleted before its end was seen', hookPhase: 'Error' })
        else if (live.health === undefined || status === 'Healthy')
          this.#results.set(task, { status: 'Synced', message, hookPhase: 'Succeeded' })
        else if (status === 'Degraded' || status === 'Unknown')
          this.#results.set(task, { status: 'Synced', message, hookPhase: 'Failed' })
        await this.#removeFinishedHook(task)
      } else if (live !== undefined) {
        if (live.health === undefined || live.health.status === 'Healthy')
          this.#results.set(task, { ...result, hookPhase: 'Succeeded' })
        else if (live.health.status === 'Degraded' && this.#multiStep)
          this.#results.set(task, { status: result.status, message: live.health.message ?? result.message, hookPhase: 'Failed' })
      }
    }
  }

  async #removeFinishedHook(task: SyncTask): Promise<void> {
    const phase = this.#results.get(task)?.hookPhase
    const policies = task.directives.hook?.deletePolicies ?? []
    const remove =
      (phase === 'Succeeded' && policies.includes('HookSucceeded')) || (phase === 'Failed' && policies.includes('HookFailed'))
    if (remove && task.type) await this.#delete(task.type, task.key.namespace, task.key.name, undefined)
  }

  async #afterFailure(failed: readonly SyncTask[]): Promise<SyncOutcome> {
    const message = failureMessage(
      failed.some((task) => this.#results.get(task)?.status === 'SyncFailed')
        ? 'one or more objects failed to apply'
        : 'one or more synchronization tasks completed unsuccessfully',
      failed.map((task) => this.#results.get(task)!),
    )
    const hooks = this.#tasks.filter((task) => task.phase === 'SyncFail')
    await this.#observe(hooks)
    const pending = hooks.filter((task) => this.#results.get(task) === undefined)
    if (pending.length > 0) {
      await this.#runStep(pending)
      await this.#observe(hooks)
    }
    const running = hooks.filter((task) => this.#results.running(task))
    return running.length > 0
      ? this.#outcome('Running', `${message} (${waitingMessage(running)})`)
      : this.#outcome('Failed', message)
  }

  /** Everything of one phase and wave: what goes, then what comes, kind by kind, those of one kind together. */
  async #runStep(step: readonly SyncTask[]): Promise<void> {
    await all(step.filter((task) => task.prune).map((task) => this.#prune(task)))
    const coming = step.filter((task) => task.desired !== undefined)
    while (coming.length > 0) {
      const rank = rankOf(coming[0]!)
      const count = coming.findIndex((task) => rankOf(task) !== rank)
      const group = coming.splice(0, count < 0 ? coming.length : count)
      await all(group.map((task) => this.#applyTask(task)))
      if (group.some((task) => this.#results.failed(task))) return
      if (group.some((task) => task.key.kind === 'CustomResourceDefinition')) await this.#pass.view.refreshCatalogue()
    }
  }

  async #applyTask(task: SyncTask): Promise<void> {
    const desired = task.desired!
    if (this.#inSync(task)) {
      this.#results.set(task, {
        status: 'Synced',
        message: `${labelOf(desired)} unchanged`,
        hookPhase: this.#multiStep ? 'Running' : 'Succeeded',
      })
      return
    }
    const type = task.type ?? (await this.#awaitDefinition(task, desired))
    if (type === undefined) return
    if (task.hook) await this.#clearHook(task, type)
    const applied = await this.#apply(task, type, desired, false)
    if (applied.kind === 'replacing') throw new NotYet(applied.message, this.#pass.clock.now() + retryMs)
    if (applied.kind === 'failed') {
      this.#results.set(task, {
        status: 'SyncFailed',
        message: applied.message,
        ...(task.hook ? { hookPhase: 'Failed' as const } : {}),
      })
      return
    }
    this.#pass.view.watch(type).observe(applied.object, ownerOf(this.#pass.delivery))
    this.#results.set(task, {
      status: 'Synced',
      message: applied.message,
      hookPhase: task.hook || this.#multiStep ? 'Running' : 'Succeeded',
    })
  }

  /** The kind of an object whose definition was applied in this sync: served a moment later. */
  async #awaitDefinition(task: SyncTask, desired: KubeObject): Promise<ResourceType | undefined> {
    const { view, memo, clock } = this.#pass
    const catalogue = await view.catalogue((known) => known.forKind(desired.apiVersion, desired.kind) === undefined)
    const type = catalogue.forKind(desired.apiVersion, desired.kind)
    if (type !== undefined) {
      const message = this.#pass.delivery.refusal?.(task.key, type.namespaced)
      if (message === undefined) return type
      this.#results.set(task, { status: 'SyncFailed', message })
      return undefined
    }
    memo.definitionsSince ??= clock.now()
    if (clock.now() - memo.definitionsSince < definitionsWaitMs) {
      await view.refreshCatalogue()
      throw new NotYet(`waiting for the cluster to serve ${desired.apiVersion} ${desired.kind}`, clock.now() + retryMs)
    }
    this.#results.set(task, { status: 'SyncFailed', message: explainUnserved(catalogue, desired) })
    return undefined
  }

  /** A hook that is left from an earlier sync goes before it is made again. */
  async #clearHook(task: SyncTask, type: ResourceType): Promise<void> {
    if (!task.directives.hook?.deletePolicies.includes('BeforeHookCreation')) return
    const live = await this.#read(type, task.key.namespace, task.key.name)
    if (live === undefined) return
    await this.#delete(type, task.key.namespace, task.key.name, live.metadata.uid)
    if ((await this.#read(type, task.key.namespace, task.key.name)) !== undefined)
      throw new NotYet(`waiting for deletion of hook ${task.key.kind}/${task.key.name}`, this.#pass.clock.now() + retryMs)
  }

  #pruneRefusal(live: LiveObject): { status: 'PruneSkipped'; message: string } | undefined {
    const skipped = (message: string) => ({ status: 'PruneSkipped' as const, message })
    if (!this.#pass.request.prune) return skipped('ignored (requires pruning)')
    if (live.prune === 'no') return skipped('ignored (no prune)')
    if (live.prune === 'confirm')
      return skipped(`ignored (requires pruning confirmation: ${this.#pass.view.directives.howToApprove.one})`)
    return undefined
  }

  async #prune(task: SyncTask): Promise<void> {
    const { view, delivery, request } = this.#pass
    const refusal = this.#pruneRefusal(task.prune!)
    if (refusal) {
      this.#results.set(task, refusal)
      return
    }
    const type = task.type!
    // The last look before something is destroyed is at the object itself.
    const live = await this.#read(type, task.key.namespace, task.key.name)
    if (live === undefined) view.watch(type).observeGone(task.key.namespace, task.key.name)
    else {
      const record = liveObjectOf(live, view.directives, [delivery.tracking.annotation])
      if (!isSelfMarked(record, delivery.tracking)) {
        this.#results.set(task, { status: 'PruneSkipped', message: 'ignored (no longer tracked)' })
        return
      }
      const change = this.#pruneRefusal(record)
      if (change) {
        this.#results.set(task, change)
        return
      }
      try {
        await this.#delete(type, task.key.namespace, task.key.name, live.metadata.uid, request.options.prunePropagation)
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        this.#results.set(task, { status: 'SyncFailed', message: messageOf(error) })
        return
      }
    }
    this.#results.set(task, { status: 'Pruned', message: 'pruned' })
  }

  #read(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined> {
    const { view } = this.#pass
    return view
      .request((signal) => view.client.get({ type, name, ...(namespace === '' ? {} : { namespace }) }, { signal }))
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
  }

  async #delete(
    type: ResourceType,
    namespace: string,
    name: string,
    uid: string | undefined,
    propagation: SyncRequest['options']['prunePropagation'] = 'background',
  ): Promise<void> {
    const { view } = this.#pass
    const propagationPolicy = propagation === 'foreground' ? 'Foreground' : propagation === 'orphan' ? 'Orphan' : 'Background'
    await view
      .request((signal) =>
        view.client.delete(
          { type, name, ...(namespace === '' ? {} : { namespace }) },
          { propagationPolicy, ...(uid ? { preconditions: { uid } } : {}), signal },
        ),
      )
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
  }
}

/** Waits for all of them before the first failure is thrown: nothing goes on behind the back of a pass that has ended. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === 'rejected') throw outcome.reason
}

/** The sync has failed as a whole. */
class Failure extends Error {}

function groupPart(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

function rankOf(task: SyncTask): string {
  const first = task.key.kind === 'Namespace' && task.key.group === '' ? 0 : task.key.kind === 'CustomResourceDefinition' ? 1 : 2
  return `${first}/${first < 2 ? 0 : kindRank(task.key.kind)}`
}

function definedKind(object: KubeObject): string | undefined {
  if (object.kind !== 'CustomResourceDefinition') return undefined
  const spec = object.spec as { group?: string; names?: { kind?: string } } | undefined
  return `${spec?.group ?? ''}/${spec?.names?.kind ?? ''}`
}

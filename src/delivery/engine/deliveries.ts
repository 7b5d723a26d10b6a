import type { Clock } from '../../base/clock.js'
import { CodedError, messageOf, Waiting } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import { apiVersionOf, groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import { isNotFound } from '../../kube/object/status-error.js'
import type { SchemaCatalogue } from '../../kube/schema/schema-node.js'
import type { Deliveries, Delivery, ObjectDiff, SyncOutcome, Tracking } from '../delivery.js'
import type { Directives } from '../directives.js'
import { applyObject } from './apply-object.js'
import { ClusterView } from './cluster-view.js'
import type { DeliveryClusters } from './clusters.js'
import { decideComparison, extrasOf, unknownComparison } from './compare.js'
import type { DesiredEntry } from './desired-entry.js'
import { findLive, lookUp } from './find-live.js'
import type { LiveKind } from './live-kind.js'
import { maskSecrets, presentable } from './object-diff.js'
import { identityOf, objectKeyOf } from './object-identity.js'
import { type Prepared, prepareDelivery, requireComplete } from './prepare.js'
import { runSyncPass, type SyncMemo } from './sync-pass.js'
import { withdrawFrom } from './withdraw.js'

export interface DeliveriesOptions {
  readonly inventory: DeliveryClusters
  /** Reads what objects ask of the engine. */
  readonly directives: Directives
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Schemas of the built-in kinds; custom resources compare without. */
  readonly schemas: SchemaCatalogue
  /** Requests to one cluster at a time (default 16), and how long each may take (default 30 s). */
  readonly clusterConcurrency?: number
  readonly requestTimeoutMs?: number
  /** How long a first look at a cluster is waited for before it counts as unknown (default 10 s). */
  readonly firstLookMs?: number
  /** Pause between the steps of a sync (default 2 s, as upstream). */
  readonly waveDelayMs?: number
}

/** How often watches that nobody needs any more are looked for. */
const tidyMs = 600_000

/** The delivery engine over the clusters of an inventory. */
export function createDeliveries(options: DeliveriesOptions): Deliveries & { close(): void } {
  const { inventory, directives, clock, random, log, schemas } = options
  const firstLookMs = options.firstLookMs ?? 10_000
  const views = new Map<string, ClusterView>()
  const prepared = new Map<string, { view: ClusterView; value: Prepared }>()
  const preparing = new Map<string, Promise<unknown>>()
  const trackings = new Map<string, Tracking>()
  const memos = new WeakMap<object, SyncMemo>()
  const listeners = new Set<(change: { cluster: string; owner: string | undefined }) => void>()

  const tell = (cluster: string, owner: string | undefined) => {
    for (const listener of listeners) listener({ cluster, owner })
  }

  const endView = (name: string) => {
    const view = views.get(name)
    if (view === undefined) return
    views.delete(name)
    view.end()
    for (const [id, entry] of prepared) if (entry.view === view) prepared.delete(id)
  }

  const stop = inventory.onChange(({ name, what }) => {
    if (what === 'left' || what === 'changed') endView(name)
    else if (what === 'health' && inventory.state(name).health === 'Healthy') views.get(name)?.recover()
    tell(name, undefined)
  })

  /** Why nothing can be said of a cluster now. */
  function whyUnknown(name: string): { reason: string; message: string } | undefined {
    if (inventory.find({ name }) === undefined)
      return { reason: 'cluster-missing', message: `there is no cluster ${name} in the fleet` }
    const state = inventory.state(name)
    if (state.health === 'Healthy') return undefined
    return {
      reason: 'cluster-unknown',
      message: `cluster ${name} is ${state.health.toLowerCase()}: ${state.message || state.reason}`,
    }
  }

  function viewOf(name: string, tracking: Tracking): ClusterView {
    const why = whyUnknown(name)
    if (why) throw new Waiting({ code: why.reason, message: why.message })
    if (!trackings.has(tracking.annotation)) {
      trackings.set(tracking.annotation, tracking)
      for (const known of [...views.keys()]) endView(known)
    }
    const known = views.get(name)
    if (known) return known
    const cluster = inventory.find({ name })!
    const view = new ClusterView({
      cluster,
      client: inventory.client(name),
      clock,
      random,
      log,
      directives,
      trackings,
      concurrency: options.clusterConcurrency ?? 16,
      requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
      unanswered: () => inventory.suspect?.(name),
      changed: (owner) => tell(name, owner),
    })
    views.set(name, view)
    return view
  }

  /** Now and then, so that an object that comes and goes does not make its kind be read again and again. */
  let cancelTidy = clock.after(tidyMs, tidy)
  function tidy(): void {
    const used = new Set<LiveKind>()
    for (const { value } of prepared.values()) for (const kind of value.kinds) used.add(kind)
    // A delivery that is being prepared has kinds that nobody knows of yet.
    if (preparing.size === 0) for (const view of views.values()) view.keepOnly(used)
    cancelTidy = clock.after(tidyMs, tidy)
  }

  function forget(id: string): void {
    const known = prepared.get(id)
    if (known === undefined) return
    for (const entry of known.value.entries) known.view.removeDesired(entry)
    prepared.delete(id)
  }

  /** One preparation of a delivery at a time: two would register its objects twice. */
  async function prepare(view: ClusterView, delivery: Delivery): Promise<Prepared> {
    for (let before = preparing.get(delivery.id); before; before = preparing.get(delivery.id)) await before.catch(() => {})
    const run = (async () => {
      const known = prepared.get(delivery.id)
      // It has moved to another cluster, or its cluster was defined anew.
      if (known && known.view !== view) forget(delivery.id)
      const value = await prepareDelivery(view, delivery, known?.view === view ? known.value : undefined, schemas)
      if (views.get(delivery.cluster) === view) prepared.set(delivery.id, { view, value })
      return value
    })()
    preparing.set(delivery.id, run)
    try {
      return await run
    } finally {
      if (preparing.get(delivery.id) === run) preparing.delete(delivery.id)
    }
  }

  /** Reads the objects that are there and of which no verdict is at hand. */
  async function judgeMissing(view: ClusterView, ready: Prepared): Promise<void> {
    const missing = ready.entries.filter((entry) => {
      const live = lookUp(ready, entry.identity)
      return live !== undefined && (live === 'unjudged' || entry.verdict?.version !== live.version)
    })
    await Promise.all(missing.map((entry) => readEntry(view, ready, entry)))
  }

  /** What the live object would be after a sync, as the cluster itself says; what is applied, when it refuses to say. */
  async function predict(view: ClusterView, ready: Prepared, entry: DesiredEntry): Promise<KubeObject> {
    const type = ready.types.get(entry.identity)
    if (type === undefined) return entry.marked
    const applied = await applyObject(view, type, entry.marked, entry, {
      directives: entry.directives,
      dryRun: true,
      replace: false,
      force: false,
      serverSideApply: true,
      // What is ignored is no difference to show.
      respectIgnoreDifferences: true,
      existed: true,
    })
    return applied.kind === 'applied' ? applied.object : entry.marked
  }

  async function readEntry(view: ClusterView, ready: Prepared, entry: DesiredEntry): Promise<KubeObject | undefined> {
    const type = ready.types.get(entry.identity)
    if (type === undefined) return undefined
    const { name, namespace } = entry.object.metadata
    try {
      const object = await view.request((signal) =>
        view.client.get({ type, name, ...(namespace ? { namespace } : {}) }, { signal }),
      )
      view.watch(type).observe(object, entry.owner)
      return object
    } catch (error) {
      if (!isNotFound(error)) throw error
      view.watch(type).observeGone(namespace ?? '', name)
      return undefined
    }
  }

  return {
    async compare(delivery, signal) {
      try {
        const view = viewOf(delivery.cluster, delivery.tracking)
        const ready = await prepare(view, delivery)
        if (!(await view.synced(ready.kinds, firstLookMs))) {
          return unknownComparison({
            reason: 'cluster-not-read',
            message: `the state of cluster ${view.name} is still being read`,
          })
        }
        await judgeMissing(view, ready)
        return decideComparison(ready, (identity) => findLive(ready, identity))
      } catch (error) {
        signal?.throwIfAborted()
        const known = error instanceof Waiting || (error instanceof CodedError && error.code === 'cluster-unreachable')
        if (known) return unknownComparison({ reason: (error as CodedError).code, message: messageOf(error) })
        throw error
      }
    },

    async sync(delivery, request, run): Promise<SyncOutcome> {
      const view = viewOf(delivery.cluster, delivery.tracking)
      const ready = await prepare(view, delivery)
      await requireComplete(view, ready, firstLookMs)
      await judgeMissing(view, ready)
      let memo = memos.get(run)
      if (memo === undefined) {
        // Results from before this process: what was checked then is not checked again.
        memo = { checked: run.results.length > 0, stepAt: undefined, definitionsSince: undefined }
        memos.set(run, memo)
      }
      return runSyncPass({
        view,
        prepared: ready,
        delivery,
        request,
        run,
        memo,
        clock,
        waveDelayMs: options.waveDelayMs ?? 2_000,
      })
    },

    async withdraw(target, { propagation }) {
      const view = viewOf(target.cluster, target.tracking)
      const known = prepared.get(target.id)?.value.kinds.map((kind) => kind.type) ?? []
      const done = await withdrawFrom(view, target, known, propagation)
      if (done) forget(target.id)
      return done
    },

    async abandon(target, results) {
      const view = viewOf(target.cluster, target.tracking)
      const catalogue = await view.catalogue()
      const running = results.filter((result) => result.hookType !== undefined && result.hookPhase === 'Running')
      await Promise.all(
        running.map(async ({ group, version, kind, namespace, name }) => {
          const type = catalogue.forKind(apiVersionOf(group, version), kind)
          if (type === undefined) return
          await view
            .request((signal) =>
              view.client.delete(
                { type, name, ...(namespace ? { namespace } : {}) },
                { propagationPolicy: 'Background', signal },
              ),
            )
            .catch((error: unknown) => {
              if (!isNotFound(error)) throw error
            })
        }),
      )
    },

    async diff(delivery) {
      const view = viewOf(delivery.cluster, delivery.tracking)
      const ready = await prepare(view, delivery)
      await requireComplete(view, ready, firstLookMs)
      const found = await Promise.all(
        ready.entries.map(async (entry): Promise<ObjectDiff> => {
          const live = await readEntry(view, ready, entry)
          const change = live === undefined ? 'add' : entry.verdict?.inSync ? 'same' : 'change'
          const after = change === 'change' ? await predict(view, ready, entry) : entry.marked
          const [desired, shown] = maskSecrets(presentable(after), live && presentable(live))
          return { ...objectKeyOf(entry.object), change, desired, live: shown }
        }),
      )
      const gone = await Promise.all(
        extrasOf(ready).map(async (extra): Promise<ObjectDiff | undefined> => {
          // What goes already, or may stay: a sync does nothing about it.
          if (extra.deleting || extra.ignoreExtraneous) return undefined
          const kind = ready.kinds.find((one) => one.type.group === groupOf(extra.apiVersion) && one.type.kind === extra.kind)
          if (kind === undefined) return undefined
          const where = { type: kind.type, name: extra.name, ...(extra.namespace === '' ? {} : { namespace: extra.namespace }) }
          const live = await view
            .request((signal) => view.client.get(where, { signal }))
            .catch((error: unknown) => {
              if (isNotFound(error)) return undefined
              throw error
            })
          return (
            live && {
              ...objectKeyOf(live),
              change: 'remove',
              desired: undefined,
              live: maskSecrets(undefined, presentable(live))[1],
            }
          )
        }),
      )
      return [...found, ...gone.flatMap((one) => one ?? [])].sort((a, b) => (identityOf(a) < identityOf(b) ? -1 : 1))
    },

    forget,

    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    close() {
      stop()
      cancelTidy()
      for (const name of [...views.keys()]) endView(name)
      listeners.clear()
    },
  }
}

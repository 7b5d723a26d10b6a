import { type Clock, formatMicroTime } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Inventory } from '../../inventory/cluster.js'
import { hasReason, isAlreadyExists, isNotFound } from '../../kube/object/status-error.js'
import type { CreatedCatalogue } from '../catalogue/create-catalogue.js'
import type { SliceSource } from '../catalogue/source-of-slice.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import {
  isExpired,
  type Lease,
  leaseName,
  leaseNamespace,
  leaseSelector,
  leaseType,
  newLease,
  readLease,
} from './source-lease.js'

export interface KeepLeasesOptions {
  readonly catalogue: Pick<CreatedCatalogue, 'facts' | 'isUnread'>
  readonly inventory: Inventory
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** The lease of a source in a consumer has expired, or is renewed after it had. Must only enqueue. */
  readonly onTurn: (consumer: string, source: string) => void
}

export interface Leases {
  /** The source's lease in the consumer has expired. Without a lease nothing is known: false. */
  isExpired(consumer: string, source: string): boolean
  /** When the source was last known to be alive there, of a lease that has expired (epoch ms). */
  expiredSince(consumer: string, source: string): number | undefined
  /** Writes since the start. */
  readonly writes: number
}

interface Held {
  readonly source: SliceSource
  /** Undefined: there is none yet. */
  renewedMs: number | undefined
  durationMs: number
  /** What was told of it last. */
  told: 'expired' | 'renewed' | undefined
  /** Since when no slice of the source is left. */
  unusedMs: number | undefined
}

interface Consumer {
  lifetime: AbortSignal | undefined
  /** By the source's id; undefined: the leases have not been read with the present client. */
  held: Map<string, Held> | undefined
  busy: boolean
  refused: boolean
}

const firstMs = 1_000
const sweepMs = 5_000
/** A hub that starts has read within this time whoever can be read. */
const readingMs = 15_000
const shortestMs = 60_000
/** Of all leases in all consumers together. */
const renewalsPerSecond = 50
/** Leases that one sweep looks at. */
const mostPerSweep = 50_000
const fieldManager = 'flotilla-services'

/**
 * Renews, in each cluster that was given slices, one Lease for each cluster that they came from, while that one is read. One
 * sweep serves all; a lease is renewed after a third of its time, and its time grows with the number of leases, so that the
 * writes of a large fleet stay few. Leases of a hub that has ended are found again.
 */
export function keepLeases(options: KeepLeasesOptions): Leases {
  const { catalogue, inventory, clock, log, signal } = options
  const consumers = new Map<string, Consumer>()
  const startedMs = clock.now()
  let writes = 0
  let durationMs = shortestMs
  let cancel = () => {}
  /** Whose turn it is: in a very large fleet, sweeps share the clusters. */
  let next = 0

  function sweep(): void {
    if (signal.aborted) return
    cancel = clock.after(sweepMs, sweep)
    const views = catalogue.facts.clusters
    for (const name of consumers.keys()) if (catalogue.facts.cluster(name) === undefined) consumers.delete(name)
    let pairs = 0
    for (const view of views) pairs += view.sources.length
    durationMs = Math.max(shortestMs, Math.ceil((3 * pairs) / renewalsPerSecond) * 1000)
    const budget = { left: (renewalsPerSecond * sweepMs) / 1000 }
    let looked = 0
    for (let count = 0; count < views.length && looked < mostPerSweep; count++) {
      const view = views[next++ % views.length]!
      looked += view.sources.length
      let consumer = consumers.get(view.name)
      if (consumer === undefined) {
        if (view.sources.length === 0) continue
        consumer = { lifetime: undefined, held: undefined, busy: false, refused: false }
        consumers.set(view.name, consumer)
      }
      tell(view.name, consumer)
      if (consumer.busy || view.reach !== 'reachable') continue
      consumer.busy = true
      const known = consumer
      void keep(view.name, known, budget)
        .catch((error: unknown) => fail(view.name, known, error))
        .finally(() => {
          known.busy = false
        })
    }
  }

  function fail(name: string, consumer: Consumer, error: unknown): void {
    if (signal.aborted || consumer.lifetime?.aborted) return
    consumer.held = undefined
    const fields = { cluster: name, error: messageOf(error) }
    if (hasReason(error, 'Forbidden')) {
      consumer.refused = true
      log.warn('leases of source clusters cannot be kept in a cluster', fields)
    } else log.debug('leases of source clusters cannot be kept in a cluster now', fields)
  }

  async function keep(name: string, consumer: Consumer, budget: { left: number }): Promise<void> {
    const lifetime = inventory.lifetime?.(name) ?? signal
    if (consumer.lifetime !== lifetime) {
      consumer.lifetime = lifetime
      consumer.held = undefined
      consumer.refused = false
    }
    const view = catalogue.facts.cluster(name)
    if (consumer.refused || view === undefined) return
    const client = inventory.client(name)
    const held = (consumer.held ??= await read())
    const used = new Set<string>()
    for (const source of view.sources) {
      used.add(source.id)
      const known = held.get(source.id)
      if (known === undefined || known.source.name !== source.name)
        held.set(source.id, { source, renewedMs: undefined, durationMs, told: 'renewed', unusedMs: undefined })
    }
    const due = [...held.values()]
      .filter(({ source, renewedMs }) => {
        const renewEvery = durationMs / 3
        return used.has(source.id) && isAlive(source.name) && clock.now() - (renewedMs ?? 0) >= renewEvery
      })
      .sort((a, b) => (a.renewedMs ?? 0) - (b.renewedMs ?? 0))
    for (const each of due) {
      if (budget.left-- <= 0) break
      await renew(each)
      if (each.told !== 'renewed') {
        each.told = 'renewed'
        options.onTurn(name, each.source.name)
      }
    }
    tell(name, consumer)
    for (const [id, each] of held) {
      if (used.has(id)) each.unusedMs = undefined
      else if (clock.now() - (each.unusedMs ??= clock.now()) > each.durationMs) {
        await client
          .delete({ type: leaseType, namespace: leaseNamespace, name: leaseName(each.source) }, { signal: lifetime })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error
          })
        writes++
        held.delete(id)
      }
    }

    async function read(): Promise<Map<string, Held>> {
      const selection = { namespace: leaseNamespace, labelSelector: leaseSelector, signal: lifetime }
      const { items } = await client.list<Lease>(leaseType, selection)
      return new Map(
        items.flatMap((lease) => {
          const found = readLease(lease, clock.now())
          return found === undefined ? [] : [[found.source.id, { ...found, told: undefined, unusedMs: undefined }]]
        }),
      )
    }

    async function renew(each: Held): Promise<void> {
      const now = clock.now()
      const { source } = each
      const lease = newLease(source, durationMs, now)
      const write = { fieldManager, signal: lifetime }
      const spec = { ...lease.spec, renewTime: formatMicroTime(now) }
      const { acquireTime: _, ...renewal } = spec
      const target = { type: leaseType, namespace: leaseNamespace, name: leaseName(source) }
      const { labels, annotations = { [multiClusterNames.sourceNameAnnotation]: null } } = lease.metadata
      const body = { metadata: { labels, annotations }, spec: renewal }
      const patch = () => client.patch(target, { kind: 'merge', body }, write)
      writes++
      // The id may have been that of a cluster of another name, whose lease is there still.
      if (each.renewedMs === undefined)
        await client.create(leaseType, lease, write).catch(async (error: unknown) => {
          if (!isAlreadyExists(error)) throw error
          await patch()
        })
      else
        await patch().catch(async (error: unknown) => {
          if (!isNotFound(error)) throw error
          await client.create(leaseType, lease, write)
        })
      each.renewedMs = now
      each.durationMs = durationMs
    }
  }

  /** Its watches are open, and everything in it has been worked in. */
  function isAlive(source: string): boolean {
    return catalogue.facts.cluster(source)?.reach === 'reachable' && !catalogue.isUnread(source)
  }

  function tell(name: string, { held }: Consumer): void {
    for (const each of held?.values() ?? []) {
      if (each.told === 'expired' || !isOver(each)) continue
      each.told = 'expired'
      options.onTurn(name, each.source.name)
    }
  }

  /** A hub that was away finds every lease expired: a source that answers, or may still, is not held to that. */
  function isOver({ source, renewedMs, durationMs: own }: Held): boolean {
    if (renewedMs === undefined || !isExpired({ source, renewedMs, durationMs: own }, clock.now())) return false
    if (isAlive(source.name)) return false
    const { health } = inventory.state(source.name)
    return health === 'Unknown' || health === 'Degraded' || clock.now() - startedMs > readingMs
  }

  function expiredSince(consumer: string, source: string): number | undefined {
    for (const each of consumers.get(consumer)?.held?.values() ?? [])
      if (each.source.name === source && isOver(each)) return each.renewedMs
    return undefined
  }

  cancel = clock.after(firstMs, sweep)
  signal.addEventListener('abort', () => cancel(), { once: true })
  return {
    isExpired: (consumer, source) => expiredSince(consumer, source) !== undefined,
    expiredSince,
    get writes() {
      return writes
    },
  }
}

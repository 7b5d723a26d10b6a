import { type Clock, formatTime } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import { createEventRecorder, type EventRecorder } from '../../controller/event-recorder.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { CacheChange } from '../../kube/informer/cache.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isAlreadyExists, isConflict } from '../../kube/object/status-error.js'
import { WorkQueue } from '../../kube/queue/work-queue.js'
import { type ClusterView, isWrittenSlice, serviceOfSlice } from '../catalogue/cluster-view.js'
import type { CreatedCatalogue } from '../catalogue/create-catalogue.js'
import { sourceOf } from '../catalogue/source-of-slice.js'
import { keepLeases } from '../leases/keep-leases.js'
import { endpointSliceType, namespaceType, serviceType } from '../model/kube-kinds.js'
import { serviceExportType, serviceImportType } from '../model/multi-cluster-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import { hubAsMember } from '../model/planned-write.js'
import { parseServiceKey, serviceKey } from '../model/service-name.js'
import { MemberWriter } from './member-writer.js'
import { writeClusterset } from './write-clusterset.js'
import { type ExportProblems, writeExport } from './write-export.js'
import { writeSameName } from './write-same-name.js'
import { WrittenObjects } from './written-objects.js'

export interface MemberServicesOptions {
  readonly catalogue: CreatedCatalogue
  readonly inventory: Inventory
  readonly problemsOf: ExportProblems
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** Keeps leases for source clusters in the clusters that import from them. */
  readonly leases?: boolean
}

export interface MemberServices {
  /** Writes to members since the start. */
  readonly writes: number
  /** Renewals of leases since the start. */
  readonly leaseWrites: number
  /** Nothing is to be done for any member that can be reached. */
  readonly idle: boolean
}

/** A cluster that has not been read by this process, and does not answer for longer, is waited for no more. */
const awayMs = 5000
/**
 * On the hub people write ServiceImports beside what they federate, in one file: what is on its way comes first. It is worked on at
 * once when it is there.
 */
const hubPauseMs = 1000
/** Services that are worked on in one cluster at a time. */
const handsPerCluster = 8
const component = 'flotilla-services'

interface Output {
  readonly name: string
  readonly queue: WorkQueue
  readonly written: WrittenObjects
  /** Ends with the client that wrote. */
  lifetime: AbortSignal | undefined
  events: EventRecorder | undefined
  /** Waits until the cluster can be reached. */
  readonly waiting: Set<string>
}

/**
 * Carries the catalogue out on the members: ServiceImports, Services behind them, slices, and the conditions of exports. Each
 * cluster has a queue of its own, so that one that does not answer holds up nobody.
 */
export function startMemberServices(options: MemberServicesOptions): MemberServices {
  const { catalogue, inventory, clock, random, log, signal } = options
  const outputs = new Map<string, Output>()
  /** Services that the catalogue had; those that are gone have to be looked at once more. */
  let known = new Set<string>()
  /** Work that waits for a cluster to be read for the first time. */
  const hanging = new Map<string, Map<string, Output>>()
  let writes = 0
  const nowText = () => formatTime(clock.now())

  const outputOf = (name: string): Output => {
    let output = outputs.get(name)
    if (output !== undefined) return output
    const queue: WorkQueue = new WorkQueue({
      clock,
      random,
      backoff: { baseMs: 200, maxMs: 30_000 },
      onReady: () => queueMicrotask(() => pump(name)),
    })
    output = { name, queue, written: new WrittenObjects(), lifetime: undefined, events: undefined, waiting: new Set() }
    outputs.set(name, output)
    return output
  }

  function pump(name: string): void {
    const output = outputs.get(name)
    while (output !== undefined && !signal.aborted && output.queue.workingCount < handsPerCluster) {
      const key = output.queue.take()
      if (key === undefined) return
      void work(output, key)
        .then(
          () => output.queue.forget(key),
          (error: unknown) => fail(output, key, error),
        )
        .finally(() => {
          output.queue.done(key)
          pump(name)
        })
    }
  }

  function fail(output: Output, key: string, error: unknown): void {
    if (signal.aborted || output.lifetime?.aborted) {
      output.queue.addAfter(key, 200)
      return
    }
    // What was seen has changed meanwhile; the caches tell soon.
    const race = isConflict(error) || isAlreadyExists(error)
    const retryMs = output.queue.addFailed(key)
    const fields = { cluster: output.name, service: key, error: messageOf(error), retryMs }
    if (race) log.debug('a service changed while it was written', fields)
    else log.warn('cannot write a service to a cluster', fields)
  }

  async function work(output: Output, key: string): Promise<void> {
    const view = catalogue.facts.cluster(output.name)
    if (view === undefined) return
    if (view.reach !== 'reachable') {
      output.waiting.add(key)
      return
    }
    const lifetime = inventory.lifetime?.(output.name) ?? signal
    if (output.lifetime !== lifetime) {
      output.lifetime = lifetime
      output.written.forget()
      output.events = undefined
    }
    const client = inventory.client(output.name)
    const writer = new MemberWriter({ view, service: parseServiceKey(key), client, written: output.written, signal: lifetime })
    const warn = (object: KubeObject, reason: string, message: string) => {
      output.events ??= createEventRecorder({ hub: client, clock, random, log, signal: lifetime })
      output.events.record(object, component, 'Warning', reason, message)
    }
    const isUnread = (cluster: string) => {
      if (!catalogue.isUnread(cluster)) return false
      let waiting = hanging.get(cluster)
      if (waiting === undefined) hanging.set(cluster, (waiting = new Map()))
      waiting.set(`${output.name} ${key}`, output)
      return true
    }
    const expiredSince = (cluster: string) => leases?.expiredSince(output.name, cluster)
    const isAway = (cluster: string) => {
      if (expiredSince(cluster) !== undefined) return true
      const { health, since } = inventory.state(cluster)
      if (health !== 'Unknown') return false
      const left = since + awayMs - clock.now()
      if (left > 0) output.queue.addAfter(key, left)
      return left <= 0
    }
    try {
      await writeClusterset(writer, { catalogue, nowText, isUnread, isAway, expiredSince, warn })
      await writeExport(writer, { catalogue, nowText, isUnread, problemsOf: options.problemsOf })
      await writeSameName(writer, { catalogue, isUnread, isAway })
    } finally {
      writes += writer.writes
    }
  }

  function hear(cluster: ClusterView, type: ResourceType, change: CacheChange): void {
    const output = outputOf(cluster.name)
    if (!output.written.isNews(change)) return
    for (const key of keysOf(type, change)) output.queue.add(key)
    if (type.kind === namespaceType.kind) {
      for (const service of catalogue.inNamespace(change.object.metadata.name)) output.queue.add(serviceKey(service))
    }
  }

  function hearCluster(name: string, what: 'joined' | 'left' | 'facts' | 'reach'): void {
    if (what === 'left' || what === 'joined') {
      const waiting = hanging.get(name)
      hanging.delete(name)
      for (const [place, output] of waiting ?? []) output.queue.add(place.slice(output.name.length + 1))
    }
    if (what === 'left') {
      outputs.get(name)?.queue.close()
      outputs.delete(name)
      return
    }
    const view = catalogue.facts.cluster(name)
    if (view === undefined) return
    const output = outputOf(name)
    if (what === 'reach') {
      if (view.reach !== 'reachable') return
      for (const key of output.waiting) output.queue.add(key)
      output.waiting.clear()
      return
    }
    for (const key of leftIn(view)) output.queue.add(key)
    for (const service of catalogue.list()) output.queue.add(serviceKey(service.service))
  }

  /** Looks again at the services of which a cluster has endpoints of another. */
  function lookAgain(consumer: string, source: string): void {
    const view = catalogue.facts.cluster(consumer)
    if (view === undefined) return
    const { queue } = outputOf(consumer)
    for (const slice of view.objects(endpointSliceType))
      if (isWrittenSlice(slice) && sourceOf(slice) === source) for (const key of serviceOfSlice(slice)) queue.add(key)
  }

  const leases = options.leases ? keepLeases({ catalogue, inventory, clock, log, signal, onTurn: lookAgain }) : undefined
  const offs = [
    catalogue.onMember(hear),
    catalogue.onCluster(hearCluster),
    inventory.onChange(({ name, what }) => {
      if (what !== 'health') return
      for (const [place, output] of hanging.get(name) ?? []) output.queue.add(place.slice(output.name.length + 1))
    }),
    catalogue.onChange((changed) => {
      const keys = new Set(changed === 'all' ? known : changed.map(serviceKey))
      const present = new Set(catalogue.list().map(({ service }) => serviceKey(service)))
      if (changed === 'all') for (const key of present) keys.add(key)
      known = present
      for (const cluster of catalogue.facts.clusters) {
        const { queue } = outputOf(cluster.name)
        for (const key of keys) {
          if (cluster.name === hubAsMember) queue.addAfter(key, hubPauseMs)
          else queue.add(key)
        }
      }
    }),
  ]
  signal.addEventListener(
    'abort',
    () => {
      for (const off of offs) off()
      for (const output of outputs.values()) output.queue.close()
    },
    { once: true },
  )
  return {
    get writes() {
      return writes
    },
    get leaseWrites() {
      return leases?.writes ?? 0
    },
    get idle() {
      return [...outputs.values()].every(({ queue }) => queue.idle)
    },
  }
}

/** The services that an object of a member belongs to, as an output or as an export. */
function keysOf(type: ResourceType, { object }: CacheChange): string[] {
  const { namespace = '', name, labels } = object.metadata
  if (type.kind === serviceImportType.kind || type.kind === serviceExportType.kind) return [`${namespace}/${name}`]
  if (type.kind === endpointSliceType.kind) {
    return labels?.[multiClusterNames.managedByLabel] === multiClusterNames.sliceManager ? serviceOfSlice(object) : []
  }
  if (type.kind !== serviceType.kind) return []
  const derivedOf = labels?.[multiClusterNames.serviceNameLabel]
  return [`${namespace}/${derivedOf ?? name}`]
}

/** Services of which a cluster holds something: exports, imports, slices that were written by an earlier process. */
function leftIn(view: ClusterView): Set<string> {
  const keys = new Set<string>()
  for (const type of [serviceExportType, serviceImportType, endpointSliceType]) {
    for (const object of view.objects(type)) for (const key of keysOf(type, { type: 'ADDED', object })) keys.add(key)
  }
  return keys
}

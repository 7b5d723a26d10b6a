import type { Clock } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isConflict, isNotFound } from '../../kube/object/status-error.js'
import { serviceOfSlice } from '../catalogue/cluster-view.js'
import { sourceOf } from '../catalogue/source-of-slice.js'
import { standby } from '../members/standby.js'
import { type EndpointSlice, endpointSliceType } from '../model/kube-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import { isExpired, type Lease, leaseNamespace, leaseSelector, leaseType, readLease } from './source-lease.js'

export interface CheckLeasesOptions {
  readonly client: KubeClient
  /** The cluster's own name in the fleet: its own endpoints need no connection with anybody. */
  readonly cluster: string
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

const sweepMs = 10_000

/**
 * The in-cluster side of leases, for when the hub is away: slices of a source whose lease has expired stand by as long as the
 * service has endpoints of somebody else, the cluster itself or a source whose lease holds. Nothing is deleted, and the hub
 * puts slices back when it renews. It lists once in a while instead of watching: what it looks for happens rarely.
 */
export function checkLeases(options: CheckLeasesOptions): void {
  const { clock, log, signal } = options
  const turn = () => {
    if (signal.aborted) return
    sweep(options)
      .then((changed) => {
        if (changed > 0) log.warn('endpoints of clusters whose leases have expired stand by', { slices: changed })
      })
      .catch((error: unknown) => {
        if (!signal.aborted) log.warn('leases of source clusters cannot be checked', { error: messageOf(error) })
      })
      .finally(() => clock.after(sweepMs, turn))
  }
  turn()
}

async function sweep({ client, cluster, clock, signal }: CheckLeasesOptions): Promise<number> {
  const leases = await client.list<Lease>(leaseType, { namespace: leaseNamespace, labelSelector: leaseSelector, signal })
  const now = clock.now()
  const expired = new Set(
    leases.items.flatMap((item) => {
      const lease = readLease(item, now)
      return lease !== undefined && lease.source.name !== cluster && isExpired(lease, now) ? [lease.source.name] : []
    }),
  )
  if (expired.size === 0) return 0
  const labelSelector = `${multiClusterNames.managedByLabel}=${multiClusterNames.sliceManager}`
  const { items } = await client.list<EndpointSlice>(endpointSliceType, { labelSelector, signal })
  const byService = new Map<string, EndpointSlice[]>()
  for (const slice of items) for (const key of serviceOfSlice(slice)) byService.set(key, [...(byService.get(key) ?? []), slice])
  let changed = 0
  for (const slices of byService.values()) {
    if (!slices.some((slice) => !expired.has(sourceOf(slice)) && isUsed(slice))) continue
    for (const slice of slices) {
      const change = expired.has(sourceOf(slice)) ? standby(slice) : undefined
      if (change === undefined) continue
      const { name, namespace = '', resourceVersion } = slice.metadata
      const body = { ...change, metadata: { ...(change['metadata'] as object | undefined), resourceVersion } }
      await client
        .patch({ type: endpointSliceType, namespace, name }, { kind: 'merge', body }, { fieldManager: 'flotilla-leases', signal })
        .then(
          () => changed++,
          (error: unknown) => {
            if (!isConflict(error) && !isNotFound(error)) throw error
          },
        )
    }
  }
  return changed
}

/** Whether a slice has a ready endpoint and takes part in balancing now, or in the answers for a headless service. */
function isUsed({ metadata, endpoints }: EndpointSlice): boolean {
  const { kubeServiceLabel, headlessLabel } = multiClusterNames
  if (metadata.labels?.[kubeServiceLabel] === undefined && metadata.labels?.[headlessLabel] === undefined) return false
  return (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false)
}

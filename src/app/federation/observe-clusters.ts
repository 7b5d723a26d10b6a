import { type Clock, formatMicroTime, sleep } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import { probeCluster } from '../../inventory/probe.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { leaseType } from '../../services/leases/source-lease.js'
import { observedAnnotation, observesLabel } from './failover-view.js'

/** Between two looks; what is older than a minute does not count. */
const everyMs = 15_000

export interface ObserveOptions {
  readonly hub: KubeClient
  readonly namespace: string
  /** Who looks: part of the names of the Leases, and what people read. */
  readonly name: string
  /** Clusters by the names that the fleet has for them. */
  readonly clusters: ReadonlyMap<string, KubeClient>
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told of every look. */
  readonly saw: (cluster: string, up: boolean, message: string) => void
}

/** A second pair of eyes: looks at clusters from where it runs and tells the hub, until the signal aborts. */
export async function observeClusters({ hub, namespace, name, clusters, clock, signal, saw }: ObserveOptions): Promise<void> {
  while (!signal.aborted) {
    await Promise.all(
      [...clusters].map(async ([cluster, client]) => {
        const { answered, message } = await probeCluster(client, { clock, timeoutMs: 5000, signal })
        if (signal.aborted) return
        const lease = {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: {
            name: `flotilla-observer-${name}-${cluster}`,
            namespace,
            labels: { [observesLabel]: cluster },
            annotations: { [observedAnnotation]: answered ? 'up' : 'down' },
          },
          spec: { holderIdentity: name, leaseDurationSeconds: 60, renewTime: formatMicroTime(clock.now()) },
        }
        const target = { type: leaseType, namespace, name: lease.metadata.name }
        try {
          await hub.patch(
            target,
            { kind: 'apply', object: lease },
            { fieldManager: `flotilla-observer-${name}`, force: true, signal },
          )
          saw(cluster, answered, message)
        } catch (error) {
          if (!signal.aborted) saw(cluster, answered, `${message}; the hub was not told: ${messageOf(error)}`)
        }
      }),
    )
    await sleep(clock, everyMs, signal).catch(() => {})
  }
}

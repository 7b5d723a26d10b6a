import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { PreviousPlacement } from '../../placement/contract.js'
import { replicasOf } from '../../placement/replicas-of.js'
import type { Eviction, Federated } from '../contract.js'

/** The decision in force: as it is on record, and where copies truly are. What an autoscaler has set counts, not what is on record. */
export function completePrevious(
  federated: Federated,
  autoscaler: string | undefined,
  copies: ReadonlyMap<string, KubeObject>,
  evictions: readonly Eviction[],
): PreviousPlacement {
  const { previous, workload } = federated
  const replicas: Record<string, number> = { ...previous.replicas }
  const running: Record<string, number> = { ...previous.running }
  for (const [cluster, copy] of copies) {
    if (copy.metadata.deletionTimestamp !== undefined) continue
    const live = workload.replicas === undefined ? 0 : (replicasOf(copy) ?? 0)
    if (!Object.hasOwn(replicas, cluster) || autoscaler !== undefined) replicas[cluster] = live
    if (!Object.hasOwn(running, cluster)) running[cluster] = readyIn(copy)
  }
  const evicting = [...new Set([...(previous.evicting ?? []), ...evictions.map(({ cluster }) => cluster)])]
  return {
    ...previous,
    ...(Object.keys(replicas).length === 0 ? {} : { replicas }),
    ...(workload.replicas === undefined || copies.size === 0 ? {} : { running }),
    ...(evicting.length === 0 ? {} : { evicting }),
  }
}

function readyIn(copy: KubeObject): number {
  const ready = isObject(copy['status']) ? copy['status']['readyReplicas'] : undefined
  return typeof ready === 'number' ? ready : 0
}

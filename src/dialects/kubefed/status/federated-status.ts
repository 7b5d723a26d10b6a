import { equalJson } from '../../../base/json.js'
import type { Problem } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterStatus } from './cluster-codes.js'

export interface StatusCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastUpdateTime?: string
  readonly lastTransitionTime?: string
}

export interface FederatedStatus {
  readonly observedGeneration?: number
  readonly conditions?: readonly StatusCondition[]
  readonly clusters?: readonly ClusterStatus[]
}

export type AggregateReason = 'CheckClusters' | 'ComputePlacementFailed' | 'NamespaceNotFederated'

/**
 * The status of a federated object after a pass. `lastUpdateTime` moves when the clusters or the condition change, and only
 * then. `Repaired` is ours: it tells what is wrong with the object and how it was understood.
 */
export function federatedStatus(
  source: KubeObject,
  found: {
    readonly clusters: readonly ClusterStatus[]
    readonly reason?: AggregateReason
    readonly message?: string
    readonly warnings: readonly Problem[]
  },
  options: { nowText: string; collectsStatus: boolean },
): FederatedStatus {
  const before = (source['status'] ?? {}) as FederatedStatus
  const { clusters, warnings } = found
  const { nowText } = options
  const amiss = clusters.filter(
    ({ status, remoteStatus }) => status !== undefined || (options.collectsStatus && remoteStatus === undefined),
  )
  const reason = found.reason ?? (amiss.length > 0 ? 'CheckClusters' : undefined)
  const message = found.message ?? (amiss.length > 0 ? describe(amiss) : undefined)
  const old = before.conditions?.find(({ type }) => type === 'Propagation')
  const status = reason === undefined ? 'True' : 'False'
  const transition = old === undefined || old.status !== status || (old.reason ?? '') !== (reason ?? '')
  const changed = transition || !equalJson(essence(before.clusters ?? []), essence(clusters))
  const propagation: StatusCondition = {
    type: 'Propagation',
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    lastUpdateTime: changed ? nowText : (old?.lastUpdateTime ?? nowText),
    lastTransitionTime: transition ? nowText : (old?.lastTransitionTime ?? nowText),
  }
  return {
    ...(source.metadata.generation === undefined ? {} : { observedGeneration: source.metadata.generation }),
    conditions: [propagation, ...repairs(before, warnings, nowText)],
    ...(clusters.length === 0 && before.clusters === undefined ? {} : { clusters }),
  }
}

function repairs(before: FederatedStatus, warnings: readonly Problem[], nowText: string): StatusCondition[] {
  const [first] = warnings
  if (first === undefined) return []
  const old = before.conditions?.find(({ type }) => type === 'Repaired')
  const message = warnings.map(({ reason, message }) => `${reason}: ${message}`).join('; ')
  // Upstream's own definition drops messages: what is not there says nothing of a change.
  const same = old?.reason === first.reason && (old.message ?? message) === message
  return [
    {
      type: 'Repaired',
      status: 'True',
      reason: first.reason,
      message,
      lastUpdateTime: same ? (old.lastUpdateTime ?? nowText) : nowText,
      lastTransitionTime: old?.lastTransitionTime ?? nowText,
    },
  ]
}

/** What upstream records; messages may have been dropped, or come and go. */
function essence(clusters: readonly ClusterStatus[]): unknown {
  return clusters.map(({ message: _, ...rest }) => rest)
}

function describe(amiss: readonly ClusterStatus[]): string {
  const named = amiss.slice(0, 5).map(({ name, status }) => `${name}: ${status ?? 'no status yet'}`)
  return `${named.join(', ')}${amiss.length > 5 ? ` and ${amiss.length - 5} more` : ''}`
}

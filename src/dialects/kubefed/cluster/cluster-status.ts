import type { Cluster, ClusterState } from '../../../inventory/cluster.js'

export interface ClusterCondition {
  readonly type: 'Ready' | 'Offline' | 'ConfigMalformed'
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
  readonly lastProbeTime: string
  readonly lastTransitionTime?: string
}

export interface KubeFedClusterStatus {
  readonly conditions: readonly ClusterCondition[]
  readonly kubernetesVersion?: string
  readonly region?: string
  readonly zones?: readonly string[]
}

export interface ClusterPlaces {
  readonly region?: string
  readonly zones?: readonly string[]
}

/**
 * The status of a KubeFedCluster by what the inventory knows. Undefined while nothing is known. Times stay as they were where
 * nothing else has changed, so that the same status is no write; what was known of version and places stays while it is away.
 */
export function kubeFedClusterStatus(
  { cluster, state, places }: { cluster: Cluster; state: ClusterState; places?: ClusterPlaces },
  before: KubeFedClusterStatus | undefined,
  nowText: string,
): KubeFedClusterStatus | undefined {
  const found = conditionsOf(cluster, state)
  if (found === undefined) return undefined
  const old = before?.conditions ?? []
  const conditions = found.map((condition): ClusterCondition => {
    const was = old.find(({ type }) => type === condition.type)
    const same = was?.status === condition.status && was.reason === condition.reason && was.message === condition.message
    return {
      ...condition,
      lastProbeTime: same ? was.lastProbeTime : nowText,
      lastTransitionTime: was?.status === condition.status ? (was.lastTransitionTime ?? nowText) : nowText,
    }
  })
  const version = state.version?.gitVersion ?? before?.kubernetesVersion
  const region = places?.region ?? before?.region
  const zones = places?.zones ?? before?.zones
  return {
    conditions,
    ...(version === undefined ? {} : { kubernetesVersion: version }),
    ...(region === undefined || region === '' ? {} : { region }),
    ...(zones === undefined || zones.length === 0 ? {} : { zones }),
  }
}

type Found = Omit<ClusterCondition, 'lastProbeTime' | 'lastTransitionTime'>

function conditionsOf(cluster: Cluster, { health, message }: ClusterState): Found[] | undefined {
  const words = (text: string) => (message === '' ? text : `${text}: ${message}`)
  if (cluster.problem !== undefined)
    return [
      {
        type: 'ConfigMalformed',
        status: 'True',
        reason: 'ClusterConfigMalformed',
        message: `cluster's configuration may be malformed: ${cluster.problem.message}`,
      },
    ]
  switch (health) {
    case 'Healthy':
      return [{ type: 'Ready', status: 'True', reason: 'ClusterReady', message: '/healthz responded with ok' }]
    case 'Unknown':
      return [{ type: 'Offline', status: 'True', reason: 'ClusterNotReachable', message: words('cluster is not reachable') }]
    case 'Degraded':
      return [
        { type: 'Ready', status: 'False', reason: 'ClusterNotReady', message: words('/healthz responded without ok') },
        { type: 'Offline', status: 'False', reason: 'ClusterReachable', message: 'cluster is reachable' },
      ]
    case 'Pending':
      return undefined
  }
}

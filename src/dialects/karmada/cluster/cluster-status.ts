import { compareText } from '../../../base/compare-text.js'
import { isObject } from '../../../base/json.js'
import { readAmounts } from '../../../delivery/placement/capacity/pod-requests.js'
import type { Cluster, ClusterState } from '../../../inventory/cluster.js'
import { type ConditionInput, setCondition } from '../../../kube/object/condition.js'
import { apiVersionOf, type KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { type Fields, fieldAt, objectsAt, textAt } from '../fields.js'

/** What was read of a cluster when it was last up. */
export interface ClusterReading {
  readonly kinds: readonly ResourceType[]
  /** Undefined where nodes cannot be read. */
  readonly nodes?: readonly KubeObject[]
}

/**
 * The status of a Cluster by what the inventory knows: undefined while nothing is known. What was known of a cluster stays
 * while it is away.
 */
export function clusterStatus(
  of: { readonly cluster: Cluster; readonly state: ClusterState; readonly reading?: ClusterReading },
  before: unknown,
  nowText: string,
): Fields | undefined {
  const { cluster, state, reading } = of
  const ready = readyCondition(cluster, state)
  if (ready === undefined) return undefined
  let conditions: readonly (Fields & { type: string })[] = objectsAt(before, 'conditions').map((each) => ({
    ...each,
    type: textAt(each, 'type'),
  }))
  conditions = setCondition(conditions, ready, nowText)
  if (reading !== undefined) conditions = setCondition(conditions, enablementsCondition(reading.kinds.length), nowText)
  const version = state.version?.gitVersion
  return {
    ...(isObject(before) ? before : {}),
    conditions,
    ...(version === undefined ? {} : { kubernetesVersion: version }),
    ...(reading === undefined ? {} : { apiEnablements: enablements(reading.kinds) }),
    ...(reading?.nodes === undefined ? {} : summaries(reading.nodes)),
  }
}

function readyCondition(cluster: Cluster, { health, message }: ClusterState): ConditionInput | undefined {
  const words = (text: string) => (message === '' ? text : `${text}: ${message}`)
  const not = (status: 'False' | 'Unknown', reason: string, text: string): ConditionInput => ({
    type: 'Ready',
    status,
    reason,
    message: text,
  })
  if (cluster.problem !== undefined) return not('False', 'ClusterNotReachable', cluster.problem.message)
  switch (health) {
    case 'Healthy':
      return {
        type: 'Ready',
        status: 'True',
        reason: 'ClusterReady',
        message: 'cluster is healthy and ready to accept workloads',
      }
    case 'Unknown':
      return not('False', 'ClusterNotReachable', words('cluster is not reachable'))
    case 'Degraded':
      return not('False', 'ClusterNotReady', words('cluster is reachable but health endpoint responded without ok'))
    case 'Pending':
      return undefined
  }
}

function enablementsCondition(count: number): ConditionInput {
  return count === 0
    ? {
        type: 'CompleteAPIEnablements',
        status: 'False',
        reason: 'Empty',
        message: 'collected empty APIEnablements from the cluster',
      }
    : {
        type: 'CompleteAPIEnablements',
        status: 'True',
        reason: 'Complete',
        message: 'collected complete APIEnablements from the cluster',
      }
}

function enablements(kinds: readonly ResourceType[]): Fields[] {
  const groups = new Map<string, { name: string; kind: string }[]>()
  for (const { group, version, plural, kind } of kinds) {
    const key = apiVersionOf(group, version)
    const list = groups.get(key)
    if (list === undefined) groups.set(key, [{ name: plural, kind }])
    else list.push({ name: plural, kind })
  }
  return [...groups]
    .sort(([a], [b]) => compareText(a, b))
    .map(([groupVersion, resources]) => ({
      groupVersion,
      resources: resources.sort((a, b) => compareText(a.name, b.name)),
    }))
}

function summaries(nodes: readonly KubeObject[]): Fields {
  const isReady = (node: KubeObject) =>
    objectsAt(node, 'status', 'conditions').some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  const ready = nodes.filter(isReady)
  const allocatable = new Map<string, number>()
  for (const node of ready)
    for (const [name, amount] of readAmounts(fieldAt(node, 'status', 'allocatable')))
      allocatable.set(name, (allocatable.get(name) ?? 0) + amount)
  const amounts = [...allocatable].sort(([a], [b]) => compareText(a, b))
  return {
    nodeSummary: { totalNum: nodes.length, readyNum: ready.length },
    resourceSummary: {
      allocatable: Object.fromEntries(
        amounts.map(([name, amount]) => [
          name,
          name === 'cpu' && amount % 1000 !== 0 ? `${amount}m` : String(name === 'cpu' ? amount / 1000 : amount),
        ]),
      ),
    },
  }
}

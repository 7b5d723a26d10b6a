import { equalJson, isObject } from '../../base/json.js'
import type { ClusterOutcome, HubWrite } from '../../delivery/federation/contract.js'
import type { ClusterFacts } from '../../delivery/placement/contract.js'
import { type KubefedClusterPreference, planKubefed } from '../../delivery/placement/division/kubefed-planner.js'
import { type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { type ClusterOverrides, listOverrides } from './federated/read-overrides.js'

const replicasPath = '/spec/replicas'

/** Kinds that a ReplicaSchedulingPreference can have for a target. */
export const preferenceTargets: ReadonlySet<string> = new Set(['FederatedDeployment', 'FederatedReplicaSet'])

export interface PreferenceInput {
  readonly preference: KubeObject
  readonly target: KubeObject
  /** All that may take part: the fleet, or those that selector and namespace leave with `intersectWithClusterSelector`. */
  readonly clusters: readonly ClusterFacts[]
  readonly copies: readonly ClusterOutcome[]
  /** Clusters that are not ready lose their replicas at once, as with KubeFed; otherwise they keep their part. */
  readonly strict: boolean
}

/**
 * How many replicas each cluster gets: KubeFed's planner over the clusters that are ready. Undefined where there is nothing to
 * divide over, and so nothing to change.
 */
export function divideByPreference(input: PreferenceInput): ReadonlyMap<string, number> | undefined {
  const spec = isObject(input.preference['spec']) ? input.preference['spec'] : {}
  const total = spec['totalReplicas']
  if (typeof total !== 'number') return undefined
  const given = isObject(spec['clusters']) ? (spec['clusters'] as Record<string, KubefedClusterPreference>) : {}
  const asked = askedBefore(input.target)
  const clusters = input.clusters.filter(
    ({ name, ready, deleting }) => deleting !== true && (ready === true || (!input.strict && asked.has(name))),
  )
  if (clusters.length === 0) return undefined
  const copies = new Map(input.copies.map((copy) => [copy.cluster, copy]))
  const { plan, overflow } = planKubefed(
    {
      replicas: total,
      clusters: clusters.map(({ name, ready }) => {
        const seen = loadOf(copies.get(name)?.result?.live)
        const running = ready === true ? seen?.running : (asked.get(name) ?? seen?.running)
        return {
          name,
          previous: 0,
          ...(running === undefined ? {} : { running }),
          ...(ready === true && seen?.bearable !== undefined ? { bearable: seen.bearable } : {}),
        }
      }),
      matches: () => false,
      key: keyOf(input.preference),
      uid: '',
      fresh: false,
    },
    {
      strategy: 'kubefed-planner',
      rebalance: spec['rebalance'] === true,
      ...(Object.keys(given).length === 0 ? {} : { clusters: given }),
    },
  )
  return new Map(clusters.map(({ name }) => [name, (plan.get(name) ?? 0) + (overflow.get(name) ?? 0)]))
}

/** How a preference divides, in words. */
export function describePreference(preference: KubeObject): string {
  const spec = isObject(preference['spec']) ? preference['spec'] : {}
  const given = isObject(spec['clusters']) ? Object.entries(spec['clusters']) : []
  const parts = (given.length === 0 ? [['*', { weight: 1 }] as const] : given).map(([name, value]) => {
    const { weight = 0, minReplicas, maxReplicas } = (isObject(value) ? value : {}) as KubefedClusterPreference
    const limits = [
      `weight ${weight}`,
      ...(minReplicas === undefined ? [] : [`at least ${minReplicas}`]),
      ...(maxReplicas === undefined ? [] : [`at most ${maxReplicas}`]),
    ]
    return `${name === '*' ? 'any other' : name} ${limits.join(' ')}`
  })
  const moves = spec['rebalance'] === true ? 'what runs may move' : 'what runs stays (rebalance is not true)'
  const order = 'ties: the greater weight, then the lower FNV hash of name and key'
  return `ReplicaSchedulingPreference ${keyOf(preference)} divides ${String(spec['totalReplicas'])} among clusters that answer: ${parts.join(', ')}; ${moves}; ${order}`
}

/**
 * What a copy tells of its load. Upstream counts pods; a copy tells the same but for pods that cannot be scheduled: those
 * count from when the cluster itself says that the Deployment no longer progresses.
 */
function loadOf(live: KubeObject | undefined): { running: number; bearable?: number } | undefined {
  if (live === undefined) return undefined
  const spec = isObject(live['spec']) ? live['spec'] : {}
  const status = isObject(live['status']) ? live['status'] : {}
  const wanted = numberOf(spec['replicas'])
  const ready = numberOf(status['readyReplicas'])
  if (wanted === ready) return { running: ready }
  const conditions = Array.isArray(status['conditions']) ? status['conditions'].filter(isObject) : []
  const stuck = conditions.some(({ type, status: value }) => type === 'Progressing' && value === 'False')
  return stuck ? { running: ready, bearable: ready } : { running: Math.min(wanted, numberOf(status['replicas'])) }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** What the target asks for now, by cluster. */
function askedBefore(target: KubeObject): Map<string, number> {
  const asked = new Map<string, number>()
  for (const { clusterName, clusterOverrides = [] } of listOverrides(target)) {
    const found = clusterOverrides.find(({ path }) => path === replicasPath)
    if (typeof found?.value === 'number') asked.set(clusterName, found.value)
  }
  return asked
}

/** Writes the division into the target as upstream does: names of all clusters, and an override of `/spec/replicas` for each. */
export function writeDivision(
  target: KubeObject,
  type: ResourceType,
  division: ReadonlyMap<string, number>,
): HubWrite | undefined {
  const names = [...division.keys()]
  const spec = isObject(target['spec']) ? target['spec'] : {}
  const placement = isObject(spec['placement']) ? spec['placement'] : {}
  const present = Array.isArray(placement['clusters'])
    ? placement['clusters'].filter(isObject).map(({ name }) => name)
    : undefined
  const overrides = overridesWith(listOverrides(target), division)
  const placed = present !== undefined && equalJson([...present].sort(), [...names].sort())
  if (placed && equalJson(overrides, spec['overrides'] ?? [])) return undefined
  const { name, namespace = '' } = target.metadata
  return {
    write: 'object',
    ref: { type, namespace, name },
    patch: { spec: { ...(placed ? {} : { placement: { clusters: names.map((each) => ({ name: each })) } }), overrides } },
  }
}

/** Overrides of replicas go from clusters that are no longer planned; entries that are then empty go too. */
function overridesWith(listed: readonly ClusterOverrides[], division: ReadonlyMap<string, number>): ClusterOverrides[] {
  const result: ClusterOverrides[] = []
  const seen = new Set<string>()
  for (const { clusterName, clusterOverrides = [] } of listed) {
    seen.add(clusterName)
    const replicas = division.get(clusterName)
    const has = clusterOverrides.some(({ path }) => path === replicasPath)
    const kept = clusterOverrides.flatMap((each) =>
      each.path !== replicasPath ? [each] : replicas === undefined ? [] : [{ ...each, value: replicas }],
    )
    const all = replicas === undefined || has ? kept : [...kept, { path: replicasPath, value: replicas }]
    if (all.length > 0 || clusterOverrides.length === 0) result.push({ clusterName, clusterOverrides: all })
  }
  for (const [clusterName, value] of division)
    if (!seen.has(clusterName)) result.push({ clusterName, clusterOverrides: [{ path: replicasPath, value }] })
  return result
}

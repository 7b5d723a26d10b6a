import type { Federated, FederationDialect, HubFacts, Problem, Refused } from '../../delivery/federation/contract.js'
import type { ClusterFacts, PlacementDecision } from '../../delivery/placement/contract.js'
import { decidePlacement } from '../../delivery/placement/decide-placement.js'
import { type FleetChange, whatIf } from '../../delivery/placement/what-if.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { countedDecision } from './counted-decision.js'
import { settledSource } from './settled-source.js'

/** What a placement is worked out from: a hub that runs, or files. */
export interface PlacementView {
  readonly hub: HubFacts
  readonly dialects: readonly FederationDialect[]
  /** The clusters as they are for this object: whether they serve its kind, and where the division heeds it, how much fits. */
  clustersFor(read: Federated): Promise<readonly ClusterFacts[]>
  /** Nothing is in force yet: what dialects would write into their own sources counts as written. */
  readonly settles?: boolean
}

export interface Explanation {
  readonly dialect: string
  /** `Deployment shop/web`: the object of the hub. */
  readonly source: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly id: string
  readonly refused?: Problem
  readonly warnings: readonly Problem[]
  readonly paused?: string
  readonly decision?: PlacementDecision
  /** What the decision was made of, for those who deliver or ask further. */
  readonly read?: Federated
  readonly clusters: readonly ClusterFacts[]
  readonly changes: readonly {
    readonly change: string
    readonly differences: readonly string[]
    readonly after: PlacementDecision
  }[]
}

/** Every dialect that has something to say about an object, in the order in which they win. */
export async function explainObject(
  view: PlacementView,
  source: KubeObject,
  changes: readonly FleetChange[] = [],
): Promise<readonly Explanation[]> {
  const found: Explanation[] = []
  for (const dialect of view.dialects) {
    const read = dialect.read(source, view.hub)
    if (read !== undefined) found.push(await explainRead(view, dialect, source, read, changes))
  }
  return found
}

/** Every object of the hub that goes to clusters, in the order of the dialects. */
export async function explainAll(view: PlacementView, changes: readonly FleetChange[] = []): Promise<readonly Explanation[]> {
  const found: Explanation[] = []
  for (const dialect of view.dialects) {
    for (const type of dialect.sourceKinds(view.hub)) {
      for (const source of view.hub.objects(type)) {
        const read = dialect.read(source, view.hub)
        if (read !== undefined) found.push(await explainRead(view, dialect, source, read, changes))
      }
    }
  }
  return found
}

async function explainRead(
  view: PlacementView,
  dialect: FederationDialect,
  source: KubeObject,
  first: Federated | Refused,
  changes: readonly FleetChange[],
): Promise<Explanation> {
  const read = view.settles === true && !('problem' in first) ? settledSource(dialect, source, first, view.hub) : first
  const { name, namespace = '', labels = {} } = source.metadata
  const who = {
    dialect: dialect.name,
    source: `${source.kind} ${namespace === '' ? name : `${namespace}/${name}`}`,
    namespace,
    labels,
    id: read.id,
    warnings: read.warnings ?? [],
  }
  if ('problem' in read) return { ...who, refused: read.problem, clusters: [], changes: [] }
  const { workload, policies, previous } = read
  const clusters = await view.clustersFor(read)
  const evicting = (read.evictions ?? []).map(({ cluster }) => cluster)
  const before = evicting.length === 0 ? previous : { ...previous, evicting }
  return {
    ...who,
    ...(read.paused === undefined ? {} : { paused: read.paused }),
    decision: countedDecision(decidePlacement(workload, policies, clusters, before), read, clusters),
    read,
    clusters,
    changes: changes.map((change) => {
      const { differences, after } = whatIf({ workload, policies, clusters, previous: before }, change)
      return { change: 'without' in change ? `${change.without} is lost` : `${change.cordoned} is cordoned`, differences, after }
    }),
  }
}

/** Clusters as the dialects know them beside: taints, places, labels of their own kinds of cluster. */
export function withNotes(
  clusters: readonly ClusterFacts[],
  dialects: readonly FederationDialect[],
  hub: HubFacts,
): readonly ClusterFacts[] {
  let noted = clusters
  for (const dialect of dialects) {
    const notes = dialect.clusterNotes?.(hub)
    if (notes === undefined || notes.size === 0) continue
    noted = noted.map((cluster) => {
      const { labels, taints, ...rest } = notes.get(cluster.name) ?? {}
      return {
        ...cluster,
        ...rest,
        ...(labels === undefined ? {} : { labels: { ...cluster.labels, ...labels } }),
        ...(taints === undefined ? {} : { taints: [...(cluster.taints ?? []), ...taints] }),
      }
    })
  }
  return noted
}

import { isObject } from '../../../base/json.js'
import type { Problem } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'

/** What counts of a cluster for placement. */
export interface PlaceableCluster {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
}

export interface PlacementSpec {
  /** Undefined: not given, so the selector counts; empty: nowhere. */
  readonly clusters: readonly string[] | undefined
  readonly selector: LabelSelectorSpec | undefined
}

export function readPlacement(federated: KubeObject): PlacementSpec {
  const spec = isObject(federated['spec']) ? federated['spec'] : {}
  const placement = isObject(spec['placement']) ? spec['placement'] : {}
  const { clusters, clusterSelector } = placement
  return {
    clusters: Array.isArray(clusters)
      ? clusters.flatMap((each) => (isObject(each) && typeof each['name'] === 'string' ? [each['name']] : []))
      : undefined,
    selector: isObject(clusterSelector) ? (clusterSelector as LabelSelectorSpec) : undefined,
  }
}

/** A selector that cannot be read. */
export class PlacementProblem extends Error implements Problem {
  readonly reason = 'ComputePlacementFailed'
}

/**
 * The clusters of the fleet that a placement names: a list of names wins, even an empty one; no list and no selector is
 * nowhere, an empty selector everywhere. Sorted as the clusters given. `selectorOnly`: as for the division of replicas, which
 * writes the names itself. Throws PlacementProblem.
 */
export function selectClusters(
  { clusters: names, selector }: PlacementSpec,
  clusters: readonly PlaceableCluster[],
  options: { selectorOnly?: boolean } = {},
): string[] {
  if (names !== undefined && options.selectorOnly !== true) {
    const named = new Set(names)
    return clusters.filter(({ name }) => named.has(name)).map(({ name }) => name)
  }
  if (selector === undefined) return []
  try {
    const parsed = fromLabelSelector(selector)
    return clusters.filter(({ labels }) => matchesLabels(parsed, labels)).map(({ name }) => name)
  } catch (error) {
    throw new PlacementProblem(`spec.placement.clusterSelector cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

/** Names of a placement that no cluster of the fleet has. */
export function unknownClusters({ clusters: names }: PlacementSpec, clusters: readonly PlaceableCluster[]): string[] {
  const known = new Set(clusters.map(({ name }) => name))
  return [...new Set(names ?? [])].filter((name) => !known.has(name))
}

import type { ClusterFacts, SpreadConstraint } from '../contract.js'

/** The groups of a cluster; a cluster in several zones is in several. None means that it lacks the property. */
export function groupsOf(by: SpreadConstraint['by'], cluster: ClusterFacts): readonly string[] {
  if (by === 'cluster') return [cluster.name]
  if (by === 'zone') return cluster.zones ?? []
  const value = by === 'region' ? cluster.region : by === 'provider' ? cluster.provider : ownLabel(cluster.labels ?? {}, by.label)
  return value === undefined || value === '' ? [] : [value]
}

function ownLabel(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

export function nameOfKey(by: SpreadConstraint['by']): string {
  return typeof by === 'string' ? by : `label ${by.label}`
}

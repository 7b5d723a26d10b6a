import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../../dialects/argo-cd/kinds/application-set.js'
import { applicationSetType, applicationType } from '../../dialects/argo-cd/kinds/resource-types.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { listFleetClusters } from './fleet-clusters.js'

export interface FleetStatus {
  readonly where: string
  readonly clusters: { readonly total: number; readonly byHealth: Readonly<Record<string, number>> }
  readonly applications: {
    readonly total: number
    readonly bySync: Readonly<Record<string, number>>
    readonly byHealth: Readonly<Record<string, number>>
  }
  /** Everything that is not as it should be, clusters first. */
  readonly problems: readonly { readonly what: string; readonly state: string; readonly message: string }[]
}

/** Reads the whole fleet's state from the hub. */
export async function readFleetStatus(fleet: { hub: KubeClient; where: string; namespace: string }): Promise<FleetStatus> {
  const [clusters, applications, sets] = await Promise.all([
    listFleetClusters(fleet),
    fleet.hub.list<Application>(applicationType, { namespace: fleet.namespace }),
    fleet.hub.list<ApplicationSet>(applicationSetType, { namespace: fleet.namespace }),
  ])
  const problems: { what: string; state: string; message: string }[] = []
  for (const cluster of clusters) {
    if (cluster.health !== 'Healthy')
      problems.push({ what: `cluster/${cluster.name}`, state: cluster.health, message: cluster.message })
  }
  for (const set of sets.items) {
    const error = set.status?.conditions?.find((each) => each.type === 'ErrorOccurred' && each.status === 'True')
    if (error) problems.push({ what: `applicationset/${set.metadata.name}`, state: error.reason, message: error.message })
  }
  for (const app of applications.items) {
    const sync = app.status?.sync?.status ?? 'Unknown'
    const health = app.status?.health?.status ?? 'Unknown'
    if (sync === 'Synced' && health === 'Healthy') continue
    const why = app.status?.conditions?.[0]?.message ?? app.status?.health?.message ?? app.status?.operationState?.message ?? ''
    problems.push({ what: `application/${app.metadata.name}`, state: `${sync}, ${health}`, message: why })
  }
  return {
    where: fleet.where,
    clusters: { total: clusters.length, byHealth: countBy(clusters.map((each) => each.health)) },
    applications: {
      total: applications.items.length,
      bySync: countBy(applications.items.map((app) => app.status?.sync?.status ?? 'Unknown')),
      byHealth: countBy(applications.items.map((app) => app.status?.health?.status ?? 'Unknown')),
    },
    problems,
  }
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of [...values].sort()) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

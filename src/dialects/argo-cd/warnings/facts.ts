import type { FunctionTable } from '../../../formats/go-template/functions.js'
import type { Cluster } from '../../../inventory/cluster.js'
import { inCluster, normalizeServer } from '../../../inventory/in-cluster.js'
import type { OwnerReference } from '../../../kube/object/kube-object.js'
import type { AppProject } from '../kinds/app-project.js'

/** What warnings are judged by: the fleet as it is when someone applies an object. */
export interface WarningFacts {
  /** The control plane's. */
  readonly namespace: string
  /** Those of cluster Secrets, broken ones included; the hub itself is known without being listed. */
  readonly clusters: readonly Cluster[]
  /** By name. */
  readonly projects: ReadonlyMap<string, AppProject>
  /** Functions of Go templates in ApplicationSets. */
  readonly functions: FunctionTable
  /** The controller that an Application of the control plane's namespace belongs to, if there is such an Application. */
  ownerOf?(application: string): OwnerReference | undefined
}

/** As the inventory finds clusters: by name or by server, the hub itself last. */
export function findCluster(facts: WarningFacts, by: { name?: string; server?: string }): Cluster | undefined {
  const server = by.server === undefined ? undefined : normalizeServer(by.server)
  const isMeant = (cluster: Cluster) => (by.name === undefined ? cluster.server === server : cluster.name === by.name)
  return facts.clusters.find(isMeant) ?? (isMeant(inCluster) ? inCluster : undefined)
}

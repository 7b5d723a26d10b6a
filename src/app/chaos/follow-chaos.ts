import type { LogicalClusters } from '../../apiserver/contract.js'
import { equalJson } from '../../base/json.js'
import type { ClusterProfile } from '../../dialects/cluster-profile/cluster-profile.js'
import { type ClusterChaos, noChaos, readClusterChaos } from './chaos-annotations.js'

const profiles = 'clusterprofiles.multicluster.x-k8s.io'

/**
 * Tells what is to be wrong with each cluster, from the ClusterProfiles on the hub: now, and whenever that changes. The hub
 * itself stays whole, since nothing else could heal it. The returned function stops following.
 */
export function followChaos(
  clusters: LogicalClusters,
  hub: string,
  apply: (cluster: string, chaos: ClusterChaos) => void,
): () => void {
  const present = new Map<string, ClusterChaos>()
  const set = (cluster: string, chaos: ClusterChaos) => {
    if (cluster === hub || cluster === 'in-cluster' || equalJson(present.get(cluster) ?? noChaos, chaos)) return
    present.set(cluster, chaos)
    apply(cluster, chaos)
  }
  const nameOf = (profile: ClusterProfile) => profile.spec?.displayName ?? profile.metadata.name
  for (const profile of clusters.get(hub)?.peekAll(profiles) ?? [])
    set(nameOf(profile as ClusterProfile), readClusterChaos(profile))
  return clusters.onChange(({ cluster, groupResource, type, object }) => {
    if (cluster !== hub || groupResource !== profiles) return
    set(nameOf(object as ClusterProfile), type === 'DELETED' ? noChaos : readClusterChaos(object))
  })
}

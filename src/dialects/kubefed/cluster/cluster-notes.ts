import { isObject } from '../../../base/json.js'
import type { ClusterNotes, HubFacts } from '../../../delivery/federation/contract.js'
import { kubeFedClusterType } from '../resource-types.js'

/**
 * Labels, region and zones of KubeFedClusters, by name: they count too for a cluster that has come into the fleet otherwise, under
 * the same name.
 */
export function clusterNotes(hub: Pick<HubFacts, 'objects'>, namespace: string): ReadonlyMap<string, ClusterNotes> {
  return new Map(
    hub.objects(kubeFedClusterType, { namespace }).map(({ metadata, status }) => {
      const { region, zones } = isObject(status) ? status : {}
      const notes: ClusterNotes = {
        ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
        ...(typeof region === 'string' && region !== '' ? { region } : {}),
        ...(Array.isArray(zones) && zones.length > 0 ? { zones: zones.filter((zone) => typeof zone === 'string') } : {}),
      }
      return [metadata.name, notes]
    }),
  )
}

import type { Condition } from '../../kube/object/kube-object.js'
import { serviceType } from '../model/kube-kinds.js'
import { type ServiceExport, serviceExportType } from '../model/multi-cluster-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import type { ClusterFacts } from '../model/service-dialect.js'
import type { ServiceName } from '../model/service-model.js'

/** What clusters have of a name that nobody offers: exports that do not work, and Services that nothing exports. A sentence each. */
export function whyNotOffered(
  clusters: readonly ClusterFacts[],
  where: Partial<ServiceName> & Pick<ServiceName, 'name'>,
): string[] {
  return clusters.flatMap((cluster) => {
    const found = cluster.objects(serviceExportType, where) as readonly ServiceExport[]
    const told = found.map(({ metadata, status }) => {
      const bad = status?.conditions?.find(isBad)
      const why =
        bad === undefined ? 'nobody has looked at it yet' : `${bad.reason}${bad.message === '' ? '' : `: ${bad.message}`}`
      return `ServiceExport ${metadata.namespace}/${metadata.name} in ${cluster.name}: ${why}`
    })
    if (told.length > 0) return told
    return cluster
      .objects(serviceType, where)
      .filter(({ metadata }) => metadata.labels?.[multiClusterNames.ownerLabel] !== multiClusterNames.owner)
      .map(({ metadata }) => `Service ${metadata.namespace}/${metadata.name} in ${cluster.name} is not exported`)
  })
}

function isBad({ type, status }: Condition): boolean {
  return (type === 'Valid' || type === 'Ready') && status !== 'True'
}

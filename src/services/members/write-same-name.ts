import { equalJson } from '../../base/json.js'
import type { KubeService } from '../model/kube-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import { consumerFor } from './consumer-for.js'
import type { MemberWriter } from './member-writer.js'
import { type Bucket, wantedBuckets } from './wanted-slices.js'
import type { ClustersetPorts } from './write-clusterset.js'
import { writeSlices } from './write-slices.js'

const names = multiClusterNames

/**
 * Lets endpoints of other clusters join a cluster's own Service of the same name: slices beside those that the cluster itself
 * writes. Endpoints that come after others stand by; where the cluster's own come after, the slices say so.
 */
export async function writeSameName(
  writer: MemberWriter,
  { catalogue, isUnread, isAway }: Pick<ClustersetPorts, 'catalogue' | 'isUnread' | 'isAway'>,
): Promise<void> {
  const { view, service: name } = writer
  const service = catalogue.get(name, 'same-name')
  const own = writer.kubeService(name.name)
  const present = writer.slices(({ metadata }) => metadata.labels?.[names.serviceNameLabel] === undefined)
  const usable = own !== undefined && own.metadata.deletionTimestamp === undefined && view.hasNamespace(name.namespace)
  if ((service === undefined || !usable) && present.length === 0) return
  let buckets: Bucket[] = []
  let ownPriority: number | undefined
  let hasOthers = false
  if (service !== undefined && usable && fits(own, service.type)) {
    const ranking = catalogue.rank(service, consumerFor(catalogue, view, service))
    hasOthers = ranking.groups.length > 0
    const all = wantedBuckets(service, ranking, { own: view.name })
    buckets = all.filter((bucket) => bucket.source !== view.name)
    const mine = all.filter((bucket) => bucket.source === view.name).map((bucket) => bucket.priority)
    ownPriority = mine.length === 0 ? undefined : Math.min(...mine)
  }
  if (own === undefined) {
    // Slices are owned by their Service and go with it.
    return
  }
  await writeSlices(writer, {
    buckets,
    present,
    owner: { apiVersion: 'v1', kind: 'Service', name: own.metadata.name, uid: own.metadata.uid ?? '' },
    prefix: `${name.name}-global`,
    labelsOf: (bucket) => ({
      [names.sourceClusterLabel]: catalogue.facts.cluster(bucket.source)?.id ?? bucket.source,
      [names.managedByLabel]: names.sliceManager,
      ...(service?.type === 'Headless' ? { [names.headlessLabel]: '' } : {}),
      [bucket.priority === 0 ? names.kubeServiceLabel : names.standbyLabel]: name.name,
    }),
    ...(ownPriority === undefined || ownPriority === 0
      ? {}
      : { annotations: { [names.ownPriorityAnnotation]: String(ownPriority) } }),
    idOf: (source) => catalogue.facts.cluster(source)?.id ?? source,
    isUnread,
    isAway,
    hasOthers,
  })
}

/** A headless Service takes in endpoints of headless ones only. */
function fits(own: KubeService, type: 'ClusterSetIP' | 'Headless'): boolean {
  return equalJson(own.spec?.clusterIP === 'None', type === 'Headless') && own.spec?.type !== 'ExternalName'
}

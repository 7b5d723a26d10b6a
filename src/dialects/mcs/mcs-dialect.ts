import type { KubeObject } from '../../kube/object/kube-object.js'
import { isTemplate } from '../../services/model/is-template.js'
import { serviceType } from '../../services/model/kube-kinds.js'
import { type ServiceExport, serviceExportType, serviceImportType } from '../../services/model/multi-cluster-kinds.js'
import { createdMsOf, endpointsOf, offerFieldsOf } from '../../services/model/read-service.js'
import type { ClusterFacts, ServiceDialect } from '../../services/model/service-dialect.js'
import type { Offer, ServiceName } from '../../services/model/service-model.js'
import { readExportAnnotations } from './export-annotations.js'
import { readExportedMetadata } from './exported-metadata.js'

/** The Multi-Cluster Services API: a ServiceExport offers the Service of its name to the cluster set. */
export const mcsDialect: ServiceDialect = {
  name: 'mcs',
  memberKinds: [serviceExportType, serviceImportType],
  hubKinds: [],
  touches(object) {
    const { name, namespace } = object.metadata
    const concerns =
      object.kind === serviceType.kind || object.kind === serviceExportType.kind || object.kind === serviceImportType.kind
    return concerns && namespace ? [{ namespace, name }] : []
  },
  offers(service, fleet) {
    const offers: Offer[] = []
    for (const cluster of fleet.clusters) {
      const [found] = cluster.objects(serviceExportType, service)
      const offer = found === undefined ? undefined : offerOf(found, service, cluster)
      if (offer !== undefined) offers.push(offer)
    }
    return offers
  },
  rules: () => [],
}

function offerOf(object: KubeObject, service: ServiceName, cluster: ClusterFacts): Offer | undefined {
  const { metadata, spec } = object as ServiceExport
  // An export that is being deleted, or whose Service is, offers no longer; one on the hub that goes to clusters offers there.
  if (metadata.deletionTimestamp !== undefined || isTemplate(cluster.name, object)) return undefined
  const backing = cluster.service(service)
  if (backing === undefined || backing.metadata.deletionTimestamp !== undefined) return undefined
  const fields = offerFieldsOf(backing)
  if (fields === undefined) return undefined
  const { audience, weight } = readExportAnnotations(metadata.annotations)
  const { labels, annotations } = readExportedMetadata(spec)
  return {
    dialect: 'mcs',
    origin: { cluster: cluster.name, text: `ServiceExport ${service.namespace}/${service.name}` },
    service,
    cluster: cluster.name,
    createdMs: createdMsOf(object),
    reach: 'clusterset',
    ...fields,
    labels,
    annotations,
    ...(audience === undefined ? {} : { audience }),
    weight,
    endpoints: endpointsOf(cluster.slices(service), cluster),
  }
}

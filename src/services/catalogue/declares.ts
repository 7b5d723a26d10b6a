import type { KubeObject } from '../../kube/object/kube-object.js'
import { serviceType } from '../model/kube-kinds.js'
import type { ClusterFacts, FleetFacts, ServiceDialect } from '../model/service-dialect.js'

/** Whether an object of a member may mean that there is a service of the fleet. */
export function declaresService(dialects: readonly ServiceDialect[], object: KubeObject): boolean {
  if (object.kind !== serviceType.kind) {
    return dialects.some((dialect) => dialect.memberKinds.some((type) => type.kind === object.kind))
  }
  const { namespace = '', name } = object.metadata
  const alone = aloneWith(object)
  return dialects.some((dialect) => dialect.offers({ namespace, name }, alone).length > 0)
}

/** A fleet of one cluster that holds one Service, to ask a dialect whether that Service is any of its business. */
function aloneWith(service: KubeObject): FleetFacts {
  const key = `${service.metadata.namespace}/${service.metadata.name}`
  const nowhere = { region: '', zone: '', subZone: '' }
  const cluster: ClusterFacts = {
    name: 'some',
    id: 'some',
    labels: {},
    network: '',
    locality: nowhere,
    reach: 'reachable',
    hasNamespace: () => true,
    namespace: () => undefined,
    service: ({ namespace, name }) => (`${namespace}/${name}` === key ? service : undefined),
    slices: () => [],
    objects: () => [],
    localityOfNode: () => nowhere,
  }
  return { clusters: [cluster], cluster: () => cluster, hubObjects: () => [] }
}

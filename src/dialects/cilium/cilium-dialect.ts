import type { KubeObject } from '../../kube/object/kube-object.js'
import { createdMsOf, endpointsOf, offerFieldsOf } from '../../services/model/read-service.js'
import type { ClusterFacts, FleetFacts, ServiceDialect } from '../../services/model/service-dialect.js'
import type { Diagnostic, Offer, Origin, ServiceName, TrafficRule } from '../../services/model/service-model.js'
import { namespaceAnnotation } from './annotations.js'
import { type GlobalService, isGlobalNamespace, readGlobalService } from './read-annotations.js'

/** One cluster's Service of the name. */
interface Namesake {
  readonly cluster: ClusterFacts
  readonly object: KubeObject
  readonly says: GlobalService
}

/**
 * Cilium's global services: namesakes of all clusters that say so are one service. A Service that is not global stays as it is,
 * and keeps its endpoints to itself; so does one that is not shared, or whose namespace is not global, but these use others.
 */
export const ciliumDialect: ServiceDialect = {
  name: 'cilium',
  memberKinds: [],
  hubKinds: [],
  touches({ kind, metadata: { namespace, name } }) {
    return kind === 'Service' && namespace ? [{ namespace, name }] : []
  },
  offers(service, fleet) {
    const namesakes = findNamesakes(service, fleet)
    if (!namesakes.some(({ says }) => says.isGlobal)) return []
    const global = namesakes.filter(({ says }) => says.isGlobal).map(({ cluster }) => cluster.name)
    return namesakes.flatMap((namesake) => offerOf(service, namesake, global))
  },
  rules(service, fleet) {
    return findNamesakes(service, fleet)
      .filter(({ says }) => says.isGlobal)
      .map(({ cluster, says }): TrafficRule => {
        const origin = originOf(cluster, service)
        return { dialect: 'cilium', origin, service, consumers: [cluster.name], reach: 'same-name', affinity: says.affinity }
      })
  },
  diagnose(service, fleet) {
    const namesakes = findNamesakes(service, fleet)
    const found = namesakes.flatMap(({ cluster, says }) =>
      says.problems.map((problem): Diagnostic => ({ origin: originOf(cluster, service), severity: 'warning', ...problem })),
    )
    return [...found, ...diagnoseTogether(service, namesakes)]
  },
}

function findNamesakes(service: ServiceName, fleet: FleetFacts): Namesake[] {
  return fleet.clusters.flatMap((cluster) => {
    const object = cluster.service(service)
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return []
    return [{ cluster, object, says: readGlobalService(object) }]
  })
}

function offerOf(service: ServiceName, { cluster, object, says }: Namesake, global: readonly string[]): Offer[] {
  const fields = offerFieldsOf(object)
  if (fields === undefined) return []
  const given = says.isShared && isGlobalNamespace(cluster.namespace(service.namespace))
  return [
    {
      dialect: 'cilium',
      origin: originOf(cluster, service),
      service,
      cluster: cluster.name,
      createdMs: createdMsOf(object),
      reach: 'same-name',
      ...fields,
      labels: {},
      annotations: {},
      audience: { clusters: given ? global : [] },
      weight: 1,
      endpoints: endpointsOf(cluster.slices(service), cluster),
    },
  ]
}

/** What only shows when clusters are seen together. */
function diagnoseTogether(service: ServiceName, namesakes: readonly Namesake[]): Diagnostic[] {
  const global = namesakes.filter(({ says }) => says.isGlobal)
  if (global.length === 0) return []
  const found: Diagnostic[] = []
  const names = (of: readonly Namesake[]) => of.map(({ cluster }) => cluster.name).join(', ')
  for (const { cluster, says } of namesakes) {
    const origin = originOf(cluster, service)
    if (!says.isGlobal) {
      found.push({
        origin,
        severity: 'warning',
        message: `the service is global in ${names(global)} and not in ${cluster.name}: consumers here reach its own endpoints only, and no other cluster gets them`,
        fix: 'Annotate it with service.cilium.io/global: "true" here too, or give it another name.',
      })
    } else if (says.isShared && !isGlobalNamespace(cluster.namespace(service.namespace))) {
      found.push({
        origin,
        severity: 'warning',
        message: `the namespace ${service.namespace} is annotated with ${namespaceAnnotation} other than "true": other clusters do not get the endpoints`,
        fix: `Set ${namespaceAnnotation} of the namespace to "true", or remove it.`,
      })
    }
  }
  if (global.length === 1 && namesakes.length === 1) {
    found.push({
      origin: originOf(global[0]!.cluster, service),
      severity: 'warning',
      message: `no other cluster has a Service ${service.namespace}/${service.name}, so being global changes nothing`,
      fix: 'Create the Service in the other clusters too; one without selector is enough to use the endpoints of others.',
    })
  }
  return found
}

function originOf(cluster: ClusterFacts, { namespace, name }: ServiceName): Origin {
  return { cluster: cluster.name, text: `Service ${namespace}/${name}` }
}

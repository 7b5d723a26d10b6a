import { compareText } from '../../../base/compare-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { hubAsMember } from '../../../services/model/planned-write.js'
import { createdMsOf, endpointsOf, offerFieldsOf } from '../../../services/model/read-service.js'
import type { ClusterFacts, FleetFacts } from '../../../services/model/service-dialect.js'
import type { Endpoint, FleetService, Offer, ServiceName, ServicePort } from '../../../services/model/service-model.js'
import { rootNamespace } from '../names.js'
import { serviceEntryType, workloadEntryType } from '../resource-types.js'
import { fieldsOf, labelsOf, listOf, numberOf, textOf, textsOf } from '../validation/read-json.js'
import { isAccepted, type Place } from './accept.js'
import { specOf } from './find-rules.js'
import { serviceOfHost } from './host.js'
import { type EntryPort, endpointOf, isHealthy } from './workload.js'

/** A ServiceEntry with a host that means the service. */
export interface FoundEntry {
  readonly place: Place
  readonly object: KubeObject
  readonly host: string
  readonly reach: FleetService['reach']
}

/**
 * The ServiceEntries of the fleet that speak of a service, hub first, then by cluster and name. Whether their namespace may add to
 * it is another question (`mayAddTo`).
 */
export function findEntries(service: ServiceName, fleet: FleetFacts): readonly FoundEntry[] {
  return placesOf(fleet).flatMap((place) =>
    [...place.objects(serviceEntryType)]
      .sort((a, b) => compareText(`${a.metadata.namespace}/${a.metadata.name}`, `${b.metadata.namespace}/${b.metadata.name}`))
      .flatMap((object) => {
        if (object.metadata.deletionTimestamp !== undefined) return []
        return meantBy(object).flatMap(({ host, service: meant, reach }) =>
          meant.namespace === service.namespace && meant.name === service.name ? [{ place, object, host, reach }] : [],
        )
      }),
  )
}

/**
 * What an entry gives is written into the service's namespace, where only its own people may write: an entry counts for services
 * of its own namespace, and one in the root namespace, which is the mesh's administrator's, for all.
 */
export function mayAddTo(service: ServiceName, { metadata }: KubeObject): boolean {
  return metadata.namespace === service.namespace || metadata.namespace === rootNamespace
}

/** The services that the hosts of a ServiceEntry mean; wildcards mean none. */
export function meantBy(object: KubeObject): readonly { host: string; service: ServiceName; reach: FleetService['reach'] }[] {
  const namespace = object.metadata.namespace ?? ''
  const hosts = textsOf(specOf(object)['hosts']).filter((host) => !host.includes('*') && host !== '')
  return hosts.map((host) => ({ host, ...serviceOfHost(host, namespace) }))
}

/** The hub and every cluster, as places where objects of Istio are. */
export function placesOf(fleet: FleetFacts): readonly Place[] {
  const hub: Place = {
    name: 'hub',
    objects: (type, where) => fleet.hubObjects(type, where),
    namespace: (name) => fleet.cluster(hubAsMember)?.namespace(name),
  }
  return [
    hub,
    ...fleet.clusters
      .filter(({ name }) => name !== hubAsMember)
      .map(
        (cluster): Place => ({
          name: cluster.name,
          cluster,
          objects: (type, where) => cluster.objects(type, where),
          namespace: (name) => cluster.namespace(name),
        }),
      ),
  ]
}

/**
 * What ServiceEntries give to a service: in a cluster to consumers of that cluster alone, as Istio's configuration is each
 * cluster's own; on the hub to everybody. Where one adds endpoints to a Service of a cluster, the Service's own count there too.
 */
export function entryOffers(service: ServiceName, fleet: FleetFacts): Offer[] {
  const offers: Offer[] = []
  const joined = new Set<string>()
  for (const entry of findEntries(service, fleet)) {
    if (!mayAddTo(service, entry.object)) continue
    const offer = offerOf(service, entry)
    if (offer === undefined) continue
    offers.push(offer)
    if (entry.reach !== 'same-name') continue
    const { cluster } = entry.place
    for (const each of cluster === undefined ? fleet.clusters : [cluster]) {
      if (joined.has(each.name)) continue
      joined.add(each.name)
      const own = ownOffer(service, each)
      if (own !== undefined) offers.push(own)
    }
  }
  return offers
}

function offerOf(service: ServiceName, { place, object, reach }: FoundEntry): Offer | undefined {
  const spec = specOf(object)
  if (textsOf(spec['exportTo']).includes('~') || !isAccepted(object, place)) return undefined
  const ports = portsOf(object)
  const { name, namespace } = object.metadata
  return {
    dialect: 'istio',
    origin: { cluster: place.name, text: `ServiceEntry ${namespace}/${name}` },
    service,
    cluster: place.name,
    createdMs: createdMsOf(object),
    reach,
    type: 'ClusterSetIP',
    ports: ports.map(
      ({ name, number, protocol, appProtocol }): ServicePort => ({
        name,
        protocol,
        port: number,
        ...(appProtocol === '' ? {} : { appProtocol }),
      }),
    ),
    sessionAffinity: { type: 'None' },
    ipFamilies: ['IPv4'],
    labels: {},
    annotations: {},
    ...(place.cluster === undefined ? {} : { audience: { clusters: [] } }),
    weight: 1,
    endpoints: endpointsOfEntry(object, place, ports),
  }
}

function endpointsOfEntry(object: KubeObject, place: Place, ports: readonly EntryPort[]): Endpoint[] {
  const spec = specOf(object)
  if (textOf(spec['resolution']) === 'NONE' || spec['resolution'] === undefined) return []
  const network = place.cluster?.network ?? ''
  const selector = fieldsOf(spec['workloadSelector'])
  if (selector === undefined) {
    return listOf(spec['endpoints']).flatMap((each) => endpointOf(fieldsOf(each) ?? {}, ports, { isReady: true, network }) ?? [])
  }
  const wanted = Object.entries(labelsOf(selector['labels']))
  const { namespace } = object.metadata
  return place.objects(workloadEntryType, namespace === undefined ? {} : { namespace }).flatMap((entry) => {
    const workload = specOf(entry)
    const labels = { ...entry.metadata.labels, ...labelsOf(workload['labels']) }
    if (entry.metadata.deletionTimestamp !== undefined || !wanted.every(([key, value]) => labels[key] === value)) return []
    if (!isAccepted(entry, place)) return []
    return endpointOf(workload, ports, { isReady: isHealthy(entry), labels, network }) ?? []
  })
}

function portsOf(object: KubeObject): (EntryPort & { appProtocol: string })[] {
  return listOf(specOf(object)['ports']).map((each) => {
    const port = fieldsOf(each) ?? {}
    const protocol = textOf(port['protocol']).toLowerCase()
    return {
      name: textOf(port['name']),
      number: numberOf(port['number']),
      targetPort: numberOf(port['targetPort']),
      protocol: protocol === 'udp' ? 'UDP' : 'TCP',
      appProtocol: protocol === 'udp' || protocol === 'tcp' ? '' : protocol,
    }
  })
}

function ownOffer(service: ServiceName, cluster: ClusterFacts): Offer | undefined {
  const object = cluster.service(service)
  const fields = object === undefined ? undefined : offerFieldsOf(object)
  if (object === undefined || fields === undefined || object.metadata.deletionTimestamp !== undefined) return undefined
  return {
    dialect: 'istio',
    origin: { cluster: cluster.name, text: `Service ${service.namespace}/${service.name}` },
    service,
    cluster: cluster.name,
    createdMs: createdMsOf(object),
    reach: 'same-name',
    ...fields,
    labels: {},
    annotations: {},
    audience: { clusters: [] },
    weight: 1,
    endpoints: endpointsOf(cluster.slices(service), cluster),
  }
}

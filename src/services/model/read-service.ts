import type { KubeObject } from '../../kube/object/kube-object.js'
import { isDns1123Label, isQualifiedName } from '../../kube/object/names.js'
import type { EndpointSlice, KubeService, SliceEndpoint } from './kube-kinds.js'
import type { ClusterFacts } from './service-dialect.js'
import type { Endpoint, EndpointPort, Locality, Offer, ServicePort } from './service-model.js'
import { mostPorts } from './service-ports.js'

/** What an offer takes over from the Service that it is about. Undefined for kinds of Service that have no endpoints. */
export function offerFieldsOf(
  object: KubeObject,
):
  | Pick<Offer, 'type' | 'ports' | 'sessionAffinity' | 'internalTrafficPolicy' | 'trafficDistribution' | 'ipFamilies'>
  | undefined {
  const spec = (object as KubeService).spec ?? {}
  const families = [...new Set(spec.ipFamilies ?? [])].filter((family) => family === 'IPv4' || family === 'IPv6')
  if (spec.type === 'ExternalName') return undefined
  const timeoutSeconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
  const sticky = spec.sessionAffinity === 'ClientIP'
  return {
    type: spec.clusterIP === 'None' ? 'Headless' : 'ClusterSetIP',
    ports: (spec.ports ?? [])
      .slice(0, mostPorts)
      .filter(({ name }) => !name || isDns1123Label(name))
      .map(servicePort),
    sessionAffinity: sticky ? { type: 'ClientIP', ...(isTimeout(timeoutSeconds) ? { timeoutSeconds } : {}) } : { type: 'None' },
    ...(spec.internalTrafficPolicy === 'Local' || spec.internalTrafficPolicy === 'Cluster'
      ? { internalTrafficPolicy: spec.internalTrafficPolicy }
      : {}),
    ...(spec.trafficDistribution && /^[A-Za-z]{1,63}$/.test(spec.trafficDistribution)
      ? { trafficDistribution: spec.trafficDistribution }
      : {}),
    ipFamilies: families.length === 0 ? ['IPv4'] : families,
  }
}

export function servicePort(port: { name?: string; protocol?: string; port: number; appProtocol?: string }): ServicePort {
  return {
    name: port.name ?? '',
    protocol: protocolOf(port.protocol),
    port: port.port,
    ...(port.appProtocol && isQualifiedName(port.appProtocol) ? { appProtocol: port.appProtocol } : {}),
  }
}

/** The endpoints of a cluster's own Service, as its slices say. An address that stands in several slices is one endpoint. */
export function endpointsOf(slices: readonly KubeObject[], cluster: ClusterFacts): Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const object of slices) {
    const slice = object as EndpointSlice
    if (slice.addressType === 'FQDN') continue
    const ports: EndpointPort[] = (slice.ports ?? [])
      .slice(0, mostPorts)
      .flatMap(({ name, protocol, port }) => (port ? [{ name: name ?? '', protocol: protocolOf(protocol), port }] : []))
    for (const each of slice.endpoints ?? []) {
      const key = `${each.addresses[0]} ${each.hostname ?? ''}`
      const known = found.get(key)
      if (known === undefined) found.set(key, endpointOf(each, ports, cluster, object.metadata.namespace ?? ''))
      else if (known.ports !== ports) found.set(key, { ...known, ports: together(known.ports, ports) })
    }
  }
  return [...found.values()]
}

function endpointOf(from: SliceEndpoint, ports: readonly EndpointPort[], cluster: ClusterFacts, namespace: string): Endpoint {
  const { addresses, conditions, hostname, nodeName, zone, targetRef } = from
  const ready = conditions?.ready ?? true
  const onNode = cluster.localityOfNode(nodeName)
  const locality: Locality = onNode.zone === '' && zone ? { ...onNode, zone } : onNode
  return {
    addresses,
    ports,
    ready,
    serving: conditions?.serving ?? ready,
    terminating: conditions?.terminating ?? false,
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { node: nodeName } : {}),
    locality,
    labels: (targetRef?.kind === 'Pod' && targetRef.name ? cluster.podLabels?.(namespace, targetRef.name) : undefined) ?? {},
    weight: 1,
    network: cluster.network,
  }
}

function together(some: readonly EndpointPort[], more: readonly EndpointPort[]): readonly EndpointPort[] {
  const keyOf = ({ name, protocol, port }: EndpointPort) => `${name}/${protocol}/${port}`
  const known = new Set(some.map(keyOf))
  return [...some, ...more.filter((port) => !known.has(keyOf(port)))].slice(0, mostPorts)
}

function isTimeout(seconds: number | undefined): seconds is number {
  return seconds !== undefined && Number.isInteger(seconds) && seconds > 0 && seconds <= 86_400
}

/** When an object was made; one that does not say it decides nothing over those that do. */
export function createdMsOf({ metadata }: KubeObject): number {
  const createdMs = Date.parse(metadata.creationTimestamp ?? '')
  return Number.isNaN(createdMs) ? Number.MAX_SAFE_INTEGER : createdMs
}

function protocolOf(text: string | undefined): 'TCP' | 'UDP' | 'SCTP' {
  return text === 'UDP' || text === 'SCTP' ? text : 'TCP'
}

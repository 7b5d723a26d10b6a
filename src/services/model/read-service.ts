import type { KubeObject } from '../../kube/object/kube-object.js'
import type { EndpointSlice, KubeService, SliceEndpoint } from './kube-kinds.js'
import type { ClusterFacts } from './service-dialect.js'
import type { Endpoint, EndpointPort, Locality, Offer, ServicePort } from './service-model.js'

/** What an offer takes over from the Service that it is about. Undefined for kinds of Service that have no endpoints. */
export function offerFieldsOf(
  object: KubeObject,
):
  | Pick<Offer, 'type' | 'ports' | 'sessionAffinity' | 'internalTrafficPolicy' | 'trafficDistribution' | 'ipFamilies'>
  | undefined {
  const spec = (object as KubeService).spec ?? {}
  if (spec.type === 'ExternalName') return undefined
  const timeoutSeconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
  const sticky = spec.sessionAffinity === 'ClientIP'
  return {
    type: spec.clusterIP === 'None' ? 'Headless' : 'ClusterSetIP',
    ports: (spec.ports ?? []).map(servicePort),
    sessionAffinity: sticky
      ? { type: 'ClientIP', ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) }
      : { type: 'None' },
    ...(spec.internalTrafficPolicy === 'Local' || spec.internalTrafficPolicy === 'Cluster'
      ? { internalTrafficPolicy: spec.internalTrafficPolicy }
      : {}),
    ...(spec.trafficDistribution ? { trafficDistribution: spec.trafficDistribution } : {}),
    ipFamilies: spec.ipFamilies ?? ['IPv4'],
  }
}

export function servicePort(port: { name?: string; protocol?: string; port: number; appProtocol?: string }): ServicePort {
  return {
    name: port.name ?? '',
    protocol: protocolOf(port.protocol),
    port: port.port,
    ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
  }
}

/** The endpoints of a cluster's own Service, as its slices say. An address that stands in several slices is one endpoint. */
export function endpointsOf(slices: readonly KubeObject[], cluster: ClusterFacts): Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const object of slices) {
    const slice = object as EndpointSlice
    if (slice.addressType === 'FQDN') continue
    const ports: EndpointPort[] = (slice.ports ?? []).flatMap(({ name = '', protocol, port }) =>
      port ? [{ name, protocol: protocolOf(protocol), port }] : [],
    )
    for (const each of slice.endpoints ?? []) {
      const key = `${each.addresses[0]} ${each.hostname ?? ''}`
      const known = found.get(key)
      if (known === undefined) found.set(key, endpointOf(each, ports, cluster))
      else
        found.set(key, {
          ...known,
          ports: [...known.ports, ...ports.filter((port) => !known.ports.some((own) => samePort(own, port)))],
        })
    }
  }
  return [...found.values()]
}

function endpointOf(from: SliceEndpoint, ports: readonly EndpointPort[], cluster: ClusterFacts): Endpoint {
  const { addresses, conditions, hostname, nodeName, zone } = from
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
    labels: {},
    weight: 1,
    network: cluster.network,
  }
}

function samePort(a: EndpointPort, b: EndpointPort): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.port === b.port
}

function protocolOf(text: string | undefined): 'TCP' | 'UDP' | 'SCTP' {
  return text === 'UDP' || text === 'SCTP' ? text : 'TCP'
}

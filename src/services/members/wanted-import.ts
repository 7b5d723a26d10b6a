import { compareText } from '../../base/compare-text.js'
import type { KubeService } from '../model/kube-kinds.js'
import type { ImportPort, ServiceImport, ServiceImportSpec } from '../model/multi-cluster-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import type { FleetService, ServicePort } from '../model/service-model.js'
import { portText } from '../model/service-ports.js'

/** What a ServiceImport says of a service, whatever the cluster; `ips` and the families of a cluster's address come on top. */
export function importSpecOf(service: FleetService): ServiceImportSpec {
  const { sessionAffinity, internalTrafficPolicy, trafficDistribution } = service
  return {
    type: service.type,
    ports: service.ports.map(importPort),
    ipFamilies: [...service.ipFamilies],
    sessionAffinity: sessionAffinity.type,
    ...(sessionAffinity.timeoutSeconds === undefined
      ? {}
      : { sessionAffinityConfig: { clientIP: { timeoutSeconds: sessionAffinity.timeoutSeconds } } }),
    ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
    ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
  }
}

function importPort({ name, protocol, port, appProtocol }: ServicePort): ImportPort {
  return { ...(name === '' ? {} : { name }), protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) }
}

/** The Service in a consuming cluster that gives the import its address. It has no selector: its slices are the catalogue's. */
export function derivedSpecOf(service: FleetService): NonNullable<KubeService['spec']> {
  const { ports: _, ipFamilies, type: __, ...rest } = importSpecOf(service)
  return {
    ...rest,
    type: 'ClusterIP',
    // A Service with several ports must name all of them.
    ports: namedPorts(service.ports).map(({ port, name }) => ({ ...importPort({ ...port, name }), targetPort: port.port })),
    // Asked for by policy: a family that the cluster does not have would be refused.
    ipFamilyPolicy: ipFamilies?.includes('IPv6') ? 'PreferDualStack' : 'SingleStack',
  }
}

/** The names by which the ports go on derived Services and their slices. */
export function namedPorts(ports: readonly ServicePort[]): { port: ServicePort; name: string }[] {
  return ports.map((port) => ({
    port,
    name: port.name === '' && ports.length > 1 ? `port-${port.port}-${port.protocol.toLowerCase()}` : port.name,
  }))
}

/** True when the catalogue made the import, or was let in by the person who did. */
export function isOurs(found: ServiceImport): boolean {
  return found.metadata.labels?.[multiClusterNames.ownerLabel] === multiClusterNames.owner
}

export function isAdopted(found: ServiceImport): boolean {
  return found.metadata.annotations?.[multiClusterNames.adoptedAnnotation] === 'true'
}

/**
 * What a ServiceImport that somebody else wrote has to do with the service: `adopt`: it says the same; `foreign`: another
 * controller keeps it; else the difference in words.
 */
export function judgeImport(
  found: ServiceImport,
  service: FleetService,
): { adopt: true } | { foreign: true } | { differs: string } {
  const { metadata, spec, status } = found
  const kept =
    (metadata.ownerReferences?.length ?? 0) > 0 ||
    metadata.labels?.[multiClusterNames.ownerLabel] !== undefined ||
    metadata.annotations?.[multiClusterNames.derivedServiceAnnotation] !== undefined ||
    (status?.clusters?.length ?? 0) > 0
  if (kept) return { foreign: true }
  if (spec?.type !== service.type)
    return { differs: `it is ${spec?.type ?? 'without a type'}, the exported service is ${service.type}` }
  const written = (spec.ports ?? []).map(
    ({ port, protocol }): ServicePort => ({ name: '', port, protocol: (protocol ?? 'TCP') as ServicePort['protocol'] }),
  )
  const texts = (ports: readonly ServicePort[]) => ports.map((port) => portText({ ...port, name: '' })).sort(compareText)
  const [own, exported] = [texts(written), texts(service.ports)]
  if (own.join() === exported.join()) return { adopt: true }
  return { differs: `it has ${own.join(', ') || 'no ports'}, the exported service has ${exported.join(', ') || 'no ports'}` }
}

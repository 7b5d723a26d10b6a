import type { Endpoint, EndpointPort, FleetService, Offer, RankedPort, ServicePort } from '../service-model.js'

/**
 * The service's ports that an offer exposes, with where an endpoint of it listens. Where offers disagree on a port, the
 * service has the winner's, and only those who expose just that get its traffic (KEP-1645).
 */
export function exposedPorts(service: FleetService, offer: Offer, endpoint: Endpoint): readonly RankedPort[] {
  const found: RankedPort[] = []
  const offered = offeredPorts(offer)
  const listening = listeningPorts(endpoint.ports)
  for (const port of service.ports) {
    const own = offered.get(`${port.port}/${port.protocol}`)
    if (own === undefined) continue
    const target =
      listening.get(`${own.name}/${own.protocol}`) ??
      // One port needs no name, and then may have one on one side only.
      (offer.ports.length === 1 && endpoint.ports.length === 1 ? endpoint.ports[0] : undefined)
    if (target !== undefined && target.protocol === own.protocol) found.push({ port, targetPort: target.port })
  }
  return found
}

const offeredBy = new WeakMap<readonly ServicePort[], ReadonlyMap<string, ServicePort>>()
const listeningBy = new WeakMap<readonly EndpointPort[], ReadonlyMap<string, EndpointPort>>()

function offeredPorts({ ports }: Offer): ReadonlyMap<string, ServicePort> {
  let known = offeredBy.get(ports)
  if (known === undefined) offeredBy.set(ports, (known = firstBy(ports, (each) => `${each.port}/${each.protocol}`)))
  return known
}

/** Endpoints of one slice share their list. */
function listeningPorts(ports: readonly EndpointPort[]): ReadonlyMap<string, EndpointPort> {
  let known = listeningBy.get(ports)
  if (known === undefined) listeningBy.set(ports, (known = firstBy(ports, (each) => `${each.name}/${each.protocol}`)))
  return known
}

function firstBy<T>(list: readonly T[], keyOf: (each: T) => string): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  for (const each of list) if (!found.has(keyOf(each))) found.set(keyOf(each), each)
  return found
}

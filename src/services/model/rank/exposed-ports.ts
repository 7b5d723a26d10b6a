import type { Endpoint, FleetService, Offer, RankedPort } from '../service-model.js'

/**
 * The service's ports that an offer exposes, with where an endpoint of it listens. Where offers disagree on a port, the
 * service has the winner's, and only those who expose just that get its traffic (KEP-1645).
 */
export function exposedPorts(service: FleetService, offer: Offer, endpoint: Endpoint): readonly RankedPort[] {
  const found: RankedPort[] = []
  for (const port of service.ports) {
    const own = offer.ports.find((each) => each.protocol === port.protocol && each.port === port.port)
    if (own === undefined) continue
    const target =
      endpoint.ports.find((each) => each.name === own.name && each.protocol === own.protocol) ??
      // One port needs no name, and then may have one on one side only.
      (offer.ports.length === 1 && endpoint.ports.length === 1 ? endpoint.ports[0] : undefined)
    if (target !== undefined && target.protocol === own.protocol) found.push({ port, targetPort: target.port })
  }
  return found
}

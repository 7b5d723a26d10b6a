import type { FleetService, Offer, ServicePort } from './service-model.js'

/**
 * The ports of the merged service that an offer really has, and the names that it has for them. A port on which the offer
 * disagrees is none of its: traffic for it goes only to clusters that expose it as the service says (KEP-1645).
 */
export function offeredPorts(
  service: Pick<FleetService, 'ports'>,
  offer: Pick<Offer, 'ports'>,
): { port: ServicePort; as: string }[] {
  const found: { port: ServicePort; as: string }[] = []
  for (const port of service.ports) {
    const own = offer.ports.find((candidate) => samePlace(candidate, port))
    if (own !== undefined) found.push({ port, as: own.name })
  }
  return found
}

/** Protocol and number, by which clients come; the name is how cluster and service agree on them. */
export function samePlace(a: ServicePort, b: ServicePort): boolean {
  return a.port === b.port && a.protocol === b.protocol
}

/** `http 80/TCP` */
export function portText(port: ServicePort): string {
  return `${port.name === '' ? '' : `${port.name} `}${port.port}/${port.protocol}`
}

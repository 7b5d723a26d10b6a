import type { ServiceCatalogue } from '../catalogue/catalogue.js'
import { explainAudience } from '../model/rank/may-use.js'
import { prepareOffers } from '../model/rank/prepare-offers.js'
import type { FleetService, Offer } from '../model/service-model.js'
import type { GatewayRoutes } from './contract.js'
import type { Place } from './dial.js'
import type { GatewayTarget } from './sni-name.js'

/** On a Service: `true` lets TLS through to its endpoints from callers whom the gateway cannot identify. */
export const passthroughAnnotation = 'flotilla.dev/gateway-passthrough'

export interface CatalogueRoutesOptions {
  readonly catalogue: Pick<ServiceCatalogue, 'get' | 'facts'>
  /** The cluster whose gateway it is. */
  readonly cluster: string
  /** Labels of a caller's cluster, for audiences by selector (default: as the catalogue knows the cluster). */
  readonly labelsOf?: (cluster: string) => Readonly<Record<string, string>>
}

/**
 * What a cluster's gateway leads to: its own endpoints, in its own network, of what it offers itself, for clusters that may use
 * the offer. Of offers that disagree on a port, the one that has it leads somewhere, as for every other consumer. TLS that
 * goes through identifies nobody: the Service has to allow it, and must not limit who may use it.
 */
export function createCatalogueRoutes(options: CatalogueRoutesOptions): GatewayRoutes {
  const { catalogue, cluster } = options
  const labelsOf = options.labelsOf ?? ((name: string) => catalogue.facts.cluster(name)?.labels ?? {})
  return {
    backends(target, caller) {
      const service = serviceOf(target, catalogue)
      const offers = service?.offers.filter((offer) => offer.cluster === cluster) ?? []
      if (service === undefined || offers.length === 0) return { refused: `${cluster} offers no service ${target.host}` }
      const refusals: string[] = []
      const places: { ready: Place[]; going: Place[] } = { ready: [], going: [] }
      const network = catalogue.facts.cluster(cluster)?.network ?? ''
      for (const { offer, ready, terminating } of prepareOffers(service)) {
        if (!offers.includes(offer)) continue
        const refused = caller === undefined ? closedTo(offer, options) : explainAudience(offer, caller, labelsOf)
        if (refused !== undefined) {
          refusals.push(refused)
          continue
        }
        for (const [from, to] of [[ready, places.ready] as const, [terminating, places.going] as const]) {
          for (const { endpoint, ranked } of from) {
            const found = ranked.ports.find(({ port }) => port.protocol === 'TCP' && port.port === target.port)
            if (found !== undefined && endpoint.network === network)
              to.push({ address: endpoint.addresses[0]!, port: found.targetPort })
          }
        }
      }
      if (refusals.length === offers.length) return { refused: refusals.join('; ') }
      const found = places.ready.length > 0 ? places.ready : places.going
      if (found.length > 0) return found
      if (!service.ports.some((port) => port.protocol === 'TCP' && port.port === target.port))
        return { refused: `${target.host} has no TCP port ${target.port}` }
      return { refused: `${cluster} has no ready endpoint of ${target.host} at port ${target.port}` }
    },
  }
}

function closedTo(offer: Offer, { catalogue, cluster }: CatalogueRoutesOptions): string | undefined {
  const { namespace, name } = offer.service
  const annotations = catalogue.facts.cluster(cluster)?.service(offer.service)?.metadata.annotations
  if (annotations?.[passthroughAnnotation] !== 'true')
    return `Service ${namespace}/${name} lets no TLS through: it has no annotation ${passthroughAnnotation}: "true"`
  return offer.audience === undefined
    ? undefined
    : `Service ${namespace}/${name} is for some clusters only, and with TLS that goes through nobody is identified`
}

/** `api.shop.svc.clusterset.local` is the service of the cluster set, `....svc.cluster.local` the one of the same name. */
function serviceOf({ host }: GatewayTarget, catalogue: CatalogueRoutesOptions['catalogue']): FleetService | undefined {
  const found = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.(clusterset|cluster)\.local$/.exec(host)
  if (found === null) return undefined
  return catalogue.get({ namespace: found[2]!, name: found[1]! }, found[3] === 'clusterset' ? 'clusterset' : 'same-name')
}

/** The host by which gateways know a service. */
export function gatewayHostOf({ service, reach }: Pick<FleetService, 'service' | 'reach'>): string {
  return `${service.name}.${service.namespace}.svc.${reach === 'clusterset' ? 'clusterset' : 'cluster'}.local`
}

/** A service at one of its ports, with the endpoints that TLS goes through to. */
export interface PassthroughRoute {
  readonly host: string
  readonly port: number
  readonly places: readonly Place[]
}

/** Everything that a cluster's gateway lets TLS through to now, for engines that are told instead of asking. Sorted by host and port. */
export function listPassthroughRoutes(
  options: CatalogueRoutesOptions & { readonly catalogue: Pick<ServiceCatalogue, 'list'> },
): PassthroughRoute[] {
  const { backends } = createCatalogueRoutes(options)
  return options.catalogue.list().flatMap((service) => {
    if (!service.offers.some((offer) => offer.cluster === options.cluster)) return []
    const host = gatewayHostOf(service)
    return service.ports.flatMap(({ protocol, port }) => {
      if (protocol !== 'TCP') return []
      const places = backends({ mode: 'passthrough', host, port }, undefined)
      return 'refused' in places ? [] : [{ host, port, places }]
    })
  })
}

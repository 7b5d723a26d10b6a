import type { ServiceCatalogue } from '../catalogue/catalogue.js'
import type { GatewayMap } from './through-gateways.js'

/** The map of a fleet as its catalogue knows it now. `has`: whether a cluster's gateway takes connections from other networks. */
export function createGatewayMap(
  catalogue: ServiceCatalogue,
  gateways: { has(cluster: string): boolean; readonly egress: GatewayMap['egress'] },
): GatewayMap {
  let networks = new Set<string>()
  let revision = -1
  return {
    isNetwork(name) {
      if (revision !== catalogue.revision) {
        networks = new Set(catalogue.facts.clusters.map(({ network }) => network))
        revision = catalogue.revision
      }
      return networks.has(name)
    },
    networkBehind: (cluster) => (gateways.has(cluster) ? catalogue.facts.cluster(cluster)?.network : undefined),
    egress: gateways.egress,
  }
}

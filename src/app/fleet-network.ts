import { createServer } from 'node:net'
import type { ClusterNetwork } from '../apiserver/contract.js'
import {
  apiServiceAddressOf,
  dnsServiceAddressOf,
  mostClusters,
  networkOfNumber,
} from '../apiserver/members/network/address-plan.js'
import { boundPort, type LoopbackAbilities } from '../apiserver/members/network/bound-port.js'

/** The clusters of a fleet with their addresses. */
export interface FleetNetwork {
  readonly abilities: LoopbackAbilities
  /** Undefined where the machine has only one loopback address. */
  networkOf(cluster: string): ClusterNetwork | undefined
  apiAddressOf(cluster: string): { host: string; port: number } | undefined
  /** Where a cluster's name server answers. */
  nameServerOf(cluster: string): { address: string; port: number } | undefined
  boundPort(port: number): number
  /** The addresses of the clusters' Services `kubernetes`, for the server's certificate. */
  readonly apiServiceAddresses: readonly string[]
}

/** A cluster as its fleet's configuration knows it. */
export interface PlacedCluster {
  readonly name: string
  readonly port: number
  /** Its number in the address plan. */
  readonly number: number
}

export function createFleetNetwork(clusters: readonly PlacedCluster[], host: string, abilities: LoopbackAbilities): FleetNetwork {
  const ports = new Map(clusters.map((cluster) => [cluster.name, cluster.port]))
  const networks = new Map<string, ClusterNetwork>()
  for (const { name, number } of abilities.addresses ? clusters : []) {
    const network = networkOfNumber(number)
    if (network !== undefined) networks.set(name, network)
  }
  const bound = (port: number) => boundPort(port, abilities)
  return {
    abilities,
    networkOf: (cluster) => networks.get(cluster),
    apiAddressOf(cluster) {
      const port = ports.get(cluster)
      return port === undefined ? undefined : { host, port }
    },
    nameServerOf(cluster) {
      const network = networks.get(cluster)
      return network && { address: dnsServiceAddressOf(network), port: bound(53) }
    },
    boundPort: bound,
    apiServiceAddresses: [...networks.values()].map(apiServiceAddressOf),
  }
}

/** Fleets on one machine begin this many clusters apart. */
const apart = 256

/**
 * The number of the hub of a new fleet: 0, or the next one at which no other fleet's name server listens now. A fleet that
 * is stopped is not seen; of two fleets with the same addresses, the one that starts first has them.
 */
export async function findNetworkStart(abilities: LoopbackAbilities): Promise<number> {
  if (!abilities.addresses) return 0
  for (let start = 0; start < mostClusters; start += apart) {
    const network = networkOfNumber(start)
    if (network !== undefined && (await isFree(dnsServiceAddressOf(network), boundPort(53, abilities)))) return start
  }
  return 0
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer()
    probe.once('error', () => done(false))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => done(true)))
  })
}

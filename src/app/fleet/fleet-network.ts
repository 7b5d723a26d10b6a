import { createServer, type Server } from 'node:net'
import type { ClusterNetwork } from '../../apiserver/contract.js'
import {
  addressAt,
  apiServiceAddressOf,
  claimAddressOf,
  dnsServiceAddressOf,
  mostClusters,
  networkOfNumber,
} from '../../apiserver/members/network/address-plan.js'
import { boundPort, type LoopbackAbilities } from '../../apiserver/members/network/bound-port.js'
import { parseRange } from '../../apiserver/registry/allocation/ipv4.js'

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
  readonly host: string
  readonly port: number
  /** Its number in the address plan. */
  readonly number: number
}

/** `clusters` may come and go; the network of one never changes while it lives. */
export function createFleetNetwork(
  clusters: { find(name: string): PlacedCluster | undefined; all(): readonly PlacedCluster[] },
  abilities: LoopbackAbilities,
): FleetNetwork {
  const networks = new Map<number, ClusterNetwork | undefined>()
  const networkOf = (cluster: string): ClusterNetwork | undefined => {
    const place = abilities.addresses ? clusters.find(cluster) : undefined
    if (place === undefined) return undefined
    if (!networks.has(place.number)) networks.set(place.number, networkOfNumber(place.number))
    return networks.get(place.number)
  }
  const bound = (port: number) => boundPort(port, abilities)
  return {
    abilities,
    networkOf,
    apiAddressOf(cluster) {
      const place = clusters.find(cluster)
      return place && { host: place.host, port: place.port }
    },
    nameServerOf(cluster) {
      const network = networkOf(cluster)
      return network && { address: dnsServiceAddressOf(network), port: bound(53) }
    },
    boundPort: bound,
    get apiServiceAddresses() {
      return clusters.all().flatMap(({ name }) => {
        const network = networkOf(name)
        return network === undefined ? [] : [apiServiceAddressOf(network)]
      })
    },
  }
}

/** Where a cluster that asks for an address of its own is served: the last address but one of its nodes. */
export function ownAddressOf(number: number): string | undefined {
  const network = networkOfNumber(number)
  return network && addressAt(network.nodeRange, parseRange(network.nodeRange).size - 2)
}

/** Where a cluster's gateways to other networks are: the last address but two of its nodes. */
export function gatewayAddressOf(network: ClusterNetwork | undefined): string | undefined {
  return network && addressAt(network.nodeRange, parseRange(network.nodeRange).size - 3)
}

/** Fleets on one machine begin this many clusters apart. */
const apart = 256
/** Clusters of a place that are looked at before it is taken: what is no fleet may listen there. */
const looked = 8
const claimPort = 10_001

/** A part of the addresses of this machine, held for as long as the process runs. */
export interface AddressClaim {
  /** The number of the hub. */
  readonly start: number
  /** False: another fleet that runs now has these addresses. */
  readonly exclusive: boolean
  release(): void
}

/**
 * Takes the addresses of a fleet: those that it has had (`known`), or for a new one the first that are free. A listener at an
 * address that the plan keeps free stands for the claim, so that of two fleets which start together only one gets it. Fleets
 * that are stopped claim nothing; of two with the same addresses, the one that starts first has them.
 */
export async function claimAddresses(
  abilities: LoopbackAbilities,
  known: number | undefined,
  /** Clusters that the fleet has, the hub among them: a large one takes the places of several. */
  clusters = 1,
): Promise<AddressClaim> {
  const unclaimed = { start: known ?? 0, exclusive: true, release: () => {} }
  if (!abilities.addresses) return unclaimed
  const places = Math.max(1, Math.ceil(clusters / apart))
  const last = Math.floor(mostClusters / apart)
  const starts =
    known === undefined ? Array.from({ length: Math.max(1, last + 2 - places) }, (_, index) => index * apart) : [known]
  for (const start of starts) {
    const holders = await claimPlaces(start, places)
    if (holders === undefined) continue
    const release = () => {
      for (const holder of holders) holder.close()
    }
    if (known !== undefined || (await isQuiet(start, abilities))) return { start, exclusive: true, release }
    release()
  }
  return { ...unclaimed, exclusive: false }
}

/** One listener for each place; undefined, and none, when somebody has one of them. */
async function claimPlaces(start: number, places: number): Promise<Server[] | undefined> {
  const holders: Server[] = []
  for (let place = 0; place < places; place++) {
    const network = networkOfNumber(start + place * apart)
    // Beyond the end of the plan clusters have no addresses of their own.
    if (network === undefined) break
    const holder = await listenAt(claimAddressOf(network), claimPort)
    if (holder === undefined) {
      for (const each of holders) each.close()
      return undefined
    }
    holders.push(holder)
  }
  return holders.length === 0 ? undefined : holders
}

async function isQuiet(start: number, abilities: LoopbackAbilities): Promise<boolean> {
  for (let number = start; number < start + looked; number++) {
    const network = networkOfNumber(number)
    if (network === undefined) return false
    const probe = await listenAt(dnsServiceAddressOf(network), boundPort(53, abilities))
    if (probe === undefined) return false
    await new Promise((done) => probe.close(done))
  }
  return true
}

/** Undefined when something listens there. */
function listenAt(host: string, port: number): Promise<Server | undefined> {
  return new Promise((done) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => done(undefined))
    server.listen({ host, port, exclusive: true }, () => done(server.unref()))
  })
}

import type { ClusterNetwork } from '../../contract.js'
import { formatAddress, parseAddress, parseRange } from '../../registry/allocation/ipv4.js'

/**
 * How the addresses of 127.0.0.0/8 are shared out. The first /19 (127.0.0.0 to 127.0.31.255) is left to the machine, with
 * its 127.0.0.1, 127.0.1.1 and 127.0.0.53. Every other /19 is one cluster's:
 *
 *     +0      /21   Services: .1 is `kubernetes`, .10 is `kube-dns`
 *     +2048   /23   nodes
 *     +2560   /23   load balancers
 *     +3072   /22   kept free
 *     +4096   /20   pods that run as processes
 *
 * Cluster 0, the hub of the first fleet on a machine, thus has Services at 127.0.32.0/21 and pods at 127.0.48.0/20.
 */
export const mostClusters = 2047

const blockSize = 8192
const firstBlock = parseAddress('127.0.32.0')!
const offsets = { services: 0, nodes: 2048, loadBalancers: 2560, free: 3072, pods: 4096 }

/** The network of the cluster with this number; undefined when there are no addresses left for it. */
export function networkOfNumber(number: number): ClusterNetwork | undefined {
  if (!Number.isInteger(number) || number < 0 || number >= mostClusters) return undefined
  const start = firstBlock + number * blockSize
  const range = (offset: number, bits: number) => `${formatAddress(start + offset)}/${bits}`
  return {
    serviceRange: range(offsets.services, 21),
    podRange: range(offsets.pods, 20),
    nodeRange: range(offsets.nodes, 23),
    loadBalancerRange: range(offsets.loadBalancers, 23),
  }
}

/** The number of the cluster that an address belongs to; undefined for addresses outside the plan. */
export function clusterNumberOf(address: string): number | undefined {
  const number = parseAddress(address)
  if (number === undefined || number < firstBlock || number >= firstBlock + mostClusters * blockSize) return undefined
  return Math.floor((number - firstBlock) / blockSize)
}

/** The InternalIP of a cluster's n-th node (from 1). */
export function nodeAddress(network: ClusterNetwork, n: number): string {
  return addressAt(network.nodeRange, n)
}

/** Where `kubernetes.default` is. */
export function apiServiceAddressOf(network: ClusterNetwork): string {
  return addressAt(network.serviceRange, 1)
}

/** Where `kube-dns.kube-system` is, and with it the cluster's name server. */
export function dnsServiceAddressOf(network: ClusterNetwork): string {
  return addressAt(network.serviceRange, 10)
}

/** In the part that is kept free: who listens here has the addresses of this cluster and those after it. */
export function claimAddressOf(network: ClusterNetwork): string {
  return formatAddress(parseRange(network.serviceRange).first + offsets.free)
}

/** The address at a distance from the start of a range such as `127.0.40.0/23`; wraps around within the range. */
export function addressAt(range: string, distance: number): string {
  const { first, size } = parseRange(range)
  return formatAddress(first + (distance % size))
}

/** Whether the address is of the range. */
export function isWithin(range: string, address: string): boolean {
  const number = parseAddress(address)
  if (number === undefined) return false
  const { first, size } = parseRange(range)
  return number >= first && number < first + size
}

import { blockAt, type Cidr, contains, formatAddress, formatCidr, overlap, parseCidr } from './cidr.js'

/** What a cluster has in the broker's record. */
export interface ClusterInfo {
  readonly cluster_id: string
  readonly global_cidr: readonly string[]
}

/** A result, or why there is none, in Submariner's words. */
export type Outcome<T> = { readonly value: T } | { readonly error: string }

/** Rounded up to a power of two; at most half of the range, so that two clusters have room. */
export function validAllocationSize(range: string, size: number): Outcome<number> {
  const cidr = parseCidr(range)
  if (cidr === undefined) return { error: `invalid CIDR address: ${range}` }
  const most = 2 ** (32 - cidr.prefix) / 2
  const rounded = size <= 0 ? 0 : 2 ** Math.ceil(Math.log2(size))
  if (rounded > most) return { error: `cluster size ${size}, should be <= ${Math.floor(most)}` }
  return rounded === 0 ? { error: 'cluster size must be > 0' } : { value: rounded }
}

/**
 * The first block of `size` addresses (a power of two) in the range that no recorded block overlaps, from the range's start
 * upwards. Recorded blocks outside of the range do no harm.
 */
export function allocateCidr(range: string, size: number, clusters: readonly ClusterInfo[]): Outcome<string> {
  const network = parseCidr(range)
  if (network === undefined) return { error: `unable to parse CIDR "${range}"` }
  const taken: Cidr[] = []
  for (const text of clusters.flatMap((each) => each.global_cidr)) {
    const cidr = parseCidr(text)
    if (cidr === undefined) return { error: `unable to parse CIDR "${text}"` }
    taken.push(cidr)
  }
  const prefix = 32 - Math.round(Math.log2(size))
  let at = network.first
  for (;;) {
    if (!contains(network, at)) return { error: `no more allocations available in "${formatCidr(network)}"` }
    const wanted = blockAt(at, prefix)
    if (!contains(network, wanted.last))
      return { error: `${formatAddress(wanted.last)} not a valid subnet of ${formatCidr(network)}` }
    const inside = taken.find((each) => contains(each, at))
    const within = inside ?? taken.find((each) => contains(wanted, each.first))
    if (within === undefined) return { value: formatCidr(wanted) }
    at = (inside ?? wanted).last + 1
  }
}

/** Why a block cannot be a cluster's; undefined when it can. */
export function explainCidr(text: string): string | undefined {
  const cidr = parseCidr(text)
  if (cidr === undefined) return `invalid CIDR address: ${text}`
  const { written } = cidr
  if (written === 0) return `${text} can't be unspecified`
  if (contains(loopback, written)) return `${text} can't be in loopback range`
  if (contains(linkLocal, written)) return `${text} can't be in link-local range`
  return contains(linkLocalMulticast, written) ? `${text} can't be in link-local multicast range` : undefined
}

/** The cluster whose block overlaps one; a cluster's own may. */
export function explainOverlap(text: string, clusterId: string, clusters: readonly ClusterInfo[]): string | undefined {
  const wanted = parseCidr(text)
  if (wanted === undefined) return `unable to validate overlapping CIDRs: invalid CIDR address: ${text}`
  for (const { cluster_id, global_cidr } of clusters) {
    if (cluster_id === clusterId) continue
    if (global_cidr.some((each) => overlaps(each, wanted))) return `invalid CIDR "${text}" overlaps with cluster "${cluster_id}"`
  }
  return undefined
}

/** What a cluster asks for when it joins; nothing: a block of the broker's default size. */
export interface JoinRequest {
  readonly clusterId: string
  readonly cidr?: string
  readonly size?: number
}

/**
 * The block of a cluster that joins. What the broker has recorded for it stays, whatever it asks for now; else the block that it
 * names, unless another cluster's overlaps it; else the first that is free.
 */
export function assignCidr(
  broker: { readonly range: string; readonly defaultSize: number },
  clusters: readonly ClusterInfo[],
  { clusterId, cidr, size }: JoinRequest,
): Outcome<string> {
  if (cidr !== undefined && size !== undefined) {
    return { error: "both globalnet-cluster-size and globalnet-cidr can't be specified. Specify either one" }
  }
  const recorded = clusters.find((each) => each.cluster_id === clusterId)?.global_cidr[0]
  if (recorded !== undefined) return { value: recorded }
  if (cidr !== undefined) {
    const wrong = explainCidr(cidr)
    if (wrong !== undefined) return { error: `specified globalnet-cidr is invalid: ${wrong}` }
    const other = explainOverlap(cidr, clusterId, clusters)
    return other === undefined ? { value: cidr } : { error: `error validating overlapping GlobalCIDRs ${cidr}: ${other}` }
  }
  const wanted = validAllocationSize(broker.range, size ?? broker.defaultSize)
  if ('error' in wanted) return { error: `invalid globalnet-cluster-size ${wanted.error}` }
  return allocateCidr(broker.range, wanted.value, clusters)
}

const loopback = blockAt(0x7f000000, 8)
const linkLocal = blockAt(0xa9fe0000, 16)
const linkLocalMulticast = blockAt(0xe0000000, 24)

function overlaps(text: string, wanted: Cidr): boolean {
  const cidr = parseCidr(text)
  return cidr !== undefined && overlap(cidr, wanted)
}

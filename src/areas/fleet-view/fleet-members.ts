import { messageOf } from '../../base/errors.js'
import type { Cluster, ClusterState, Inventory } from '../../inventory/cluster.js'
import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import { clusterKey } from './cluster-key.js'
import type { MemberApi } from './member-api.js'
import type { ViewCluster } from './present-object.js'

/** A member as the view uses it. */
export interface FleetMember extends ViewCluster {
  state(): ClusterState
  /** Throws a CodedError with the reason for a cluster that is described wrongly. */
  api(): MemberApi
  resources(options?: { refresh?: boolean }): Promise<ResourceCatalogue>
  /** It has not answered: it is looked at soon. */
  suspect(): void
}

/** The members of the fleet, by the keys that the view gives them. */
export interface FleetMembers {
  /** Sorted by key. */
  list(): readonly FleetMember[]
  get(key: string): FleetMember | undefined
  /** The key of the cluster that has this key or this name. */
  keyOf(text: string): string | undefined
  onChange(listener: (change: { key: string; what: 'joined' | 'left' | 'changed' | 'health' }) => void): () => void
}

export interface FleetMembersOptions {
  readonly inventory: Inventory
  /** Opens the way to a member's API. Throws a CodedError where the description of the cluster leads nowhere. */
  readonly open: (cluster: Cluster) => MemberApi
  /** Which clusters are members (default: all but the hub itself). */
  readonly isMember?: (cluster: Cluster) => boolean
}

/** Opens a way to a member when it is first used and closes it when the cluster leaves or its description changes. */
export function createFleetMembers({ inventory, open, isMember = isNotTheHub }: FleetMembersOptions): FleetMembers {
  const ways = new Map<string, MemberApi>()
  let of: readonly Cluster[] | undefined
  let members: ReadonlyMap<string, FleetMember> = new Map()
  let sorted: readonly FleetMember[] = []

  const wayTo = (name: string): MemberApi => {
    const known = ways.get(name)
    if (known !== undefined) return known
    // Its connection is the inventory's to judge: this throws for one that is described wrongly.
    inventory.client(name)
    const cluster = inventory.find({ name })!
    const way = open(cluster)
    ways.set(name, way)
    const end = () => {
      if (ways.get(name) === way) ways.delete(name)
      way.close()
    }
    inventory.lifetime?.(name).addEventListener('abort', end, { once: true })
    return way
  }
  const read = (): ReadonlyMap<string, FleetMember> => {
    const clusters = inventory.list()
    if (clusters === of) return members
    of = clusters
    const found = new Map<string, FleetMember>()
    for (const cluster of clusters) {
      const { name } = cluster
      const key = clusterKey(name)
      if (!isMember(cluster) || found.has(key)) continue
      found.set(key, {
        key,
        name,
        state: () => inventory.state(name),
        api: () => wayTo(name),
        resources: (options) => inventory.client(name).resources(options),
        suspect: () => inventory.suspect?.(name),
      })
    }
    members = found
    sorted = [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    return members
  }
  return {
    list() {
      read()
      return sorted
    },
    get: (key) => read().get(key),
    keyOf(text) {
      if (read().has(text)) return text
      const key = clusterKey(text)
      return read().get(key)?.name === text ? key : undefined
    },
    onChange: (listener) => inventory.onChange(({ name, what }) => listener({ key: clusterKey(name), what })),
  }
}

/** The hub is in every inventory under a name of its own, unless a source registers it as any other cluster. */
function isNotTheHub(cluster: Cluster): boolean {
  return cluster.source !== 'in-cluster'
}

/** Why a member cannot be asked, in one line. */
export function whyNot(error: unknown): string {
  return messageOf(error)
    .replace(/^cluster [^:]*: /, '')
    .replace(/\s+/g, ' ')
    .slice(0, 300)
}

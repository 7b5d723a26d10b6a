import { silentLog } from '../../base/log.js'
import { createClusterSecretSource } from '../../dialects/argo-cd/cluster-secret/cluster-secret-source.js'
import type { ConnectCluster } from '../../inventory/cluster.js'
import { createInventory } from '../../inventory/create-inventory.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import { type CreatedCatalogue, createCatalogue } from '../../services/catalogue/create-catalogue.js'
import { createMemberGateways } from '../../services/gateway/members/member-gateways.js'
import { type GatewayMap, throughGateways } from '../../services/gateway/through-gateways.js'
import {
  type Lease,
  leaseNamespace,
  leaseSelector,
  leaseType,
  readLease,
  type SourceLease,
} from '../../services/leases/source-lease.js'
import { embeddedClusterType } from '../embedded-clusters/embedded-cluster.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { serviceDialects } from './service-dialects.js'

export interface OpenedCatalogue {
  readonly catalogue: CreatedCatalogue
  /** Clusters that do not answer: what they offer is not in the catalogue. */
  readonly unread: readonly { readonly name: string; readonly why: string }[]
  /** The leases that a cluster holds for the sources of its endpoints; none where they cannot be read. */
  leasesIn(cluster: string): Promise<readonly SourceLease[]>
}

/**
 * The service catalogue for a reading command, worked out here from the hub's clusters with the hub's own code. Writes nothing.
 * `use` gets it once every cluster that answers has been read, or `limitMs` (default 15 s) is over.
 */
export async function withCatalogue<T>(
  fleet: { readonly hub: KubeClient; readonly namespace: string },
  env: Readonly<Record<string, string | undefined>>,
  use: (opened: OpenedCatalogue) => Promise<T>,
  limitMs = 15_000,
): Promise<T> {
  const ending = new AbortController()
  const { hub, namespace } = fleet
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const { signal } = ending
  const clientPorts = createSystemClientPorts(env)
  const connect: ConnectCluster = (cluster, connection) =>
    createHttpClient({ name: cluster.name, connection, ports: clientPorts })
  try {
    const caches = createCaches({ client: hub, ...ports, signal })
    const sources = [createClusterSecretSource({ caches, namespace })]
    const inventory = createInventory({ sources, hub, connect, ...ports, signal })
    await inventory.whenReady
    // The gateways of an embedded fleet are no objects, and there people want to see what stands behind them.
    const embedded = (await hub.resources()).forName(embeddedClusterType.plural) !== undefined
    let gateways: GatewayMap | undefined
    const catalogue: CreatedCatalogue = createCatalogue({
      hub,
      inventory,
      dialects: serviceDialects,
      ...(!embedded
        ? {
            reroute: (service, ranking) => {
              gateways ??= createMemberGateways({ catalogue, clock: systemClock, signal })
              return throughGateways(service, ranking, gateways)
            },
          }
        : {}),
      ...ports,
      signal,
    })
    const end = systemClock.now() + limitMs
    // Probing and reading go on beside each other; the last member to answer decides.
    let quiet = 0
    while (quiet < 3 && systemClock.now() < end) {
      await new Promise((done) => setTimeout(done, 20))
      quiet = catalogue.facts.pending.length === 0 ? quiet + 1 : 0
    }
    const unread = inventory.list().flatMap(({ name }) => {
      if (catalogue.facts.cluster(name) !== undefined) return []
      const { health, message } = inventory.state(name)
      if (health === 'Healthy')
        return catalogue.facts.pending.includes(name) ? [{ name, why: 'it could not be read in time' }] : []
      return [{ name, why: message }]
    })
    return await use({ catalogue, unread, leasesIn: (cluster) => readLeases(inventory.client(cluster)) })
  } finally {
    ending.abort()
  }
}

async function readLeases(client: KubeClient): Promise<SourceLease[]> {
  try {
    const { items } = await client.list<Lease>(leaseType, { namespace: leaseNamespace, labelSelector: leaseSelector })
    return items.flatMap((lease) => readLease(lease, systemClock.now()) ?? [])
  } catch {
    return []
  }
}

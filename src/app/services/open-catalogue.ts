import { silentLog } from '../../base/log.js'
import { createClusterSecretSource } from '../../dialects/argo-cd/cluster-secret/cluster-secret-source.js'
import type { ConnectCluster } from '../../inventory/cluster.js'
import { createInventory } from '../../inventory/create-inventory.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import { type CreatedCatalogue, createCatalogue } from '../../services/catalogue/create-catalogue.js'
import { rememberServices, type UnreadCluster } from '../../services/catalogue/remember-services.js'
import { whyNotOffered } from '../../services/catalogue/why-not-offered.js'
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
import type { FleetService, ServiceName } from '../../services/model/service-model.js'
import { readableCaches } from '../access/readable-caches.js'
import { embeddedClusterType } from '../embedded-clusters/embedded-cluster.js'
import { listFleetClusters } from '../fleet/fleet-clusters.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { serviceDialects } from './service-dialects.js'

export interface OpenedCatalogue {
  readonly catalogue: CreatedCatalogue
  /** Clusters that do not answer: what they offer is not in the catalogue. */
  readonly unread: readonly UnreadCluster[]
  /** Services of such clusters alone, as far as others were given endpoints of them; for a consumer, as it was given them. */
  remembered(consumer?: string): readonly FleetService[]
  /** What clusters have of a name that nobody offers. */
  whyNotOffered(where: Partial<ServiceName> & Pick<ServiceName, 'name'>): readonly string[]
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
    const caches = readableCaches(createCaches({ client: hub, ...ports, signal }), hub)
    const sources = [createClusterSecretSource({ caches, namespace })]
    await Promise.all(sources.map(({ ready }) => ready))
    const inventory = createInventory({ sources, hub, connect, ...ports, signal })
    await inventory.whenReady
    // The gateways of an embedded fleet are no objects, and there people want to see what stands behind them.
    const embedded = (await hub.resources()).forName(embeddedClusterType.plural) !== undefined
    let gateways: GatewayMap | undefined
    const catalogue: CreatedCatalogue = createCatalogue({
      hub,
      inventory,
      dialects: serviceDialects,
      unread: 'lost',
      readsAll: true,
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
    const silent = inventory.list().flatMap(({ name, labels }) => {
      if (catalogue.facts.cluster(name) !== undefined) return []
      const { health, message } = inventory.state(name)
      if (health !== 'Healthy') return [{ name, labels, why: message }]
      return catalogue.facts.pending.includes(name) ? [{ name, labels, why: 'it could not be read in time' }] : []
    })
    const unread = silent.length === 0 ? [] : await withLastSeen(fleet, silent)
    const isKnown = (service: ServiceName, reach: FleetService['reach']) => catalogue.get(service, reach) !== undefined
    return await use({
      catalogue,
      unread,
      remembered: (consumer) =>
        unread.length === 0 ? [] : rememberServices(catalogue.facts.clusters, unread, isKnown, consumer),
      whyNotOffered: (where) => whyNotOffered(catalogue.facts.clusters, where),
      leasesIn: (cluster) => readLeases(inventory.client(cluster)),
    })
  } finally {
    ending.abort()
  }
}

/** What the hub has noted of clusters that do not answer now. */
async function withLastSeen(
  fleet: { readonly hub: KubeClient; readonly namespace: string },
  clusters: readonly UnreadCluster[],
): Promise<UnreadCluster[]> {
  const noted = await listFleetClusters(fleet).catch(() => [])
  const seen = new Map(noted.map(({ name, lastSeen }) => [name, lastSeen]))
  return clusters.map((each) => {
    const lastSeenMs = seen.get(each.name)
    return lastSeenMs === undefined ? each : { ...each, lastSeenMs }
  })
}

async function readLeases(client: KubeClient): Promise<SourceLease[]> {
  try {
    const { items } = await client.list<Lease>(leaseType, { namespace: leaseNamespace, labelSelector: leaseSelector })
    return items.flatMap((lease) => readLease(lease, systemClock.now()) ?? [])
  } catch {
    return []
  }
}

import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { KubeClient, ResourceCatalogue } from '../../kube/client/kube-client.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { LogicalCluster, LogicalClusters } from '../contract.js'
import { createMemoryStorage } from '../storage/memory-storage.js'
import { createBootstrapLayer } from './bootstrap-layer.js'
import { createLogicalClusters, type LogicalClustersOptions } from './logical-clusters.js'

export interface ClusterFixture {
  readonly clock: VirtualClock
  readonly clusters: LogicalClusters
  /** The first cluster, named `test`. */
  readonly cluster: LogicalCluster
  readonly client: KubeClient
  /** What the cluster serves under a name that kubectl takes. */
  type(name: string): ResourceType
  catalogue(): ResourceCatalogue
}

/** For tests: clusters in memory under a virtual clock with seeded chance. */
export async function createClusterFixture(options: Partial<LogicalClustersOptions> = {}): Promise<ClusterFixture> {
  const clock = new VirtualClock({ idle: () => new Promise((resolve) => setImmediate(resolve)) })
  const clusters = createLogicalClusters({
    storage: createMemoryStorage({ base: createBootstrapLayer(clock.now()), freeze: true }),
    ports: { clock, random: createSeededRandom(1), log: silentLog },
    ...options,
  })
  const cluster = await clusters.ensure('test')
  return {
    clock,
    clusters,
    cluster,
    client: cluster.client(),
    catalogue: () => cluster.api.catalogue(),
    type(name) {
      const type = cluster.api.catalogue().forName(name)
      if (type === undefined) throw new Error(`the cluster serves no ${name}`)
      return type
    },
  }
}

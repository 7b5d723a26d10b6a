import { setMaxListeners } from 'node:events'
import type { LogicalClusters } from '../src/apiserver/contract.js'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import { withCustomResources } from '../src/apiserver/logical/with-custom-resources.js'
import { createMemoryStorage } from '../src/apiserver/storage/memory-storage.js'
import { exportProblems, memberCrds, serviceDialects } from '../src/app/services/service-dialects.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { Cluster, Inventory } from '../src/inventory/cluster.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import { type CreatedCatalogue, createCatalogue } from '../src/services/catalogue/create-catalogue.js'
import { type MemberServices, startMemberServices } from '../src/services/members/start-member-services.js'
import { endpointSliceType, namespaceType, serviceType } from '../src/services/model/kube-kinds.js'
import { serviceExportType } from '../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../src/services/model/multi-cluster-names.js'

export const benchNamespace = 'shop'

/** Embedded clusters without nodes or controllers, the service catalogue over them, and what it writes to them. One process. */
export interface ServiceFleet {
  readonly clusters: LogicalClusters
  readonly names: readonly string[]
  readonly catalogue: CreatedCatalogue
  /** Undefined when only the catalogue was asked for. */
  readonly output: MemberServices | undefined
  client(cluster: string): KubeClient
  /** Exports a service of a cluster whose endpoints are a slice. */
  offer(cluster: string, name: string, addresses: readonly string[]): Promise<void>
  /** Replaces the endpoints. */
  replace(cluster: string, name: string, addresses: readonly string[]): Promise<void>
  stop(): void
}

export async function startServiceFleet(options: { clusters: number; write: boolean }): Promise<ServiceFleet> {
  // The system's clock keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const now = Date.now()
  const base = withCustomResources(createBootstrapLayer(now), memberCrds, now)
  const clusters = createLogicalClusters({ storage: createMemoryStorage({ base }), ports })
  const names = Array.from({ length: options.clusters }, (_, index) => `c${index}`)
  for (const name of [...names, 'hub']) await clusters.ensure(name)
  const clients = new Map([...names, 'hub'].map((name) => [name, clusters.get(name)!.client({ name })]))
  const client = (name: string) => clients.get(name)!
  const inventory = inventoryOf(names, client)
  const { signal } = ending
  const catalogue = createCatalogue({ hub: client('hub'), inventory, dialects: serviceDialects, ...ports, signal })
  const output = options.write
    ? startMemberServices({ catalogue, inventory, problemsOf: exportProblems, ...ports, signal })
    : undefined
  for (const name of names) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: benchNamespace } }
    await client(name).create(namespaceType, namespace)
  }
  const endpointsOf = (addresses: readonly string[]) => addresses.map((address) => ({ addresses: [address] }))
  return {
    clusters,
    names,
    catalogue,
    output,
    client,
    async offer(cluster, name, addresses) {
      const metadata = { name, namespace: benchNamespace }
      const spec = { ports: [{ name: 'http', port: 80 }] }
      await client(cluster).create(serviceType, { apiVersion: 'v1', kind: 'Service', metadata, spec })
      await client(cluster).create(endpointSliceType, {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { [multiClusterNames.kubeServiceLabel]: name } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: endpointsOf(addresses),
      })
      const kind = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport' }
      await client(cluster).create(serviceExportType, { ...kind, metadata })
    },
    async replace(cluster, name, addresses) {
      const target = { type: endpointSliceType, namespace: benchNamespace, name }
      await client(cluster).patch(target, { kind: 'merge', body: { endpoints: endpointsOf(addresses) } })
    },
    stop() {
      ending.abort()
      clearInterval(alive)
    },
  }
}

function inventoryOf(names: readonly string[], client: (name: string) => KubeClient): Inventory {
  const list: Cluster[] = names.map((name) => ({
    name,
    server: `https://${name}.example`,
    labels: {},
    annotations: {},
    project: '',
    namespaces: [],
    clusterResources: true,
    source: 'bench',
    connection: undefined,
  }))
  const byName = new Map(list.map((cluster) => [cluster.name, cluster]))
  return {
    list: () => list,
    find: ({ name = '' }) => byName.get(name),
    state: () => ({ health: 'Healthy', reason: '', message: '', since: 0 }),
    client,
    onChange: () => () => {},
    ready: true,
  }
}

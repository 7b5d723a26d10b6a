import { setMaxListeners } from 'node:events'
import type { ClusterChange, LogicalClusters } from '../src/apiserver/contract.js'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import { withCustomResources } from '../src/apiserver/logical/with-custom-resources.js'
import { createMemoryStorage } from '../src/apiserver/storage/memory-storage.js'
import { exportProblems, memberCrds, serviceDialects } from '../src/app/service-dialects.js'
import { systemClock, systemRandom } from '../src/app/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { Cluster, Inventory } from '../src/inventory/cluster.js'
import { createCatalogue } from '../src/services/catalogue/create-catalogue.js'
import { startMemberServices } from '../src/services/members/start-member-services.js'
import { type EndpointSlice, endpointSliceType, namespaceType, serviceType } from '../src/services/model/kube-kinds.js'
import { type ServiceImport, serviceExportType } from '../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../src/services/model/multi-cluster-names.js'
import type { BenchResult } from './contract.js'

const clusterCount = 100
const serviceCount = 100
const endpointCount = 10
const changes = 100
const namespace = 'shop'

/**
 * 100 clusters, 100 services that one cluster each exports with ten endpoints, imported everywhere: until every import is
 * Ready < 20 s; then one endpoint changes, until all clusters have it: p99 < 300 ms. One process, API servers included.
 */
export async function run(): Promise<BenchResult[]> {
  // The system's clock keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const now = Date.now()
  const base = withCustomResources(createBootstrapLayer(now), memberCrds, now)
  const clusters = createLogicalClusters({ storage: createMemoryStorage({ base }), ports })
  const names = Array.from({ length: clusterCount }, (_, index) => `c${index}`)
  for (const name of [...names, 'hub']) await clusters.ensure(name)
  const client = (name: string) => clusters.get(name)!.client({ name })
  const inventory = inventoryOf(clusters, names)
  const catalogue = createCatalogue({
    hub: client('hub'),
    inventory,
    dialects: serviceDialects,
    ...ports,
    signal: ending.signal,
  })
  const output = startMemberServices({ catalogue, inventory, problemsOf: exportProblems, ...ports, signal: ending.signal })
  const exporter = (service: number) => client(names[service % clusterCount]!)
  const ready = new Set<string>()
  const arrived = new Map<string, { left: Set<string>; done: () => void }>()
  clusters.onChange((change) => note(change, ready, arrived))
  for (const name of names)
    await client(name).create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })

  const start = performance.now()
  for (let service = 0; service < serviceCount; service++) await offer(exporter(service), service)
  while (ready.size < clusterCount * serviceCount && performance.now() - start < 120_000) await pause(10)
  const convergedMs = performance.now() - start
  if (ready.size < clusterCount * serviceCount) throw new Error(`${ready.size} imports are Ready after two minutes`)
  const { writes } = output
  await pause(2000)
  const idle = output.writes - writes

  const took: number[] = []
  for (let round = 0; round < changes; round++) {
    const service = round % serviceCount
    const address = `10.200.${round}.1`
    const done = new Promise<void>((resolve) => arrived.set(address, { left: new Set(names), done: resolve }))
    const from = performance.now()
    const endpoints = [...endpointsOf(service).slice(1), { addresses: [address] }]
    const target = { type: endpointSliceType, namespace, name: `s${service}` }
    await exporter(service).patch(target, { kind: 'merge', body: { endpoints } })
    await done
    took.push(performance.now() - from)
  }
  ending.abort()
  clearInterval(alive)
  took.sort((a, b) => a - b)
  const size = `${clusterCount} clusters x ${serviceCount} services x ${endpointCount} endpoints`
  return [
    {
      name: `${size}: every import Ready`,
      unit: 's',
      measured: convergedMs / 1000,
      target: { atMost: 20 },
      note: `${writes} writes`,
    },
    { name: 'writes in the two seconds after', unit: 'writes', measured: idle, target: { atMost: 0 } },
    { name: 'one endpoint changes, until all clusters have it, p50', unit: 'ms', measured: took[changes / 2]! },
    { name: 'the same, p99', unit: 'ms', measured: took[Math.ceil(changes * 0.99) - 1]!, target: { atMost: 300 } },
  ]
}

function note(
  { cluster, object, groupResource }: ClusterChange,
  ready: Set<string>,
  arrived: Map<string, { left: Set<string>; done: () => void }>,
): void {
  if (groupResource === 'serviceimports.multicluster.x-k8s.io') {
    const { status } = object as ServiceImport
    if (status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'))
      ready.add(`${cluster} ${object.metadata.name}`)
  } else if (
    groupResource === 'endpointslices.discovery.k8s.io' &&
    object.metadata.labels?.[multiClusterNames.serviceNameLabel]
  ) {
    for (const { addresses } of (object as EndpointSlice).endpoints ?? []) {
      const waiting = arrived.get(addresses[0] ?? '')
      if (waiting?.left.delete(cluster) && waiting.left.size === 0) waiting.done()
    }
  }
}

async function offer(client: ReturnType<Inventory['client']>, service: number): Promise<void> {
  const name = `s${service}`
  const metadata = { name, namespace }
  await client.create(serviceType, { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'http', port: 80 }] } })
  await client.create(endpointSliceType, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { [multiClusterNames.kubeServiceLabel]: name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: endpointsOf(service),
  })
  await client.create(serviceExportType, { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport', metadata })
}

function endpointsOf(service: number): { addresses: string[] }[] {
  return Array.from({ length: endpointCount }, (_, index) => ({ addresses: [`10.${service}.0.${index + 1}`] }))
}

function inventoryOf(clusters: LogicalClusters, names: readonly string[]): Inventory {
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
  const clients = new Map(names.map((name) => [name, clusters.get(name)!.client({ name })]))
  return {
    list: () => list,
    find: ({ name = '' }) => byName.get(name),
    state: () => ({ health: 'Healthy', reason: '', message: '', since: 0 }),
    client: (name) => clients.get(name)!,
    onChange: () => () => {},
    ready: true,
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}

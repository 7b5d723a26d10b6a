import type { ClusterChange } from '../src/apiserver/contract.js'
import type { EndpointSlice } from '../src/services/model/kube-kinds.js'
import type { ServiceImport } from '../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../src/services/model/multi-cluster-names.js'
import type { BenchResult } from './contract.js'
import { startServiceFleet } from './service-fleet.support.js'

const clusterCount = 100
const serviceCount = 100
const endpointCount = 10
const changes = 100

/**
 * 100 clusters, 100 services that one cluster each exports with ten endpoints, imported everywhere: until every import is
 * Ready < 20 s; then one endpoint changes, until all clusters have it: p99 < 300 ms. One process, API servers included.
 */
export async function run(): Promise<BenchResult[]> {
  const fleet = await startServiceFleet({ clusters: clusterCount, write: true })
  const { names, output, clusters } = fleet
  const exporter = (service: number) => names[service % clusterCount]!
  const ready = new Set<string>()
  const arrived = new Map<string, { left: Set<string>; done: () => void }>()
  clusters.onChange((change) => note(change, ready, arrived))

  const cpu = cpuClock()
  const start = performance.now()
  for (let service = 0; service < serviceCount; service++)
    await fleet.offer(exporter(service), `s${service}`, addressesOf(service))
  while (ready.size < clusterCount * serviceCount && performance.now() - start < 120_000) await pause(10)
  const convergedMs = performance.now() - start
  const convergedCpu = cpu()
  if (ready.size < clusterCount * serviceCount) throw new Error(`${ready.size} imports are Ready after two minutes`)
  const writes = output?.writes ?? 0
  await pause(2000)
  const idle = (output?.writes ?? 0) - writes

  const took: number[] = []
  const changesCpu = cpuClock()
  for (let round = 0; round < changes; round++) {
    const service = round % serviceCount
    const address = `10.200.${round}.1`
    const done = new Promise<void>((resolve) => arrived.set(address, { left: new Set(names), done: resolve }))
    const from = performance.now()
    await fleet.replace(exporter(service), `s${service}`, [...addressesOf(service).slice(1), address])
    await done
    took.push(performance.now() - from)
  }
  const perChange = (changesCpu() * 1000) / changes
  fleet.stop()
  took.sort((a, b) => a - b)
  const size = `${clusterCount} clusters x ${serviceCount} services x ${endpointCount} endpoints`
  return [
    {
      name: `${size}: every import Ready`,
      unit: 's',
      measured: convergedMs / 1000,
      target: { atMost: 20 },
      note: `${writes} writes, ${convergedCpu.toFixed(1)} s of CPU`,
    },
    { name: 'writes in the two seconds after', unit: 'writes', measured: idle, target: { atMost: 0 } },
    {
      name: 'one endpoint changes, until all clusters have it, p50',
      unit: 'ms',
      measured: took[changes / 2]!,
      note: `${perChange.toFixed(0)} ms of CPU a change`,
    },
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

function addressesOf(service: number): string[] {
  return Array.from({ length: endpointCount }, (_, index) => `10.${service}.0.${index + 1}`)
}

/** Seconds of CPU of this process since the call. */
function cpuClock(): () => number {
  const from = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(from)
    return (user + system) / 1e6
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}

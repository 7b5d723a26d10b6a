import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { EndpointSlice } from '../src/services/model/kube-kinds.js'
import { multiClusterNames } from '../src/services/model/multi-cluster-names.js'
import type { BenchResult } from './contract.js'
import { startServiceFleet } from './service-fleet.support.js'

const clusterCount = 100
const serviceCount = 100
const exporterCount = Number(process.env['FLOTILLA_BENCH_EXPORTERS'] ?? 10)
/** Of each exporter. */
const endpointCount = 10
const changes = 50

/**
 * The larger reading of 100 clusters x 100 exported services x 10 endpoints: every service is exported by ten clusters with
 * ten endpoints each, so that each of 100 clusters has 1,000 slices with 10,000 endpoints of others. One process, API servers
 * included; memory is the heap, what the API servers store of the copies in it.
 */
export async function run(): Promise<BenchResult[]> {
  const heap = heapReader()
  const fleet = await startServiceFleet({ clusters: clusterCount, write: true })
  const { names, clusters, output } = fleet
  const slices = new Set<string>()
  const arrived = new Map<string, { left: number; done: () => void }>()
  clusters.onChange(({ cluster, object, groupResource }) => {
    if (groupResource !== 'endpointslices.discovery.k8s.io') return
    if (object.metadata.labels?.[multiClusterNames.serviceNameLabel] === undefined) return
    slices.add(`${cluster} ${object.metadata.name}`)
    if (arrived.size === 0) return
    for (const { addresses } of (object as EndpointSlice).endpoints ?? []) {
      const waiting = arrived.get(addresses[0] ?? '')
      if (waiting !== undefined && --waiting.left === 0) waiting.done()
    }
  })
  const exportersOf = (service: number) =>
    Array.from(
      { length: exporterCount },
      (_, index) => (service + index * Math.floor(clusterCount / exporterCount)) % clusterCount,
    )
  const addressesOf = (service: number, cluster: number) =>
    Array.from({ length: endpointCount }, (_, index) => `10.${cluster}.${service}.${index + 1}`)
  try {
    const heapBefore = heap()
    const cpuBefore = process.cpuUsage()
    const start = performance.now()
    for (let service = 0; service < serviceCount; service++) {
      for (const cluster of exportersOf(service)) await fleet.offer(names[cluster]!, `s${service}`, addressesOf(service, cluster))
    }
    const wanted = clusterCount * serviceCount * exporterCount
    while ((slices.size < wanted || output?.idle !== true) && performance.now() - start < 300_000) await pause(20)
    if (slices.size < wanted) throw new Error(`${slices.size} of ${wanted} slices after five minutes`)
    const convergedMs = performance.now() - start
    const cpu = process.cpuUsage(cpuBefore)
    const writes = output?.writes ?? 0
    await pause(2000)
    const idle = (output?.writes ?? 0) - writes
    const kept = heap() - heapBefore
    const took: number[] = []
    for (let round = 0; round < changes; round++) {
      const service = round % serviceCount
      const exporter = exportersOf(service)[0]!
      const address = `10.200.${round}.1`
      const done = new Promise<void>((resolve) => arrived.set(address, { left: clusterCount, done: resolve }))
      const from = performance.now()
      await fleet.replace(names[exporter]!, `s${service}`, [...addressesOf(service, exporter).slice(1), address])
      await done
      took.push(performance.now() - from)
      arrived.clear()
    }
    took.sort((a, b) => a - b)
    const size = `${clusterCount} clusters x ${serviceCount} services x ${exporterCount} exporters x ${endpointCount} endpoints`
    return [
      {
        name: `${size}: every slice is everywhere`,
        unit: 's',
        measured: convergedMs / 1000,
        note: `${wanted} slices, ${writes} writes, ${((cpu.user + cpu.system) / 1e6).toFixed(1)} s of CPU`,
      },
      { name: 'writes in the two seconds after', unit: 'writes', measured: idle, target: { atMost: 0 } },
      {
        name: 'memory for a service in a cluster, both sides',
        unit: 'KiB',
        measured: kept / 1024 / clusterCount / serviceCount,
        note: `${exporterCount} slices with ${exporterCount * endpointCount} endpoints each`,
      },
      { name: 'one endpoint changes, until all clusters have it, p50', unit: 'ms', measured: took[changes / 2]! },
      { name: 'the same, slowest', unit: 'ms', measured: took.at(-1)! },
    ]
  } finally {
    fleet.stop()
  }
}

/** Bytes in use after a collection. */
function heapReader(): () => number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  return () => {
    collect()
    return process.memoryUsage().heapUsed
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}

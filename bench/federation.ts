import { performance } from 'node:perf_hooks'
import { federationMark } from '../src/delivery/federation/contract.js'
import { placedAnnotation, placementStatusAnnotation } from '../src/dialects/placement/placement-kind.js'
import { placementType } from '../src/dialects/placement/resource-types.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import type { BenchResult } from './contract.js'
import { benchNamespace, type FederationFleet, startFederationFleet, typeOfKind } from './federation.support.js'

const objects = 20
const joins = 30

const labelled = (name: string, placement: string) => ({
  name,
  namespace: benchNamespace,
  labels: { 'flotilla.dev/placement': placement },
})

const configMap = (name: string, placement: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: labelled(name, placement),
  data: { value: name },
})

const deployment = (name: string, placement: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: labelled(name, placement),
  spec: {
    replicas: 6,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
  },
})

/**
 * Placing and delivering with the plain dialect over embedded clusters in one process: what the engine itself costs, with the API
 * servers of all clusters in the same process and no network. Workloads for the restart: FLOTILLA_BENCH_WORKLOADS (default 30,000).
 */
export async function run(): Promise<BenchResult[]> {
  const workloads = Number(process.env['FLOTILLA_BENCH_WORKLOADS'] ?? 30_000)
  return [...(await distribution(100)), ...(await distribution(1000)), ...(await registration()), ...(await bindings(workloads))]
}

async function distribution(members: number): Promise<BenchResult[]> {
  const fleet = await startFederationFleet(members)
  try {
    await fleet.place('everywhere', {})
    await deliver(fleet, members, 'warm')
    const each: number[] = []
    for (let index = 0; index < objects; index++) each.push(...(await deliver(fleet, members, `object-${index}`)))
    await fleet.settled()
    const name = `federation: an object of the hub in each of ${members} clusters`
    return [
      { name: `${name}, p50`, unit: 'ms', measured: quantile(each, 0.5) },
      { name: `${name}, p99`, unit: 'ms', measured: quantile(each, 0.99), target: { atMost: 1000 }, note: `${objects} objects` },
    ]
  } finally {
    fleet.stop()
  }
}

/** Milliseconds from the write on the hub to each copy. */
async function deliver(fleet: FederationFleet, members: number, name: string): Promise<number[]> {
  const times: number[] = []
  let from = 0
  const all = new Promise<void>((done) => {
    const off = fleet.clusters.onChange(({ cluster, groupResource, type, object }) => {
      if (cluster === 'hub' || groupResource !== 'configmaps' || type !== 'ADDED' || object.metadata.name !== name) return
      times.push(performance.now() - from)
      if (times.length < members) return
      off()
      done()
    })
  })
  from = performance.now()
  await fleet.hub.create(typeOfKind('ConfigMap'), configMap(name, 'everywhere'))
  await all
  await new Promise((done) => setTimeout(done, 300))
  return times
}

/** From a cluster that becomes known to its first copy, with the probe and all reading between. */
async function registration(): Promise<BenchResult[]> {
  const fleet = await startFederationFleet(20)
  try {
    await fleet.place('everywhere', {})
    for (let index = 0; index < 10; index++)
      await fleet.hub.create(typeOfKind('ConfigMap'), configMap(`base-${index}`, 'everywhere'))
    await fleet.settled()
    const times: number[] = []
    for (let index = 0; index < joins; index++) {
      const name = `joins-${index}`
      const seen = new Set<string>()
      const all = new Promise<void>((done) => {
        const off = fleet.clusters.onChange(({ cluster, groupResource, object }) => {
          if (cluster !== name || groupResource !== 'configmaps' || object.metadata.labels?.[federationMark.label] === undefined)
            return
          seen.add(object.metadata.name)
          if (seen.size < 10) return
          off()
          done()
        })
      })
      const from = performance.now()
      await fleet.join(name)
      await all
      times.push(performance.now() - from)
    }
    const name = 'federation: a cluster that joins has all ten objects that belong there'
    return [
      { name: `${name}, p50`, unit: 'ms', measured: quantile(times, 0.5) },
      { name: `${name}, p99`, unit: 'ms', measured: quantile(times, 0.99), target: { atMost: 2000 }, note: `${joins} clusters` },
    ]
  } finally {
    fleet.stop()
  }
}

async function bindings(workloads: number): Promise<BenchResult[]> {
  const fleet = await startFederationFleet(100)
  try {
    await fleet.place('held', { replicas: { strategy: 'Even' }, suspend: true })
    await make(fleet, 0, 2000, 'held')
    await fleet.settled()
    const clusters = { names: Array.from({ length: 50 }, (_, index) => `c${index + 50}`) }
    const divided = recorded(fleet, 2000, 'held')
    let from = performance.now()
    let used = process.cpuUsage()
    await fleet.hub.patch(
      { type: placementType, namespace: benchNamespace, name: 'held' },
      { kind: 'merge', body: { spec: { clusters } } },
    )
    const decided = 2000 / (((await divided) - from) / 1000)
    const decidedUsed = secondsSince(used)
    await fleet.settled()
    await fleet.place('two', { clusters: { names: ['c1', 'c2'] }, replicas: { strategy: 'Even' } })
    await make(fleet, 0, 100)
    await fleet.settled()
    const reported = recorded(fleet, 1900, 'two', 'applied in 2 of 2 clusters')
    from = performance.now()
    await make(fleet, 100, 2000)
    const rate = 1900 / (((await reported) - from) / 1000)
    const rss = await rssNow()
    const results: BenchResult[] = [
      {
        name: 'federation: workloads moved to the other 50 of 100 clusters, each decision put on record',
        unit: '/s',
        measured: decided,
        target: { atLeast: 1000 },
        note: `after one change of their placement; deliveries are suspended; ${(2000 / decidedUsed).toFixed(0)} for each second of processor time`,
      },
      {
        name: 'federation: workloads made, placed, delivered to two of 100 clusters and reported',
        unit: '/s',
        measured: rate,
        note: 'no target: most of it is the API servers of hub and clusters, in the same process',
      },
      {
        name: 'federation: memory with 2,000 workloads in two clusters each, all API servers included',
        unit: 'MB',
        measured: rss,
        target: { atMost: 2048 },
      },
    ]
    await make(fleet, 2000, workloads)
    await fleet.settled()
    from = performance.now()
    used = process.cpuUsage()
    const seconds = ((await fleet.restart()) - from) / 1000
    const restartUsed = secondsSince(used)
    const { memberWrites, hubWrites } = fleet.federation.counts
    const known = fleet.federation
      .sources()
      .filter(
        ({ outcome }) => outcome?.clusters.filter(({ wanted, result }) => wanted && result?.state === 'Applied').length === 2,
      )
    if (known.length !== workloads) throw new Error(`${known.length} of ${workloads} workloads are known after the restart`)
    results.push({
      name: `federation: a hub with ${workloads} workloads is started anew until nothing is left to do`,
      unit: 's',
      measured: seconds,
      target: { atMost: 60 },
      note: `${restartUsed.toFixed(1)} s of processor time; ${memberWrites} writes to clusters, ${hubWrites} to the hub; ${Math.round(await rssNow())} MB with all API servers`,
    })
    return results
  } finally {
    fleet.stop()
  }
}

/**
 * Resolves with the time at which so many workloads of a placement have a new decision on record, and if `status` is given, that
 * status beside it.
 */
function recorded(fleet: FederationFleet, count: number, placement: string, status?: string): Promise<number> {
  const done = new Set<string>()
  const placedOf = (object?: KubeObject) => object?.metadata.annotations?.[placedAnnotation]
  return new Promise((resolve) => {
    const off = fleet.clusters.onChange(({ cluster, groupResource, object, previous }) => {
      const { name, annotations } = object.metadata
      if (cluster !== 'hub' || groupResource !== 'deployments.apps' || !name.startsWith(`${placement}-`)) return
      const placed = placedOf(object)
      if (placed === undefined) return
      if (status === undefined ? placed === placedOf(previous) : annotations?.[placementStatusAnnotation] !== status) return
      done.add(name)
      if (done.size < count) return
      off()
      resolve(performance.now())
    })
  })
}

async function make(fleet: FederationFleet, start: number, end: number, placement = 'two'): Promise<void> {
  const type = typeOfKind('Deployment')
  for (let index = start; index < end; index += 50) {
    const batch = Array.from({ length: Math.min(50, end - index) }, (_, offset) => `${placement}-${index + offset}`)
    await Promise.all(batch.map((name) => fleet.hub.create(type, deployment(name, placement))))
  }
}

function secondsSince(used: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(used)
  return (user + system) / 1e6
}

async function rssNow(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void }
  gc?.()
  await new Promise((done) => setTimeout(done, 100))
  return process.memoryUsage().rss / 2 ** 20
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

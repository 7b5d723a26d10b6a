import { startRealApiServer } from '../test/support/peers/real-apiserver.js'
import type { DriveOperation, DriveOrder, DriveResult } from './api-drive.support.js'
import { drive, rssOf, type Server, startOurs } from './api-servers.support.js'
import type { BenchResult } from './contract.js'

/** Operation, requests in flight, requests. Reads and writes of 10,000 ConfigMaps of 2 KB. */
const operations: readonly Pick<DriveOrder, 'operation' | 'connections' | 'count' | 'watchers'>[] = [
  { operation: 'create', connections: 16, count: 10_000 },
  { operation: 'get', connections: 16, count: 20_000 },
  { operation: 'update', connections: 16, count: 5_000 },
  { operation: 'patch', connections: 16, count: 5_000 },
  { operation: 'apply', connections: 16, count: 3_000 },
  { operation: 'list-500', connections: 4, count: 200 },
  { operation: 'list-all', connections: 2, count: 12 },
  { operation: 'watch', connections: 1, count: 100, watchers: 1_000 },
  { operation: 'delete', connections: 16, count: 10_000 },
]
const objects = 10_000
const emptyClusters = 1_000

/**
 * The embedded API server against a real kube-apiserver with etcd, one after the other on this machine with the same driver: both
 * durable (fsync), both over TLS with a bearer token, one process (here) against two. How they start is measured by start.ts.
 */
export async function run(): Promise<BenchResult[]> {
  const theirs = await measure(await startReal())
  if (typeof theirs === 'string') return [{ name: `against kube-apiserver: skipped, ${theirs}`, unit: '', measured: 0 }]
  const ours = await measure(await startOurs())
  if (typeof ours === 'string') throw new Error(ours)
  const results: BenchResult[] = operations.map(({ operation, connections }) => {
    const [a, b] = [ours.results.get(operation)!, theirs.results.get(operation)!]
    const show = ({ perSecond, p50Ms, p99Ms }: DriveResult) =>
      `${perSecond.toFixed(perSecond < 100 ? 1 : 0)}/s p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(1)} ms`
    return {
      name:
        operation === 'watch'
          ? '100 events to each of 1,000 watchers, against kube-apiserver'
          : `${operation}, ${connections} at a time, against kube-apiserver`,
      unit: 'x',
      measured: a.perSecond / b.perSecond,
      target: { atLeast: 1 },
      note: `${show(a)}; kube-apiserver ${show(b)}`,
    }
  })
  const perCluster = await memoryOfClusters()
  results.push(
    {
      name: 'one more cluster in a running process, part of kube-apiserver + etcd',
      unit: 'x',
      measured: perCluster.ms / theirs.startMs,
      target: { atMost: 1 / 20 },
      note: `${perCluster.ms.toFixed(2)} ms each, with its port`,
    },
    {
      name: 'memory of an empty cluster, part of kube-apiserver + etcd',
      unit: 'x',
      measured: perCluster.rss / theirs.emptyRss,
      target: { atMost: 1 / 20 },
      note: `${(perCluster.rss / 1024).toFixed(1)} KiB each of ${emptyClusters}, the whole process ${mib(perCluster.total)}; kube-apiserver ${mib(theirs.emptyRss)}`,
    },
    {
      name: 'memory with 10,000 objects, part of kube-apiserver + etcd',
      unit: 'x',
      measured: ours.fullRss / theirs.fullRss,
      target: { atMost: 1 },
      note: `${mib(ours.fullRss)}; kube-apiserver ${mib(theirs.fullRss)}, after the writes`,
    },
  )
  return results
}

async function measure(server: Server | string) {
  if (typeof server === 'string') return server
  try {
    const results = new Map<DriveOperation, DriveResult>()
    const emptyRss = await server.rss()
    let fullRss = 0
    for (const { operation, connections, count, watchers } of operations) {
      if (operation === 'delete') fullRss = await server.rss()
      const order = {
        port: server.port,
        token: server.token,
        operation,
        connections,
        count,
        objects,
        ...(watchers && { watchers }),
      }
      const result = await drive(order)
      if (result.failures > 0) throw new Error(`${operation}: ${result.failures} failures, the first ${result.failure}`)
      results.set(operation, result)
    }
    return { results, emptyRss, fullRss, startMs: server.startMs }
  } finally {
    await server.stop()
  }
}

async function startReal(): Promise<Server | string> {
  const real = await startRealApiServer({ durable: true })
  if (typeof real === 'string') return real
  return {
    port: Number(new URL(real.server).port),
    token: real.token,
    startMs: real.startMs,
    rss: () => Promise.resolve(real.pids.reduce((sum, pid) => sum + rssOf(pid), 0)),
    stop: () => real.stop(),
  }
}

async function memoryOfClusters(): Promise<{ rss: number; total: number; ms: number }> {
  const server = await startOurs()
  try {
    await server.order({ kind: 'clusters', from: 0, to: 10, listen: true })
    await server.order({ kind: 'memory' })
    const before = await server.rss()
    const { ms } = await server.order<{ ms: number }>({ kind: 'clusters', from: 10, to: 10 + emptyClusters, listen: true })
    await server.order({ kind: 'memory' })
    const total = await server.rss()
    return { rss: (total - before) / emptyClusters, total, ms: ms / emptyClusters }
  } finally {
    await server.stop()
  }
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogicalCluster } from '../src/apiserver/contract.js'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import { startMembers } from '../src/apiserver/members/start-members.js'
import { openFileStorage } from '../src/apiserver/storage/file-storage.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import type { BenchResult } from './contract.js'

const nodes = Number(process.env['KWOK_NODES'] ?? 5000)
const pods = Number(process.env['KWOK_PODS'] ?? 10_000)
const writers = 64

/**
 * The three gates that KWOK holds its releases against: 5,000 nodes Ready within 60 s, 10,000 pods Running within 60 s, and the
 * pods gone within 90 s. Everything is done that a real cluster does: admission, scheduling, binding, status, Events, and every
 * write is on disk. Clients are in this process; over HTTP add what the wire costs.
 */
export async function run(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'kwok-gates-'))
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const base = createBootstrapLayer(systemClock.now())
  const storage = openFileStorage({ directory, sync: true, log: silentLog, base })
  const clusters = createLogicalClusters({ storage, ports })
  const members = startMembers({ clusters, ports, nodes: { count: 0 } })
  try {
    const cluster = await clusters.ensure('bench')
    await until(() => cluster.peek('serviceaccounts', 'default/default') !== undefined)
    let longest = 0
    let last = performance.now()
    const stalls = setInterval(() => {
      longest = Math.max(longest, performance.now() - last - 10)
      last = performance.now()
    }, 10)
    const gates = [
      await gate(
        `${nodes} nodes Ready`,
        60,
        () => make(cluster, 'nodes', nodes, node),
        () => count(cluster, 'nodes', isReady) === nodes,
      ),
      await gate(
        `${pods} pods Running`,
        60,
        () => make(cluster, 'pods', pods, pod),
        () => count(cluster, 'pods', isReady) === pods,
      ),
      await gate(
        `${pods} pods deleted`,
        90,
        () => removeAll(cluster),
        () => count(cluster, 'pods', () => true) === 0,
      ),
    ]
    clearInterval(stalls)
    return [...gates, { name: 'kwok gates: longest pause of the event loop', unit: 'ms', measured: longest }]
  } finally {
    members.stop()
    await storage.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function gate(name: string, atMost: number, start: () => Promise<unknown>, done: () => boolean): Promise<BenchResult> {
  const from = performance.now()
  const [, seconds] = await Promise.all([start(), until(done).then(() => (performance.now() - from) / 1000)])
  return { name: `kwok gates: ${name}`, unit: 's', measured: seconds, target: { atMost }, note: 'one process, synced to disk' }
}

async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + 120_000
  while (!done()) {
    if (performance.now() > end) throw new Error('not done within 120 s')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function make(cluster: LogicalCluster, resource: string, total: number, object: (n: number) => KubeObject): Promise<void> {
  const client = cluster.client()
  const type = cluster.api.catalogue().forName(resource)!
  let next = 0
  const worker = async () => {
    while (next < total) await client.create(type, object(next++))
  }
  await Promise.all(Array.from({ length: writers }, worker))
}

async function removeAll(cluster: LogicalCluster): Promise<void> {
  const client = cluster.client()
  const type = cluster.api.catalogue().forName('pods')!
  const names = [...cluster.peekAll('pods')].map(({ metadata }) => metadata.name)
  const worker = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) await client.delete({ type, namespace: 'default', name })
  }
  await Promise.all(Array.from({ length: writers }, worker))
}

function count(cluster: LogicalCluster, resource: string, which: (object: KubeObject) => boolean): number {
  let found = 0
  for (const object of cluster.peekAll(resource)) if (which(object)) found++
  return found
}

function isReady({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True')
}

function node(n: number): KubeObject {
  const amounts = { cpu: '32', memory: '256Gi', pods: '110' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `kwok-${n}`,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        'kubernetes.io/hostname': `kwok-${n}`,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'r',
        'topology.kubernetes.io/zone': `r-${n % 3}`,
        type: 'kwok',
      },
    },
    spec: {},
    status: { allocatable: amounts, capacity: amounts },
  }
}

function pod(n: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${n}`, namespace: 'default', labels: { app: 'fake' } },
    spec: {
      containers: [{ name: 'fake', image: 'fake', resources: { requests: { cpu: '100m', memory: '128Mi' } } }],
    },
  }
}

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

const nodes = Number(process.env['WORKLOADS_NODES'] ?? 2000)
const replicas = Number(process.env['WORKLOADS_REPLICAS'] ?? 1000)

/** Workloads of a big cluster: a DaemonSet on every node, and a Deployment that comes up, is rolled out and goes. */
export async function run(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'workloads-'))
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const storage = openFileStorage({ directory, sync: true, log: silentLog, base: createBootstrapLayer(systemClock.now()) })
  const clusters = createLogicalClusters({ storage, ports })
  const members = startMembers({ clusters, ports, nodes: { count: nodes } })
  try {
    const cluster = await clusters.ensure('bench')
    await until(() => count(cluster, 'nodes', isReady) === nodes)
    const results: BenchResult[] = []
    const measure = async (name: string, start: () => Promise<unknown>, done: () => boolean) => {
      const from = performance.now()
      await start()
      await until(done)
      results.push({ name: `workloads: ${name}`, unit: 's', measured: (performance.now() - from) / 1000, note: 'with Events' })
    }
    const type = (resource: string) => cluster.api.catalogue().forName(resource)!
    const client = cluster.client()
    const status = (resource: string, name: string) =>
      (cluster.peek(resource, `default/${name}`)?.['status'] ?? {}) as Record<string, number | undefined>
    await measure(
      `a DaemonSet on ${nodes} nodes`,
      () => client.create(type('daemonsets'), workload('DaemonSet', 'agent', {})),
      () => status('daemonsets.apps', 'agent')['numberReady'] === nodes,
    )
    await measure(
      `a Deployment of ${replicas} replicas`,
      () => client.create(type('deployments'), workload('Deployment', 'web', { replicas })),
      () => status('deployments.apps', 'web')['availableReplicas'] === replicas,
    )
    await measure(
      `its rollout`,
      () =>
        client.patch(
          { type: type('deployments'), namespace: 'default', name: 'web' },
          { kind: 'merge', body: { spec: { template: { metadata: { labels: { round: '2' } } } } } },
        ),
      () => {
        const { observedGeneration, updatedReplicas, availableReplicas, replicas: all } = status('deployments.apps', 'web')
        const isSeen = observedGeneration === cluster.peek('deployments.apps', 'default/web')?.metadata.generation
        return isSeen && updatedReplicas === replicas && availableReplicas === replicas && all === replicas
      },
    )
    return results
  } finally {
    members.stop()
    await storage.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function workload(kind: string, name: string, spec: object): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: {
      ...spec,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'fake:1' }] } },
    },
  }
}

async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + 180_000
  while (!done()) {
    if (performance.now() > end) throw new Error('not done within 180 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
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

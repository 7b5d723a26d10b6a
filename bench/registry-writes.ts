import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import type { Storage } from '../src/apiserver/storage/contract.js'
import { openFileStorage } from '../src/apiserver/storage/file-storage.js'
import { createMemoryStorage } from '../src/apiserver/storage/memory-storage.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import type { BenchResult } from './contract.js'

const objects = 3000
const writers = 64

/** Writes of realistic Deployments (3.8 KB stored) through the whole pipeline of the registry, in process. */
export async function run(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'registry-writes-'))
  const base = createBootstrapLayer(systemClock.now())
  try {
    return [
      ...(await measure('memory', createMemoryStorage({ base }), { create: 8, apply: 20, again: 1 })),
      ...(await measure('file', openFileStorage({ directory: join(directory, 'file'), sync: false, log: silentLog, base }), {})),
      ...(await measure('synced', openFileStorage({ directory: join(directory, 'sync'), sync: true, log: silentLog, base }), {})),
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measure(
  mode: string,
  storage: Storage,
  targets: { create?: number; apply?: number; again?: number },
): Promise<BenchResult[]> {
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const cluster = await createLogicalClusters({ storage, ports }).ensure('bench')
  const client = cluster.client()
  const type = (await client.resources()).forName('deployments')!
  const results: BenchResult[] = []
  const time = async (name: string, atMost: number | undefined, write: (index: number) => Promise<unknown>) => {
    const roundTripMs = jsonRoundTripMs(cluster.peek('deployments.apps', 'default/warm7'))
    const start = performance.now()
    let next = 0
    const worker = async () => {
      while (next < objects) await write(next++)
    }
    await Promise.all(Array.from({ length: writers }, worker))
    const eachMs = (performance.now() - start) / objects
    results.push(
      { name: `registry, ${mode}: ${name}`, unit: 'writes/s', measured: 1000 / eachMs },
      {
        name: `registry, ${mode}: ${name}, against JSON.parse(JSON.stringify(object))`,
        unit: 'x',
        measured: eachMs / roundTripMs,
        ...(atMost === undefined ? {} : { target: { atMost } }),
      },
    )
  }
  const apply = (index: number, replicas: number) =>
    client.patch(
      { type, namespace: 'default', name: `a${index}` },
      { kind: 'apply', object: deployment(`a${index}`, replicas) },
      { fieldManager: 'bench' },
    )
  for (let index = 0; index < 1500; index++) await client.create(type, deployment(`warm${index}`, 1))
  await time('create', targets.create, (index) => client.create(type, deployment(`c${index}`, 3)))
  await time('apply, new', targets.apply, (index) => apply(index, 3))
  await time('apply, changed', targets.apply, (index) => apply(index, 5))
  await time('apply, unchanged', targets.again, (index) => apply(index, 5))
  await storage.close()
  return results
}

/** What the machine takes right now to write and read the object as text once: the yardstick of the run. */
function jsonRoundTripMs(object: unknown): number {
  const start = performance.now()
  for (let index = 0; index < 1000; index++) JSON.parse(JSON.stringify(object))
  return (performance.now() - start) / 1000
}

function deployment(name: string, replicas: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels: { app: name, tier: 'web' }, annotations: { 'example.com/team': 'shop' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'server',
              image: 'example.com/shop/web:v1.2.3',
              ports: [
                { containerPort: 8080, name: 'http' },
                { containerPort: 9090, name: 'metrics' },
              ],
              env: [
                { name: 'PORT', value: '8080' },
                { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              ],
              resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
              readinessProbe: { httpGet: { path: '/healthz', port: 8080 } },
              livenessProbe: { httpGet: { path: '/healthz', port: 8080 } },
              volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
            },
          ],
          volumes: [{ name: 'config', configMap: { name: 'web' } }],
        },
      },
    },
  }
}

import type { Log, LogFields } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ClusterChange, LogicalCluster, LogicalClusters } from '../contract.js'
import { createBootstrapLayer } from '../logical/bootstrap-layer.js'
import { createLogicalClusters } from '../logical/logical-clusters.js'
import type { Storage } from '../storage/contract.js'
import { createMemoryStorage } from '../storage/memory-storage.js'
import { createMetricsApi } from './autoscaling/metrics-api.js'
import { PodMeasurements } from './autoscaling/pod-measurements.js'
import { withMemberObjects } from './member-base-layer.js'
import { type StartMembersOptions, startMembers } from './start-members.js'

/** One member in memory under virtual time, for tests. What a controller logs as a failure fails the test that asks. */
export interface MemberFixture {
  readonly clock: VirtualClock
  readonly clusters: LogicalClusters
  readonly cluster: LogicalCluster
  readonly client: KubeClient
  readonly warnings: readonly string[]
  readonly changes: ClusterChange[]
  /** Lets time pass: everything that is due is done. */
  settle(seconds?: number): Promise<void>
  apply(...objects: object[]): Promise<void>
  remove(kind: string, key: string, options?: Parameters<KubeClient['delete']>[1]): Promise<void>
  /** By resource and `namespace/name`. */
  peek(resource: string, key: string): Loose | undefined
  all(resource: string, namespace?: string): Loose[]
  /** The power of the member fails, and is back. */
  restart(): void
  stop(): void
}

/** An object of any kind whose fields a test reads by name. */
export type Loose = KubeObject & { spec: Fields; status: Fields }
interface Fields {
  [field: string]: never
}

export async function createMemberFixture(
  options: Partial<StartMembersOptions> & { storage?: Storage; seed?: number } = {},
): Promise<MemberFixture> {
  const clock = new VirtualClock({ idle: () => new Promise((resolve) => setImmediate(resolve)) })
  const warnings: string[] = []
  const log = collectingLog(warnings)
  const ports = { clock, random: createSeededRandom(options.seed ?? 1), log }
  const measurements = new PodMeasurements(ports)
  const base = withMemberObjects(createBootstrapLayer(clock.now()), clock.now())
  const clusters = createLogicalClusters({
    storage: options.storage ?? createMemoryStorage({ base, freeze: true }),
    ports,
    computed: createMetricsApi(measurements, ports),
    ...(options.network ? { networkOf: options.network.networkOf } : {}),
  })
  const changes: ClusterChange[] = []
  clusters.onChange((change) => changes.push(change))
  const members = startMembers({ renewLeasesEverySeconds: 0, events: 'warnings', ...options, clusters, ports })
  const cluster = await clusters.ensure('m1')
  const client = cluster.client({ name: 'm1' })
  const typeFor = (apiVersion: string, kind: string) => {
    const type = cluster.api.catalogue().forKind(apiVersion, kind)
    if (type === undefined) throw new Error(`${apiVersion} ${kind} is not served`)
    return type
  }
  const settle = async (seconds = 1) => clock.advance(seconds * 1000)
  await settle()
  return {
    clock,
    clusters,
    cluster,
    client,
    warnings,
    changes,
    settle,
    async apply(...objects) {
      for (const object of objects as KubeObject[]) {
        const type = typeFor(object.apiVersion, object.kind)
        const namespaced = type.namespaced ? { namespace: object.metadata.namespace ?? 'default' } : {}
        const placed = { ...object, metadata: { ...object.metadata, ...namespaced } }
        await client.patch(
          { type, name: object.metadata.name, ...namespaced },
          { kind: 'apply', object: placed },
          { fieldManager: 'test', force: true },
        )
      }
    },
    async remove(kind, key, deletion) {
      const type = cluster.api.catalogue().forName(kind)
      if (type === undefined) throw new Error(`${kind} is not served`)
      const [namespace = '', name = ''] = key.includes('/') ? key.split('/') : ['', key]
      await client.delete({ type, name, ...(namespace === '' ? {} : { namespace }) }, deletion)
    },
    peek: (resource, key) => cluster.peek(resource, key) as Loose | undefined,
    all: (resource, namespace) => [...cluster.peekAll(resource, namespace)] as Loose[],
    restart() {
      members.halt('m1')
      members.resume('m1')
    },
    stop: () => members.stop(),
  }
}

/** A log that keeps its warnings and errors as lines. */
export function collectingLog(warnings: string[]): Log {
  const log: Log = {
    debug() {},
    info() {},
    warn: (message: string, fields?: LogFields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    error: (message: string, fields?: LogFields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    with: () => log,
  }
  return log
}

/** A Deployment of one container, for tests. */
export function deploymentOf(name: string, spec: Record<string, unknown> = {}, pod: Record<string, unknown> = {}): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { ...workload(name, pod), ...spec } }
}

/** `selector` and `template` of a workload whose pods are labelled `app: name`. */
export function workload(
  name: string,
  { image = 'web:1', annotations, ...pod }: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name }, ...(annotations ? { annotations } : {}) },
      spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 80 }] }], ...pod },
    },
  }
}

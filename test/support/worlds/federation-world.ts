import { setImmediate } from 'node:timers/promises'
import { createBootstrapLayer } from '../../../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../../../src/apiserver/logical/logical-clusters.js'
import { createMemoryStorage } from '../../../src/apiserver/storage/memory-storage.js'
import { createFaultyClient, type Faults } from '../../../src/app/chaos/faulty-client.js'
import { hubUser } from '../../../src/app/fleet/embedded-api.js'
import { silentLog } from '../../../src/base/log.js'
import { createSeededRandom } from '../../../src/base/random.js'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import type { FederationDialect } from '../../../src/delivery/federation/contract.js'
import { createFederation } from '../../../src/delivery/federation/engine/create-federation.js'
import type { EvictionDecider } from '../../../src/delivery/federation/engine/decide-evictions.js'
import type { Cluster } from '../../../src/inventory/cluster.js'
import { createInventory } from '../../../src/inventory/create-inventory.js'
import type { KubeClient } from '../../../src/kube/client/kube-client.js'
import type { KubeObject } from '../../../src/kube/object/kube-object.js'
import { hubUid, typeNamed } from './member-world.js'

/** A hub and members in memory, and the engine with the dialects of a test. Nothing runs in the clusters. */
export async function createFederationWorld(options: {
  readonly members: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly dialects: readonly FederationDialect[]
  readonly evictions?: EvictionDecider
}) {
  const random = createSeededRandom(3)
  const clock = new VirtualClock({
    idle: async () => {
      for (let count = 0; count < 4; count++) await setImmediate()
    },
  })
  const ports = { clock, random, log: silentLog }
  const storage = createMemoryStorage({ base: createBootstrapLayer(clock.now()), freeze: true })
  const clusters = createLogicalClusters({ storage, ports })
  const namespaces = ['argocd', 'shop']
  const client = (name: string) => clusters.get(name)!.client({ user: hubUser, name })
  const ways = new Map<string, { client: KubeClient; faults: Faults }>()
  for (const name of ['hub', ...Object.keys(options.members)]) {
    await clusters.ensure(name)
    for (const namespace of namespaces)
      await client(name).create(typeNamed('Namespace'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const way = createFaultyClient(
      client(name),
      () => random.number(),
      (delayMs, run) => void clock.after(delayMs, run),
    )
    ways.set(name, { ...way, client: { ...way.client, close() {} } })
  }
  const list = Object.entries(options.members).map(
    ([name, labels]): Cluster => ({
      name,
      server: `https://${name}.test`,
      labels,
      annotations: {},
      project: '',
      namespaces: [],
      clusterResources: true,
      source: 'test',
      connection: {} as NonNullable<Cluster['connection']>,
    }),
  )
  const source = { name: 'test', ready: Promise.resolve(), list: () => list, onChange: () => () => {} }
  const hub = ways.get('hub')!
  const broken = new Set<string>()
  let ending = new AbortController()
  const start = () => {
    ending = new AbortController()
    const { signal } = ending
    const connect = ({ name }: Cluster) => {
      if (broken.has(name)) throw new Error(`the connection of ${name} cannot be read`)
      return ways.get(name)!.client
    }
    const inventory = createInventory({ sources: [source], hub: hub.client, connect, ...ports, signal })
    return createFederation({
      hub: hub.client,
      hubId: hubUid,
      namespace: 'argocd',
      inventory,
      dialects: options.dialects,
      ...(options.evictions === undefined ? {} : { evictions: options.evictions }),
      ...ports,
      signal,
    })
  }
  let federation = start()
  const settle = (seconds = 5) => clock.advance(seconds * 1000)
  await settle()
  return {
    clock,
    client,
    settle,
    faults: (name: string) => ways.get(name)!.faults,
    /** From the next start on there is no client for it. */
    breakConnection: (name: string) => void broken.add(name),
    get federation() {
      return federation
    },
    async restart(between: () => Promise<void> = async () => {}) {
      ending.abort()
      await settle(1)
      await between()
      federation = start()
      await settle()
    },
    create: (cluster: string, object: KubeObject) => client(cluster).create(typeNamed(object.kind), object),
    get: (cluster: string, kind: string, name: string) => {
      const type = typeNamed(kind)
      return client(cluster)
        .get({ type, name, ...(type.namespaced ? { namespace: 'shop' } : {}) })
        .catch(() => undefined)
    },
    async remove(cluster: string, kind: string, name: string) {
      await client(cluster).delete({ type: typeNamed(kind), name, namespace: 'shop' })
    },
    stop: () => ending.abort(),
  }
}

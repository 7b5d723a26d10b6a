import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import type { LogicalClusters } from '../src/apiserver/contract.js'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import { createMemoryStorage } from '../src/apiserver/storage/memory-storage.js'
import { startFederation } from '../src/app/federation/start-federation.js'
import { installDefinitions } from '../src/app/hub/install-hub.js'
import { namespaceType } from '../src/app/system/core-types.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { Federation } from '../src/delivery/federation/engine/create-federation.js'
import { placementCrd, placementDecisionCrd } from '../src/dialects/placement/placement-crd.js'
import { placementDialect } from '../src/dialects/placement/placement-dialect.js'
import { placementType } from '../src/dialects/placement/resource-types.js'
import type { Cluster } from '../src/inventory/cluster.js'
import { createInventory } from '../src/inventory/create-inventory.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { builtInResources } from '../src/kube/schema/resources.js'

export const typeOfKind = (kind: string) => builtInResources.find((type) => type.kind === kind && !type.version.includes('beta'))!
export const benchNamespace = 'shop'

/** Embedded clusters without nodes or controllers, and the federation over them with the plain dialect. One process, no sockets. */
export interface FederationFleet {
  readonly clusters: LogicalClusters
  readonly federation: Federation
  readonly hub: KubeClient
  client(cluster: string): KubeClient
  /** A cluster more, from now on. */
  join(name: string): Promise<void>
  place(name: string, spec: object): Promise<void>
  /** Ends the federation and starts it anew over what is stored. Resolves as `settled`. */
  restart(): Promise<number>
  /**
   * Resolves when for longer than results are gathered there was nothing to do, nothing was done, and this process was not
   * busy; with the time at which that began.
   */
  settled(): Promise<number>
  stop(): void
}

export async function startFederationFleet(members: number): Promise<FederationFleet> {
  // The system's clock keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const clusters = createLogicalClusters({ storage: createMemoryStorage({ base: createBootstrapLayer(Date.now()) }), ports })
  await clusters.ensure('hub')
  const hub = clusters.get('hub')!.client({ name: 'hub' })
  await installDefinitions(hub, [placementCrd, placementDecisionCrd])
  const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  for (const name of [benchNamespace, 'argocd']) await hub.create(namespaceType, namespace(name))
  let list: Cluster[] = []
  const add = async (name: string) => {
    await clusters.ensure(name)
    await clusters.get(name)!.client({ name }).create(namespaceType, namespace(benchNamespace))
    list = [...list, clusterNamed(name)]
  }
  for (let index = 0; index < members; index++) await add(`c${index}`)
  const listeners = new Set<() => void>()
  const start = async () => {
    const ending = new AbortController()
    setMaxListeners(0, ending.signal)
    const { signal } = ending
    const source = {
      name: 'bench',
      ready: Promise.resolve(),
      list: () => list,
      onChange(listener: () => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }
    const connect = ({ name }: Cluster) => clusters.get(name)!.client({ name })
    const inventory = createInventory({ sources: [source], hub, connect, ...ports, signal, probing: { concurrency: 64 } })
    await inventory.whenReady
    const federation = await startFederation({
      hub,
      namespace: 'argocd',
      inventory,
      dialects: [placementDialect],
      ports,
      signal,
    })
    await federation.ready
    return { ending, federation }
  }
  let running = await start()
  const settled = async () => {
    let since = performance.now()
    let before = ''
    while (performance.now() - since < 400) {
      const asleep = performance.now()
      await new Promise((done) => setTimeout(done, 10))
      const now = performance.now()
      const { idle, counts } = running.federation
      // Work in process is one microtask after another: a timer may come late, when all of it is done, and has seen nothing of it.
      const isBehind = now - asleep > 50
      const seen = JSON.stringify(counts)
      if (!idle || isBehind || seen !== before) since = now
      before = seen
    }
    return since
  }
  return {
    clusters,
    hub,
    get federation() {
      return running.federation
    },
    client: (name) => clusters.get(name)!.client({ name }),
    async join(name) {
      await add(name)
      for (const listener of listeners) listener()
    },
    async place(name, spec) {
      const metadata = { name, namespace: benchNamespace }
      await hub.create(placementType, { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Placement', metadata, spec })
    },
    async restart() {
      running.ending.abort()
      running = await start()
      return settled()
    },
    settled,
    stop() {
      running.ending.abort()
      clearInterval(alive)
    },
  }
}

function clusterNamed(name: string): Cluster {
  return {
    name,
    server: `https://${name}.example`,
    labels: { region: `r${name.length}` },
    annotations: {},
    project: '',
    namespaces: [],
    clusterResources: true,
    source: 'bench',
    connection: {} as NonNullable<Cluster['connection']>,
  }
}

import { type Clock, formatTime } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { Inventory } from '../../../inventory/cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { Caches } from '../../../kube/informer/cache.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound } from '../../../kube/object/status-error.js'
import { workThrough } from '../../../kube/queue/work-through.js'
import { karmadaClusterType } from '../resource-types.js'
import { type ClusterReading, clusterStatus } from './cluster-status.js'

const nodes: ResourceType = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }
/** Nodes and kinds of clusters that are up are read again after this long. */
const refreshMs = 300_000

/** Writes how clusters are that a Cluster object stands for, however they came in: when that changes, not at each probe. */
export function publishKarmadaStatus(options: {
  readonly hub: KubeClient
  readonly caches: Caches
  readonly inventory: Inventory
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
}): void {
  const { hub, inventory, clock, log, signal } = options
  const queue = workThrough({
    clock,
    random: options.random,
    signal,
    hands: 4,
    work: publish,
    failed: (cluster, error, retryMs) =>
      log.warn('cannot write the status of a Cluster', { cluster, error: messageOf(error), retryMs }),
  })
  let find: (name: string) => KubeObject | undefined = () => undefined

  async function publish(name: string): Promise<void> {
    const object = find(name)
    const cluster = inventory.find({ name })
    if (object === undefined || cluster === undefined) return
    const state = inventory.state(name)
    const reading = state.health === 'Healthy' ? await read(name) : undefined
    const before = object['status']
    const status = clusterStatus(
      { cluster, state, ...(reading === undefined ? {} : { reading }) },
      before,
      formatTime(clock.now()),
    )
    if (state.health === 'Healthy') queue.addAfter(name, refreshMs)
    if (status === undefined || equalJson(status, before)) return
    const target = { type: karmadaClusterType, name, subresource: 'status' }
    await hub.patch(target, { kind: 'merge', body: { status } }, { fieldManager: 'flotilla', signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }

  async function read(name: string): Promise<ClusterReading | undefined> {
    try {
      const client = inventory.client(name)
      const { all } = await client.resources({ signal })
      // The account may lack the right to read nodes.
      const list = await client.list(nodes, { signal }).catch(() => undefined)
      return { kinds: all, ...(list === undefined ? {} : { nodes: list.items }) }
    } catch {
      return undefined
    }
  }

  options.caches.cache(karmadaClusterType).then(
    (cache) => {
      find = (name) => cache.get(name)
      for (const { metadata } of cache.list()) queue.add(metadata.name)
      cache.onChange(({ type, object }) => {
        if (type === 'ADDED') queue.add(object.metadata.name)
      })
      const stop = inventory.onChange(({ name }) => queue.add(name))
      signal.addEventListener('abort', stop, { once: true })
    },
    // Rejects only when all ends.
    () => {},
  )
}

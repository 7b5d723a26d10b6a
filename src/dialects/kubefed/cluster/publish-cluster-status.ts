import type { Clock } from '../../../base/clock.js'
import { compareText } from '../../../base/compare-text.js'
import { messageOf } from '../../../base/errors.js'
import { equalJson, isObject } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { Cluster, Inventory } from '../../../inventory/cluster.js'
import { normalizeServer } from '../../../inventory/in-cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { Cache, Caches } from '../../../kube/informer/cache.js'
import { type KubeObject, keyOf } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound } from '../../../kube/object/status-error.js'
import { workThrough } from '../../../kube/queue/work-through.js'
import { kubeFedClusterType, kubeFedNamespace } from '../resource-types.js'
import { type ClusterPlaces, type KubeFedClusterStatus, kubeFedClusterStatus } from './cluster-status.js'

const nodes: ResourceType = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }
const regionLabels = ['topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region']
const zoneLabels = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone']

/**
 * Writes how clusters that came in as KubeFedClusters are: when that changes, not at each probe. Region and zones are read from
 * the nodes when a cluster has come up.
 */
export function publishClusterStatus(options: {
  hub: KubeClient
  inventory: Inventory
  caches: Caches
  namespace?: string
  clock: Clock
  random: Random
  log: Log
  signal: AbortSignal
}): void {
  const { hub, inventory, clock, log, signal, namespace = kubeFedNamespace } = options
  let objects: Cache | undefined
  const placesOf = new Map<string, ClusterPlaces>()
  const queue = workThrough({
    clock,
    random: options.random,
    signal,
    hands: 4,
    work: publish,
    failed: (cluster, error, retryMs) =>
      log.warn('cannot write the status of a KubeFedCluster', { cluster, error: messageOf(error), retryMs }),
  })

  async function publish(name: string): Promise<void> {
    const object = objects?.get(`${namespace}/${name}`)
    const found = inventory.find({ name })
    if (object === undefined || found === undefined) {
      placesOf.delete(name)
      return
    }
    const cluster = withNameTaken(found, object)
    const target = { type: kubeFedClusterType, namespace, name }
    const state = inventory.state(name)
    if (state.health !== 'Healthy') placesOf.delete(name)
    else if (!placesOf.has(name)) placesOf.set(name, await readPlaces(name))
    const places = placesOf.get(name)
    try {
      const before = object['status'] as KubeFedClusterStatus | undefined
      const status = kubeFedClusterStatus({ cluster, state, ...(places === undefined ? {} : { places }) }, before, nowText())
      if (status === undefined || equalJson(status, before)) return
      await hub.patch(
        { ...target, subresource: 'status' },
        { kind: 'merge', body: { status } },
        { fieldManager: 'flotilla', signal },
      )
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  /** Empty where nodes cannot be read: the account may lack the right. */
  async function readPlaces(name: string): Promise<ClusterPlaces> {
    try {
      const { items } = await inventory.client(name).list(nodes, { signal })
      const labels = items.map(({ metadata }) => metadata.labels ?? {})
      const first = (keys: readonly string[], from: Record<string, string>) => keys.map((key) => from[key]).find((each) => each)
      const region = labels.map((each) => first(regionLabels, each)).find((each) => each !== undefined)
      const zones = new Set(labels.flatMap((each) => first(zoneLabels, each) ?? []))
      return { ...(region === undefined ? {} : { region }), zones: [...zones].sort(compareText) }
    } catch {
      return {}
    }
  }

  function nowText(): string {
    return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`
  }

  const stop = inventory.onChange(({ name }) => queue.add(name))
  signal.addEventListener('abort', stop, { once: true })
  // Where the kind is not served, this waits until it is.
  options.caches.cache(kubeFedClusterType, { namespace }).then(
    (cache) => {
      objects = cache
      cache.onChange(({ type, object }) => {
        if (type !== 'DELETED') queue.add(object.metadata.name)
      })
      for (const { metadata } of cache.list()) queue.add(metadata.name)
    },
    () => {},
  )
}

/** The name may belong to a cluster that came in otherwise: the same one is told of, another one is in the way. */
function withNameTaken(found: Cluster, object: KubeObject): Cluster {
  if (found.source === `KubeFedCluster ${keyOf(object)}`) return found
  const spec = isObject(object['spec']) ? object['spec'] : {}
  const server = typeof spec['apiEndpoint'] === 'string' ? normalizeServer(spec['apiEndpoint']) : ''
  if (server === found.server) return found
  const message = `${found.source} has the name for another cluster, ${found.server}: rename one of them`
  return { ...found, problem: { reason: 'ClusterConfigMalformed', message } }
}

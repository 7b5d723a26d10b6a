import type { Clock } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isAlreadyExists, StatusError } from '../../kube/object/status-error.js'
import { workThrough } from '../../kube/queue/work-through.js'
import { type ClusterProperty, clusterPropertyType, planProperties } from './cluster-property.js'

const namespaces: ResourceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }

/** Who a cluster is, as it says itself. */
export interface ClusterIdentity {
  /** Of the namespace kube-system: what the world takes for the identity of a cluster. Undefined where it may not be read. */
  readonly uid?: string
  /** By name; empty where the cluster does not serve ClusterProperty. */
  readonly properties: ReadonlyMap<string, string>
  /** Epoch ms. */
  readonly observed: number
}

/** Read again after this long: properties change seldom. */
const refreshMs = 10 * 60_000
const hands = 8

export interface ClusterIdentities {
  of(cluster: string): ClusterIdentity | undefined
  /** Reads it soon where it is not known, or was read long ago. */
  want(cluster: string): void
}

/**
 * Reads who the clusters are, each once in a while and a few at a time, and writes the ClusterProperties of the cluster set on those
 * that serve the kind. A cluster that refuses is asked again later, and harms nobody.
 */
export function observeIdentities(options: {
  readonly inventory: Inventory
  readonly clusterSet: () => string
  readonly idOf: (cluster: string) => string
  readonly learned: (cluster: string) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
}): ClusterIdentities {
  const { inventory, clock, log, signal } = options
  const known = new Map<string, ClusterIdentity>()
  const queue = workThrough({
    clock,
    random: options.random,
    signal,
    hands,
    work: read,
    failed: (cluster, error, retryMs) => log.debug('cannot read who a cluster is', { cluster, error: messageOf(error), retryMs }),
    isGone: (name) => inventory.find({ name }) === undefined,
  })
  signal.addEventListener('abort', () => queue.close(), { once: true })

  async function read(name: string): Promise<void> {
    if (inventory.find({ name }) === undefined) {
      known.delete(name)
      return
    }
    if (inventory.state(name).health !== 'Healthy') return
    const client = inventory.client(name)
    const ending = inventory.lifetime?.(name) ?? signal
    const [uid, properties] = await Promise.all([readUid(client, ending), readProperties(client, ending)])
    const before = known.get(name)
    const values = new Map(properties?.map(({ metadata, spec }) => [metadata.name, String(spec?.value ?? '')]))
    if (properties !== undefined) {
      const steps = planProperties(properties, { id: options.idOf(name), clusterSet: options.clusterSet() })
      for (const { write, object } of steps) {
        if (await writeProperty(client, write, object, ending, log)) values.set(object.metadata.name, object.spec.value)
      }
    }
    const now: ClusterIdentity = { ...(uid === undefined ? {} : { uid }), properties: values, observed: clock.now() }
    known.set(name, now)
    if (before === undefined || before.uid !== now.uid || !equalMaps(before.properties, values)) options.learned(name)
  }

  return {
    of: (cluster) => known.get(cluster),
    want(cluster) {
      const identity = known.get(cluster)
      if (identity === undefined || clock.now() - identity.observed >= refreshMs) queue.add(cluster)
    },
  }
}

async function readUid(client: KubeClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await client.get({ type: namespaces, name: 'kube-system' }, { signal })).metadata.uid
  } catch (error) {
    if (error instanceof StatusError && error.httpCode < 500) return undefined
    throw error
  }
}

/** Undefined: the cluster does not serve them, or does not show them to us. */
async function readProperties(client: KubeClient, signal: AbortSignal): Promise<readonly ClusterProperty[] | undefined> {
  try {
    return (await client.list<ClusterProperty>(clusterPropertyType, { signal })).items
  } catch (error) {
    if (error instanceof StatusError && error.httpCode < 500) return undefined
    throw error
  }
}

async function writeProperty(
  client: KubeClient,
  write: 'create' | 'update',
  object: ClusterProperty,
  signal: AbortSignal,
  log: Log,
): Promise<boolean> {
  try {
    const options = { fieldManager: 'flotilla', signal }
    if (write === 'create') await client.create(clusterPropertyType, object, options)
    else await client.update(clusterPropertyType, object, options)
    return true
  } catch (error) {
    // Somebody else was first: theirs counts, and is read next time.
    if (isAlreadyExists(error)) return false
    if (!(error instanceof StatusError) || error.httpCode >= 500) throw error
    log.debug('cannot write a ClusterProperty', { cluster: client.name, property: object.metadata.name, error: error.message })
    return false
  }
}

function equalMaps(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}

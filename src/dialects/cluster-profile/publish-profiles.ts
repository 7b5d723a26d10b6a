import type { Clock } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import { equalJson } from '../../base/json.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { Inventory } from '../../inventory/cluster.js'
import { inCluster } from '../../inventory/in-cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { workThrough } from '../../kube/queue/work-through.js'
import { observeIdentities } from './cluster-identities.js'
import { type ClusterProfile, clusterProfileType, managerLabel, managerName, profileNameOf } from './cluster-profile.js'
import { announceClusterSet, defaultClusterSet } from './cluster-set.js'
import { toClusterProfile } from './to-cluster-profile.js'

/**
 * Keeps a ClusterProfile for each cluster of the inventory: written when something about the cluster changes, and every
 * `refreshSeconds` for the time it was last seen. Profiles of clusters that have left go, but only those that are ours and
 * only once the inventory has been read.
 */
export function publishClusterProfiles(options: {
  hub: KubeClient
  inventory: Inventory
  namespace: string
  clock: Clock
  random: Random
  log: Log
  signal: AbortSignal
  refreshSeconds?: number
}): void {
  const { hub, inventory, namespace, clock, log, signal } = options
  const known = new Map<string, ClusterProfile>()
  let clusterSet = defaultClusterSet
  const identities = observeIdentities({
    ...options,
    clusterSet: () => clusterSet,
    idOf: profileNameOf,
    learned(name) {
      queue.add(profileNameOf(name))
      // Another name of the same cluster may have had a profile until now.
      for (const alias of aliasesOf(name)) queue.add(profileNameOf(alias))
    },
  })
  const queue = workThrough({
    clock,
    random: options.random,
    signal,
    hands: 4,
    work: publish,
    failed: (cluster, error, retryMs) => log.warn('cannot write a ClusterProfile', { cluster, error: messageOf(error), retryMs }),
  })

  /** Other names under which the fleet knows the same cluster, by the UID of its kube-system. */
  function aliasesOf(name: string): string[] {
    const uid = identities.of(name)?.uid
    if (uid === undefined) return []
    return inventory.list().flatMap((each) => (each.name !== name && identities.of(each.name)?.uid === uid ? [each.name] : []))
  }

  /** By the profile's name: that is what outlives the cluster. */
  async function publish(name: string): Promise<void> {
    const cluster = inventory.find({ name }) ?? inventory.list().find((each) => profileNameOf(each.name) === name)
    const target = { type: clusterProfileType, namespace, name }
    if (!cluster) {
      known.delete(name)
      if (inventory.ready) await remove(name)
      return
    }
    identities.want(cluster.name)
    const aliases = aliasesOf(cluster.name)
    // One cluster, one profile: that of the first name that is not the hub's own for itself.
    if (aliases.some((alias) => precedes(alias, cluster.name))) {
      known.delete(name)
      await remove(name)
      return
    }
    const now = known.get(name) ?? (await hub.get<ClusterProfile>(target, { signal }).catch(absent))
    // A profile of this name that another manager keeps is theirs, and tells of the cluster already.
    if (now !== undefined && now.spec?.clusterManager?.name !== managerName) return
    // Until the writes below have succeeded, it is not known how it stands.
    known.delete(name)
    const wanted = toClusterProfile({
      cluster,
      state: inventory.state(cluster.name),
      namespace,
      nowMs: clock.now(),
      now,
      identity: identities.of(cluster.name),
      aliases,
    })
    let stored = now
    if (!stored || !equalJson(stored.spec, wanted.spec) || !equalJson(stored.metadata.labels, wanted.metadata.labels)) {
      stored = await hub.patch<ClusterProfile>(
        target,
        { kind: 'apply', object: { ...wanted, status: undefined } },
        { fieldManager: 'flotilla', force: true, signal },
      )
    }
    if (!equalJson(stored.status, wanted.status)) {
      stored = await hub.patch<ClusterProfile>(
        { ...target, subresource: 'status' },
        { kind: 'merge', body: { status: wanted.status } },
        { fieldManager: 'flotilla', signal },
      )
    }
    known.set(name, stored)
  }

  /** Another manager may keep a profile of the same name in this namespace: it is not ours to remove. */
  async function remove(name: string): Promise<void> {
    const target = { type: clusterProfileType, namespace, name }
    const profile = await hub.get<ClusterProfile>(target, { signal }).catch(absent)
    if (profile?.metadata.labels?.[managerLabel] !== managerName) return
    await hub.delete(target, { preconditions: { uid: profile.metadata.uid }, signal }).catch(absent)
  }

  const stop = inventory.onChange((change) => queue.add(profileNameOf(change.name)))
  const refreshMs = (options.refreshSeconds ?? 60) * 1000
  let cancel = clock.after(refreshMs, refresh)
  function refresh(): void {
    for (const cluster of inventory.list()) queue.add(profileNameOf(cluster.name))
    cancel = clock.after(refreshMs, refresh)
  }
  signal.addEventListener(
    'abort',
    () => {
      stop()
      cancel()
    },
    { once: true },
  )
  for (const cluster of inventory.list()) queue.add(profileNameOf(cluster.name))
  void announceClusterSet(hub, namespace, signal).then(
    (name) => {
      clusterSet = name
    },
    (error) => {
      if (!signal.aborted) log.debug('cannot label the namespace of the profiles', { namespace, error: messageOf(error) })
    },
  )
  // Profiles that outlived their cluster while nobody looked.
  void hub
    .list<ClusterProfile>(clusterProfileType, { namespace, labelSelector: `${managerLabel}=${managerName}`, signal })
    .then((list) => {
      for (const profile of list.items) if (inventory.ready) queue.add(profile.metadata.name)
    })
    .catch((error) => {
      if (!signal.aborted) log.debug('cannot list ClusterProfiles', { error: messageOf(error) })
    })
}

function precedes(a: string, b: string): boolean {
  if (a === inCluster.name || b === inCluster.name) return b === inCluster.name
  return a < b
}

function absent(error: unknown): undefined {
  if (!isNotFound(error)) throw error
  return undefined
}

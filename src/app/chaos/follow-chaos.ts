import type { LogicalClusters } from '../../apiserver/contract.js'
import type { LinkFault } from '../../apiserver/members/network/forwarding/links.js'
import type { Clock } from '../../base/clock.js'
import { equalJson } from '../../base/json.js'
import type { ClusterProfile } from '../../dialects/cluster-profile/cluster-profile.js'
import { noChaos, readClusterChaos, type WantedChaos } from './chaos-annotations.js'
import { type Outage, outageAt } from './outage.js'

const profiles = 'clusterprofiles.multicluster.x-k8s.io'

/** What is wrong with a cluster right now. */
export interface ClusterChaos {
  readonly stopped: boolean
  readonly apiCut: boolean
  readonly hubCut: boolean
  readonly latencyMs: number
  /** By the name of the other member. */
  readonly links: Readonly<Record<string, LinkFault>>
}

export const wholeCluster: ClusterChaos = { stopped: false, apiCut: false, hubCut: false, latencyMs: 0, links: {} }

interface Followed {
  readonly wanted: WantedChaos
  readonly sinceMs: number
  now: ClusterChaos
  cancel: () => void
}

/**
 * Tells what is wrong with each cluster, from the ClusterProfiles on the hub: now, whenever that changes, and at each turn of
 * what comes and goes. The hub itself stays whole, since nothing else could heal it. The returned function stops following.
 */
export function followChaos(
  clusters: LogicalClusters,
  hub: string,
  apply: (cluster: string, chaos: ClusterChaos) => void,
  clock: Clock,
): () => void {
  const followed = new Map<string, Followed>()
  const turn = (cluster: string, each: Followed) => {
    const { chaos, changesInMs } = chaosAt(each.wanted, clock.now() - each.sinceMs)
    if (changesInMs !== undefined) each.cancel = clock.after(changesInMs, () => turn(cluster, each))
    if (equalJson(each.now, chaos)) return
    each.now = chaos
    apply(cluster, chaos)
  }
  const set = (cluster: string, wanted: WantedChaos) => {
    const before = followed.get(cluster)
    if (cluster === hub || cluster === 'in-cluster' || equalJson(before?.wanted ?? noChaos, wanted)) return
    before?.cancel()
    const each: Followed = { wanted, sinceMs: clock.now(), now: before?.now ?? wholeCluster, cancel: () => {} }
    if (equalJson(wanted, noChaos)) followed.delete(cluster)
    else followed.set(cluster, each)
    turn(cluster, each)
  }
  const nameOf = (profile: ClusterProfile) => profile.spec?.displayName ?? profile.metadata.name
  for (const profile of clusters.get(hub)?.peekAll(profiles) ?? [])
    set(nameOf(profile as ClusterProfile), readClusterChaos(profile))
  const leave = clusters.onChange(({ cluster, groupResource, type, object }) => {
    if (cluster !== hub || groupResource !== profiles) return
    set(nameOf(object as ClusterProfile), type === 'DELETED' ? noChaos : readClusterChaos(object))
  })
  return () => {
    leave()
    for (const each of followed.values()) each.cancel()
  }
}

function chaosAt(wanted: WantedChaos, elapsedMs: number): { chaos: ClusterChaos; changesInMs?: number } {
  let next = Number.POSITIVE_INFINITY
  const isDown = (outage: Outage): boolean => {
    const { down, changesInMs = Number.POSITIVE_INFINITY } = outageAt(outage, elapsedMs)
    next = Math.min(next, changesInMs)
    return down
  }
  const links = Object.entries(wanted.links).map(([other, { outage, latencyMs }]): [string, LinkFault] => [
    other,
    { cut: isDown(outage), latencyMs },
  ])
  const chaos: ClusterChaos = {
    stopped: wanted.stopped,
    apiCut: isDown(wanted.api),
    hubCut: isDown(wanted.hub),
    latencyMs: wanted.latencyMs,
    links: Object.fromEntries(links.filter(([, { cut, latencyMs }]) => cut || latencyMs > 0)),
  }
  return Number.isFinite(next) ? { chaos, changesInMs: next } : { chaos }
}

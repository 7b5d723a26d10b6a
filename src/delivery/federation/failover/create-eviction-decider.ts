import { messageOf } from '../../../base/errors.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterFacts, Placement } from '../../placement/contract.js'
import { decidePlacement } from '../../placement/decide-placement.js'
import { decidePolicy } from '../../placement/policy/decide-policy.js'
import type { Eviction, FailoverRules, Federated } from '../contract.js'
import type { EvictionDecider, EvictionDecision, EvictionInput } from '../engine/decide-evictions.js'
import { isHealthy } from './is-healthy.js'
import type { FailoverSettings, Observation } from './settings.js'
import { TaintTimes } from './taint-times.js'

export interface EvictionDeciderOptions {
  /** What others say of a cluster, not older than a minute. */
  observations(cluster: string): readonly Observation[]
  /** As they are now. */
  settings(): FailoverSettings
}

/** One wish to move, before it is asked whether it may. */
interface Wish {
  readonly cluster: string
  readonly reason: 'TaintUntolerated' | 'ClusterUnreachable' | 'ApplicationUnhealthy'
  readonly message: string
  readonly rule: NonNullable<FailoverRules['cluster'] | FailoverRules['application']>
}

/** What others take their time to say is asked for again so often. */
const askAgainMs = 10_000
const usualGraceSeconds = 600

/**
 * Decides what is moved away from which cluster. Safe by default: silence counts only when somebody else sees it too, or the member
 * itself says so; nothing is moved where it would find no room, more than one cluster of a workload at a time, faster than the
 * fleet's rate, while most clusters are silent, or while somebody has frozen it. What is held back is told with the reason.
 *
 * Times since when something is wrong are kept in memory: a hub that starts waits anew.
 */
export function createEvictionDecider(options: EvictionDeciderOptions): EvictionDecider {
  const silentSince = new Map<string, number>()
  /** By id, then by cluster. */
  const sickSince = new Map<string, Map<string, number>>()
  const silent = new Map<string, Set<string>>()
  const taintTimes = new TaintTimes()
  /** Moves by id that were allowed and are not on record yet: they are not asked for, nor counted, again. */
  const begun = new Map<string, readonly Eviction[]>()
  /** Moves by id that are over and still on record: what comes back to the cluster meanwhile is not moved by them again. */
  const over = new Map<string, ReadonlySet<string>>()
  let tokens: number | undefined
  let refilledAt = 0

  /** What is remembered of clusters that are gone, and of copies that are: another one of the name is not the same. */
  function forgetGone({ federated: { id }, copies }: EvictionInput, clusters: ReadonlySet<string>): void {
    taintTimes.keepOnly(clusters)
    for (const cluster of silentSince.keys()) if (!clusters.has(cluster)) silentSince.delete(cluster)
    const sick = sickSince.get(id)
    if (sick === undefined) return
    for (const cluster of sick.keys()) if (!clusters.has(cluster) || !copies.has(cluster)) sick.delete(cluster)
    if (sick.size === 0) sickSince.delete(id)
  }

  function sickTimes(id: string): Map<string, number> {
    let times = sickSince.get(id)
    if (times === undefined) sickSince.set(id, (times = new Map()))
    return times
  }

  function takeToken(nowMs: number, perMinute: number): boolean {
    tokens = Math.min(perMinute, (tokens ?? perMinute) + ((nowMs - refilledAt) / 60_000) * perMinute)
    refilledAt = nowMs
    if (tokens < 1) return false
    tokens--
    return true
  }

  function wishesOf(input: EvictionInput, leaving: ReadonlySet<string>) {
    const { federated, clusters, copies, nowMs, blind } = input
    const { failover, id } = federated
    const wishes: Wish[] = []
    const held: { cluster: string; why: string }[] = []
    let againAt = Number.POSITIVE_INFINITY
    const facts = new Map(clusters.map((each) => [each.name, each]))
    const tolerations = tolerationsOf(federated)
    for (const [cluster, result] of copies) {
      const fact = facts.get(cluster)
      if (fact === undefined || failover === undefined || leaving.has(cluster)) continue
      const { cluster: ofCluster, application } = failover
      const due = taintTimes.firstDue(cluster, fact.taints, tolerations, nowMs)
      if (due !== undefined && nowMs < due.dueAt) againAt = Math.min(againAt, due.dueAt)
      else if (ofCluster !== undefined && due !== undefined) {
        const message = `the cluster has the taint ${due.taint.key}:NoExecute, which is not tolerated`
        wishes.push({ cluster, reason: 'TaintUntolerated', message, rule: ofCluster })
        continue
      }
      const silence = ofCluster?.silence
      const unheardSince = sinceWhen(silentSince, cluster, fact.ready === false && !blind, nowMs)
      if (ofCluster !== undefined && silence !== undefined && unheardSince !== undefined) {
        const dueAt = unheardSince + silence.toleratedSeconds * 1000
        if (nowMs < dueAt) againAt = Math.min(againAt, dueAt)
        else {
          const others = options.observations(cluster)
          const down = others.filter((each) => each.down)
          const up = others.find((each) => !each.down)
          againAt = Math.min(againAt, nowMs + askAgainMs)
          if (up !== undefined) held.push({ cluster, why: `it does not answer this hub, but ${up.by} sees it` })
          else if (down.length === 0) held.push({ cluster, why: 'it does not answer this hub, and nobody else has said so' })
          else {
            const message = `it does not answer this hub, nor ${down.map(({ by }) => by).join(', ')}`
            wishes.push({ cluster, reason: 'ClusterUnreachable', message, rule: ofCluster })
          }
        }
      }
      const healthy = result?.live === undefined || fact.ready !== true ? undefined : isHealthy(result.live, failover.health)
      const sick =
        healthy === false || sickSince.has(id) ? sinceWhen(sickTimes(id), cluster, healthy === false, nowMs) : undefined
      if (application !== undefined && sick !== undefined) {
        const dueAt = sick + application.toleratedSeconds * 1000
        if (nowMs < dueAt) againAt = Math.min(againAt, dueAt)
        else
          wishes.push({
            cluster,
            reason: 'ApplicationUnhealthy',
            message: `it has been unhealthy there for more than ${application.toleratedSeconds} s`,
            rule: application,
          })
      }
    }
    return { wishes, held, againAt }
  }

  /** Why a move may not be made now; undefined: it may. */
  function whyNot(
    wish: Wish,
    input: EvictionInput,
    underWay: readonly Eviction[],
    settings: FailoverSettings,
  ): string | undefined {
    const { federated, clusters, copies, nowMs, blind } = input
    if (settings.frozen !== undefined) return `failover is frozen: ${settings.frozen}`
    const byPerson = wish.reason === 'TaintUntolerated'
    if (blind && !byPerson) return 'most clusters are silent at once: the hub itself may be cut off'
    const moving = underWay.find(({ cluster }) => copies.has(cluster))
    if (moving !== undefined && !byPerson) return `it is being moved from ${moving.cluster} already: one cluster at a time`
    if (wish.reason === 'ClusterUnreachable') {
      for (const [cluster, ids] of silent) if (ids.size === 0) silent.delete(cluster)
      const most = Math.max(1, Math.floor(clusters.length * settings.mostSilentShare))
      if (!silent.has(wish.cluster) && silent.size >= most)
        return `${silent.size} of ${clusters.length} clusters are being left already, at most ${most} are at a time`
    }
    const gained = byPerson ? undefined : whyNothingGained(wish.cluster, federated, clusters, underWay)
    if (gained !== undefined) return gained
    if (!takeToken(nowMs, settings.movesPerMinute)) return `the fleet moves at most ${settings.movesPerMinute} workloads a minute`
    return undefined
  }

  function decide(input: EvictionInput): EvictionDecision {
    const { federated, copies, clusters, nowMs } = input
    const names = new Set(clusters.map(({ name }) => name))
    forgetGone(input, names)
    const kept: Eviction[] = []
    let againAt = Number.POSITIVE_INFINITY
    const onRecord = federated.evictions ?? []
    const isOnRecord = ({ cluster }: Eviction) => onRecord.some((each) => each.cluster === cluster)
    const settings = options.settings()
    // Who freezes the fleet stops what nobody has on record yet.
    const pending = settings.frozen === undefined ? (begun.get(federated.id) ?? []).filter((each) => !isOnRecord(each)) : []
    // First on record as it was begun, then it goes on.
    kept.push(...pending.filter(({ cluster }) => names.has(cluster)))
    const ended = new Set<string>()
    for (const eviction of onRecord) {
      if (!names.has(eviction.cluster)) continue
      const key = `${eviction.cluster} ${eviction.since}`
      const next = over.get(federated.id)?.has(key) === true ? undefined : advance(eviction, input)
      if (next === undefined) ended.add(key)
      else {
        kept.push(next.eviction)
        againAt = Math.min(againAt, next.againAt)
      }
    }
    if (ended.size === 0) over.delete(federated.id)
    else over.set(federated.id, ended)
    const found = wishesOf(input, new Set(kept.map(({ cluster }) => cluster)))
    againAt = Math.min(againAt, found.againAt)
    const held = [...found.held]
    for (const wish of found.wishes) {
      const preserved = preservedFrom(wish, copies)
      const why = typeof preserved === 'string' ? preserved : whyNot(wish, input, kept, settings)
      if (why !== undefined) {
        held.push({ cluster: wish.cluster, why: `${wish.message}; it stays, for ${why}` })
        againAt = Math.min(againAt, nowMs + askAgainMs)
        continue
      }
      const { rule, cluster, reason, message } = wish
      const replicas = federated.previous.replicas?.[cluster]
      const { graceSeconds } = rule
      kept.push({
        cluster,
        reason,
        message,
        since: nowMs,
        purge: rule.purge,
        ...(graceSeconds === undefined ? {} : { graceSeconds }),
        ...(replicas === undefined ? {} : { replicas }),
        ...(typeof preserved === 'object' ? { preserved, before: clustersBefore(federated, copies) } : {}),
      })
      againAt = Math.min(againAt, nowMs + 1000 * (graceSeconds ?? usualGraceSeconds))
    }
    noteSilent(federated.id, kept, copies)
    const unrecorded = kept.filter((each) => !isOnRecord(each))
    if (unrecorded.length === 0) begun.delete(federated.id)
    else begun.set(federated.id, unrecorded)
    return {
      evictions: kept,
      ...(Number.isFinite(againAt) ? { againAt } : {}),
      ...(held.length === 0 ? {} : { held }),
    }
  }

  function noteSilent(id: string, evictions: readonly Eviction[], copies: EvictionInput['copies']): void {
    const left = new Set(
      evictions
        .filter(({ reason, cluster }) => reason === 'ClusterUnreachable' && copies.has(cluster))
        .map(({ cluster }) => cluster),
    )
    for (const [cluster, ids] of silent) if (!left.has(cluster) && ids.delete(id) && ids.size === 0) silent.delete(cluster)
    for (const cluster of left) silent.set(cluster, (silent.get(cluster) ?? new Set()).add(id))
  }

  return {
    decide,
    forget(id) {
      begun.delete(id)
      over.delete(id)
      sickSince.delete(id)
      for (const [cluster, ids] of silent) if (ids.delete(id) && ids.size === 0) silent.delete(cluster)
    },
  }
}

/** Epoch ms since when it has been so without a break. */
function sinceWhen(times: Map<string, number>, key: string, is: boolean, nowMs: number): number | undefined {
  if (!is) {
    times.delete(key)
    return undefined
  }
  const known = times.get(key)
  if (known === undefined) times.set(key, nowMs)
  return known ?? nowMs
}

/** A move that is under way, as it stands now; undefined when it is over. */
function advance(
  eviction: Eviction,
  { federated, clusters, copies, blind, nowMs }: EvictionInput,
): { eviction: Eviction; againAt: number } | undefined {
  const graceEndsAt = eviction.since + 1000 * (eviction.graceSeconds ?? usualGraceSeconds)
  if (eviction.purge === 'Never') return { eviction, againAt: Number.POSITIVE_INFINITY }
  if (eviction.purge === 'Gracefully') {
    if (nowMs < graceEndsAt && !runsElsewhere(eviction, federated, copies)) return { eviction, againAt: graceEndsAt }
    return { eviction: { ...eviction, purge: 'Directly' }, againAt: graceEndsAt }
  }
  // The cluster is not chosen again at once, or an application that fails everywhere would go round and round.
  const rests = eviction.reason === 'ApplicationUnhealthy' && nowMs < graceEndsAt
  // What a silent cluster has is not known: the move is over when it has said that nothing is left.
  // While most are silent they count as ready, and nothing is concluded.
  const silent = blind || clusters.find(({ name }) => name === eviction.cluster)?.ready !== true
  // What was preserved is on the new copy for as long as the move: until it runs.
  const starts = eviction.preserved !== undefined && nowMs < graceEndsAt && !runsElsewhere(eviction, federated, copies)
  if (copies.has(eviction.cluster) || silent || rests || starts)
    return { eviction, againAt: rests || starts ? graceEndsAt : Number.POSITIVE_INFINITY }
  return undefined
}

/** What the old copy says that the new one must know; a text: why that cannot be told. Undefined: nothing is asked for. */
function preservedFrom(
  { cluster, rule: { preserve, purge } }: Wish,
  copies: EvictionInput['copies'],
): Eviction['preserved'] | string | undefined {
  if (preserve === undefined || purge !== 'Directly') return undefined
  const live = copies.get(cluster)?.live
  if (live === undefined) return 'what is to be preserved of it has not been seen'
  try {
    return preserve(live)
  } catch (error) {
    return `what is to be preserved of it cannot be told: ${messageOf(error)}`
  }
}

function clustersBefore({ previous }: Federated, copies: EvictionInput['copies']): string[] {
  return [...new Set([...Object.keys(previous.replicas ?? {}), ...copies.keys()])].sort()
}

/** Whether as many replicas are ready in other clusters as are asked for; without replicas, whether another copy is there. */
function runsElsewhere(eviction: Eviction, federated: Federated, copies: EvictionInput['copies']): boolean {
  const others = [...copies].filter(([cluster]) => cluster !== eviction.cluster)
  const asked = federated.workload.replicas
  if (asked === undefined) return others.some(([, result]) => result?.state === 'Applied')
  const { health } = federated.failover ?? {}
  const seen = others.map(([, result]) => (result?.live === undefined ? undefined : isHealthy(result.live, health)))
  if (seen.length > 0 && !hasReadyCount(federated.workload.object) && seen.every((each) => each !== undefined))
    return seen.every((each) => each)
  let ready = 0
  for (const [, result] of others) {
    const status = result?.live?.['status'] as { readyReplicas?: unknown } | undefined
    if (typeof status?.readyReplicas === 'number') ready += status.readyReplicas
  }
  return ready >= asked
}

/** Kinds of which the status counts replicas that are ready. */
function hasReadyCount({ kind }: KubeObject): boolean {
  return ['Deployment', 'StatefulSet', 'ReplicaSet'].includes(kind)
}

/** Tried before it is done: a move that finds no room elsewhere only takes away. */
function whyNothingGained(
  cluster: string,
  federated: Federated,
  clusters: readonly ClusterFacts[],
  underWay: readonly Eviction[],
): string | undefined {
  const { workload, policies, previous } = federated
  const evicting = [...(previous.evicting ?? []), ...underWay.map((each) => each.cluster), cluster]
  const after = decidePlacement(workload, policies, clusters, { ...previous, evicting })
  const had = new Set(Object.keys(previous.replicas ?? {}))
  if (after.outcome !== 'placed') return `there is no room for it elsewhere (${after.reasons.at(-1) ?? after.outcome})`
  const gains = after.clusters.some(
    (each) => each.selected && (!had.has(each.cluster) || (each.replicas ?? 0) > (each.previous ?? 0)),
  )
  return gains ? undefined : 'no other cluster would take it over'
}

function tolerationsOf(federated: Federated): NonNullable<Placement['tolerations']> {
  const { winner } = decidePolicy(federated.workload.object, federated.policies.placements, federated.previous.policy)
  return winner?.placement.tolerations ?? []
}

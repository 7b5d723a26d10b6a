import type { Deployment, ReplicaSet } from '../engine/objects.js'

/** A number of replicas or a percentage of `total`, rounded as asked. */
export function resolveCount(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (value === undefined) return 0
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(value)
  if (percent === null) return Number(value) || 0
  const exact = (Number(percent[1]) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}

export interface RollingLimits {
  readonly maxSurge: number
  readonly maxUnavailable: number
}

/** How far a rollout may go above and below the wanted replicas; never both zero, as it could not move then. */
export function rollingLimits({ spec }: Deployment): RollingLimits {
  const wanted = spec.replicas ?? 1
  if (spec.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: wanted }
  const rolling = spec.strategy?.rollingUpdate
  const maxSurge = resolveCount(rolling?.maxSurge ?? '25%', wanted, 'up')
  const maxUnavailable = Math.min(resolveCount(rolling?.maxUnavailable ?? '25%', wanted, 'down'), wanted)
  return maxSurge === 0 && maxUnavailable === 0 ? { maxSurge, maxUnavailable: 1 } : { maxSurge, maxUnavailable }
}

export interface ScalingInput {
  readonly deployment: Deployment
  readonly fresh: ReplicaSet | undefined
  /** All others, oldest first. */
  readonly old: readonly ReplicaSet[]
}

/** The replicas that each ReplicaSet is to have now, by name; those that stay as they are are left out. */
export function decideScaling({ deployment, fresh, old }: ScalingInput): Map<string, number> {
  const decided = new Map<string, number>()
  const wanted = deployment.spec.replicas ?? 1
  if (fresh === undefined) return decided
  const set = (replicaSet: ReplicaSet, replicas: number) => {
    if (replicasOf(replicaSet) !== replicas) decided.set(replicaSet.metadata.name, replicas)
  }
  if (deployment.spec.strategy?.type === 'Recreate') {
    for (const replicaSet of old) set(replicaSet, 0)
    // The new one starts when nothing of the old ones is left.
    if (old.every((replicaSet) => replicasOf(replicaSet) === 0 && (replicaSet.status?.replicas ?? 0) === 0)) set(fresh, wanted)
    return decided
  }
  const { maxSurge, maxUnavailable } = rollingLimits(deployment)
  const freshReplicas = replicasOf(fresh)
  const oldReplicas = sum(old, replicasOf)
  let next = freshReplicas
  if (freshReplicas > wanted || oldReplicas === 0) next = wanted
  else if (freshReplicas < wanted) {
    const room = wanted + maxSurge - (oldReplicas + freshReplicas)
    next = freshReplicas + Math.max(0, Math.min(room, wanted - freshReplicas))
  }
  set(fresh, next)
  scaleDownOld({ deployment, fresh, old }, maxUnavailable, decided)
  return decided
}

/** First replicas that are not available anyway, then as many others as availability allows; oldest first. */
function scaleDownOld({ deployment, fresh, old }: ScalingInput, maxUnavailable: number, decided: Map<string, number>): void {
  const wanted = deployment.spec.replicas ?? 1
  if (fresh === undefined || sum(old, replicasOf) === 0) return
  const leastAvailable = wanted - maxUnavailable
  const freshUnavailable = Math.max(0, replicasOf(fresh) - availableOf(fresh))
  let spare = sum([...old, fresh], replicasOf) - leastAvailable - freshUnavailable
  const left = new Map(old.map((replicaSet) => [replicaSet, replicasOf(replicaSet)]))
  for (const replicaSet of old) {
    if (spare <= 0) break
    const unavailable = Math.max(0, replicasOf(replicaSet) - availableOf(replicaSet))
    const cut = Math.min(unavailable, spare)
    left.set(replicaSet, replicasOf(replicaSet) - cut)
    spare -= cut
  }
  let surplus = Math.min(spare, sum([...old, fresh], availableOf) - leastAvailable)
  for (const replicaSet of old) {
    if (surplus <= 0) break
    const cut = Math.min(left.get(replicaSet) ?? 0, surplus)
    left.set(replicaSet, (left.get(replicaSet) ?? 0) - cut)
    surplus -= cut
  }
  for (const [replicaSet, replicas] of left) {
    if (replicas !== replicasOf(replicaSet)) decided.set(replicaSet.metadata.name, replicas)
  }
}

/** What each active ReplicaSet gets when a Deployment is scaled in the midst of a rollout: its share of the difference. */
export function decideProportionalScaling({ deployment, fresh, old }: ScalingInput): Map<string, number> {
  const decided = new Map<string, number>()
  const wanted = deployment.spec.replicas ?? 1
  const active = [...old, ...(fresh === undefined ? [] : [fresh])].filter((replicaSet) => replicasOf(replicaSet) > 0)
  const single = active.length === 1 ? active[0] : active.length === 0 ? (fresh ?? old.at(-1)) : undefined
  if (single !== undefined) {
    if (replicasOf(single) !== wanted) decided.set(single.metadata.name, wanted)
    return decided
  }
  const total = sum(active, replicasOf)
  const allowed = wanted > 0 ? wanted + rollingLimits(deployment).maxSurge : 0
  const toAdd = allowed - total
  if (toAdd === 0) return decided
  // The biggest first; what rounding leaves goes there too. Of equal ones the newer grow first, and the older shrink.
  const newer = (a: ReplicaSet, b: ReplicaSet) =>
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') * Math.sign(toAdd)
  const ranked = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || newer(a, b))
  let added = 0
  for (const replicaSet of ranked) {
    const left = toAdd - added
    const share = shareOf(replicaSet, deployment)
    const part = left === 0 ? 0 : left > 0 ? Math.min(share, left) : Math.max(share, left)
    decided.set(replicaSet.metadata.name, replicasOf(replicaSet) + part)
    added += part
  }
  const [first] = ranked
  if (first !== undefined) {
    decided.set(first.metadata.name, Math.max(0, (decided.get(first.metadata.name) ?? 0) + toAdd - added))
  }
  return decided
}

/** Noted on a ReplicaSet: the most replicas that its Deployment could have when it was sized. */
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas'

/** By how much it grows when it keeps its part of the whole. Reference: getReplicaSetFraction. */
function shareOf(replicaSet: ReplicaSet, deployment: Deployment): number {
  const wanted = deployment.spec.replicas ?? 1
  const replicas = replicasOf(replicaSet)
  if (wanted === 0) return -replicas
  const most = wanted + rollingLimits(deployment).maxSurge
  const before = Number(replicaSet.metadata.annotations?.[maxAnnotation]) || deployment.status?.replicas || 0
  return before === 0 ? 0 : Math.round((replicas * most) / before) - replicas
}

export function replicasOf(replicaSet: ReplicaSet): number {
  return replicaSet.spec.replicas ?? 1
}

export function availableOf(replicaSet: ReplicaSet): number {
  return replicaSet.status?.availableReplicas ?? 0
}

export function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0
  for (const item of items) total += of(item)
  return total
}

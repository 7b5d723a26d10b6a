import type { DivisionCluster, DivisionInput } from './division-strategy.js'

/** What has to be divided when what runs already should move as little as possible. */
export interface SteadyChange {
  readonly way: 'fresh' | 'same' | 'up' | 'down'
  /** How many replicas are to be given anew: all of them when fresh or going down. */
  readonly target: number
  /** What each cluster keeps before anything is given. */
  readonly kept: ReadonlyMap<string, number>
  /** Room for what is given: free room, with its own replicas where those are given anew. */
  readonly room: (cluster: DivisionCluster) => number
  readonly why: string
}

/** As Karmada does: growth is added to what runs, shrinking is shared by what runs, and all else stays. */
export function steadyChange(input: DivisionInput): SteadyChange {
  let assigned = 0
  for (const cluster of input.clusters) assigned += cluster.previous
  // Room that is not known is taken as enough for all.
  const free = (cluster: DivisionCluster) => cluster.free ?? input.replicas
  if (input.fresh) {
    return {
      way: 'fresh',
      target: input.replicas,
      kept: new Map(),
      room: (cluster) => free(cluster) + cluster.previous,
      why: `${input.replicas} replicas are divided anew, what runs counts as room`,
    }
  }
  const kept = new Map(input.clusters.filter((each) => each.previous > 0).map((each) => [each.name, each.previous]))
  if (assigned === input.replicas)
    return { way: 'same', target: 0, kept, room: free, why: `${assigned} replicas stay where they are` }
  if (assigned > input.replicas) {
    return {
      way: 'down',
      target: input.replicas,
      kept: new Map(),
      room: (cluster) => cluster.previous,
      why: `${assigned} replicas shrink to ${input.replicas}, shared by what each cluster has`,
    }
  }
  return {
    way: 'up',
    target: input.replicas - assigned,
    kept,
    room: free,
    why:
      assigned === 0
        ? `${input.replicas} replicas are divided`
        : `${assigned} replicas stay, ${input.replicas - assigned} more are divided`,
  }
}

/** Kept and given together, without clusters that have none. */
export function addUp(kept: ReadonlyMap<string, number>, given: ReadonlyMap<string, number>): Map<string, number> {
  const sum = new Map<string, number>()
  for (const [name, replicas] of kept) if (replicas > 0) sum.set(name, replicas)
  for (const [name, replicas] of given) if (replicas > 0) sum.set(name, (sum.get(name) ?? 0) + replicas)
  return sum
}

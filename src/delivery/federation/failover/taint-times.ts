import type { Taint, Toleration } from '../../placement/contract.js'
import { tolerates } from '../../placement/filters/taints.js'

/** The taint that is the first not to be put up with any more, and from when on (epoch ms). */
export interface DueTaint {
  readonly taint: Taint
  readonly dueAt: number
}

/**
 * How long NoExecute taints are put up with, as Kubernetes has it for nodes: of the tolerations of a taint the fewest seconds count, and
 * without any for good. Since when a cluster has a taint is kept in memory where the taint does not say it: a hub that starts waits anew.
 */
export class TaintTimes {
  readonly #since = new Map<string, Map<string, number>>()

  /** A cluster of the same name that comes later is another one. */
  keepOnly(clusters: ReadonlySet<string>): void {
    for (const cluster of this.#since.keys()) if (!clusters.has(cluster)) this.#since.delete(cluster)
  }

  /** Undefined: whatever the cluster has is tolerated for good. */
  firstDue(
    cluster: string,
    taints: readonly Taint[] | undefined,
    tolerations: readonly Toleration[],
    nowMs: number,
  ): DueTaint | undefined {
    const executing = taints?.filter(({ effect }) => effect === 'NoExecute') ?? []
    if (executing.length === 0) {
      this.#since.delete(cluster)
      return undefined
    }
    const before = this.#since.get(cluster)
    const since = new Map(executing.map((taint) => [nameOf(taint), taint.since ?? before?.get(nameOf(taint)) ?? nowMs]))
    this.#since.set(cluster, since)
    let first: DueTaint | undefined
    for (const taint of executing) {
      const seconds = toleratedSeconds(taint, tolerations)
      const dueAt = (since.get(nameOf(taint)) ?? nowMs) + seconds * 1000
      if (Number.isFinite(dueAt) && (first === undefined || dueAt < first.dueAt)) first = { taint, dueAt }
    }
    return first
  }
}

function toleratedSeconds(taint: Taint, tolerations: readonly Toleration[]): number {
  const matching = tolerations.filter((each) => tolerates(each, taint))
  if (matching.length === 0) return 0
  return Math.max(0, Math.min(...matching.map(({ tolerationSeconds }) => tolerationSeconds ?? Number.POSITIVE_INFINITY)))
}

function nameOf({ key, value = '' }: Taint): string {
  return `${key}=${value}`
}

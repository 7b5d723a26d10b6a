/** How carefully the fleet moves workloads. */
export interface FailoverSettings {
  /** Nothing new is moved: why. */
  readonly frozen?: string
  /** New moves in the whole fleet, at most. */
  readonly movesPerMinute: number
  /** Clusters that may be left for being silent at the same time, as a share of the fleet (one is always allowed). */
  readonly mostSilentShare: number
}

export const safeSettings: FailoverSettings = { movesPerMinute: 30, mostSilentShare: 0.2 }

/** What somebody else than this hub says of a cluster. */
export interface Observation {
  /** Who: `agent of us-east`, `ClusterProfile of open-cluster-management`. */
  readonly by: string
  readonly down: boolean
}

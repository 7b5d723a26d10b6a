import type { Spot } from './spot.js'

/** What `flotilla.yaml` tells. */
export interface Settings {
  readonly clusters: readonly ClusterSettings[]
  readonly kubernetesVersion?: string
  readonly suppressions: readonly Suppression[]
}

export interface ClusterSettings {
  readonly name: string
  readonly aliases: readonly string[]
  /** Folders, files or patterns (`clusters/us-*\/**`), relative to the settings' folder. */
  readonly paths: readonly string[]
  readonly contexts: readonly string[]
  /** Values files that are given together in this cluster, the lowest first, relative to the settings' folder. */
  readonly values: readonly string[]
  readonly version?: string
  readonly labels: Readonly<Record<string, string>>
  readonly at: Spot
}

export interface Suppression {
  readonly check: string
  readonly reason: string
  /** Only findings in files that match. */
  readonly path?: string
  /** Only findings about this: `Service production/api`. */
  readonly object?: string
  /** Of settings that stand above what is checked: that it suppresses nothing here says nothing. */
  readonly isFromAbove?: boolean
  readonly at: Spot
}

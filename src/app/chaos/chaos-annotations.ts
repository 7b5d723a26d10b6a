import type { KubeObject } from '../../kube/object/kube-object.js'

/** Annotations of a ClusterProfile on the hub by which a cluster of an embedded fleet is made to fail. */
export const clusterChaos = {
  /** `cut`: nobody gets an answer from its API. */
  api: 'chaos.flotilla.dev/api',
  /** Milliseconds that every request to its API waits. */
  latency: 'chaos.flotilla.dev/latency-ms',
  /** `cut`: the hub does not reach it; everybody else does. */
  network: 'chaos.flotilla.dev/network',
} as const

/** What is wrong with a cluster. */
export interface ClusterChaos {
  readonly apiCut: boolean
  readonly hubCut: boolean
  readonly latencyMs: number
}

export const noChaos: ClusterChaos = { apiCut: false, hubCut: false, latencyMs: 0 }

const mostLatencyMs = 60_000

export function readClusterChaos({ metadata }: KubeObject): ClusterChaos {
  const { annotations = {} } = metadata
  const latency = Number(annotations[clusterChaos.latency] ?? 0)
  return {
    apiCut: annotations[clusterChaos.api] === 'cut',
    hubCut: annotations[clusterChaos.network] === 'cut',
    latencyMs: Number.isFinite(latency) ? Math.min(Math.max(latency, 0), mostLatencyMs) : 0,
  }
}

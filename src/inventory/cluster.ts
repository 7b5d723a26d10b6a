import type { Connection } from '../kube/client/connection.js'
import type { KubeClient, ServerVersion } from '../kube/client/kube-client.js'

export type { Connection, ConnectionAuth } from '../kube/client/connection.js'

/** A cluster of the fleet, however it came in. Derived from dialect objects, never stored. */
export interface Cluster {
  /** Unique in the fleet. */
  readonly name: string
  /** API server URL as written, without a trailing slash. */
  readonly server: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Argo CD project that the cluster is scoped to, '' for none. */
  readonly project: string
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[]
  readonly clusterResources: boolean
  /** What it was derived from, for messages: `Secret argocd/cluster-us-east`; the hub itself: `in-cluster`. */
  readonly source: string
  /** Since when that is there, as RFC 3339 in UTC. */
  readonly createdAt?: string
  readonly connection: Connection | undefined
  /** It is reached by its agent, and fetches what is meant for it. */
  readonly isPulled?: boolean
  /** Why there is no connection: what is wrong in the source, where, and the fix. */
  readonly problem?: { readonly reason: string; readonly message: string }
}

/**
 * Healthy: it answered the last probe. Unknown: it does not answer (nothing is concluded from that). Degraded: its source is
 * broken or it refuses us; a person must act.
 */
export interface ClusterState {
  readonly health: 'Healthy' | 'Unknown' | 'Degraded' | 'Pending'
  readonly reason: string
  readonly message: string
  readonly version?: ServerVersion
  /** What it can do: the API versions that it serves (`v1`, `apps/v1`), sorted. Undefined until it was asked. */
  readonly apiVersions?: readonly string[]
  /** Epoch ms of the last answer, undefined when there was none yet. */
  readonly lastSeen?: number
  /** Epoch ms since when `health` is what it is. */
  readonly since: number
}

export interface Inventory {
  /** Sorted by name. The hub itself (`in-cluster`) is last unless a source names it. */
  list(): readonly Cluster[]
  /** By name or by server (a trailing slash does not matter). Several clusters with the same server: the first by name. */
  find(by: { name?: string; server?: string }): Cluster | undefined
  state(name: string): ClusterState
  /** The client of a cluster while it is in the fleet. Throws Stalled for one whose source is broken, Waiting for an unreachable one only when `mustAnswer`. */
  client(name: string): KubeClient
  /** Called when a cluster joins, leaves, or changes in definition or in health. Listeners must only enqueue. */
  onChange(listener: (change: { name: string; what: 'joined' | 'left' | 'changed' | 'health' }) => void): () => void
  /** True once the sources have been read for the first time. */
  readonly ready: boolean
  /** Aborts when the cluster leaves, or when the client that `client` gives now is replaced (new credentials or address). */
  lifetime?(name: string): AbortSignal
  /** Someone has seen the cluster fail: it is probed soon instead of at its next turn. */
  suspect?(name: string): void
  /** The cluster has shown itself: if it does not count as healthy, it is probed at once. */
  heard?(name: string): void
}

/** Where clusters come from: the objects of one dialect. */
export interface InventorySource {
  /** For logs: `argo-cd cluster secrets`. */
  readonly name: string
  /** Resolves when the source has been read for the first time. */
  readonly ready: Promise<void>
  /** What it knows now, broken ones included. A source that cannot be read keeps what it knew: never an empty answer. */
  list(): readonly Cluster[]
  onChange(listener: () => void): () => void
}

/** Makes clients; the composition root chooses the transport. */
export type ConnectCluster = (cluster: Cluster, connection: Connection) => KubeClient

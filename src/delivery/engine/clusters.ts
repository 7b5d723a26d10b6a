import type { KubeClient } from '../../kube/client/kube-client.js'

/** What the engine wants to know of the fleet; the inventory answers it. */
export interface DeliveryClusters {
  find(by: { name: string }): DeliveryCluster | undefined
  state(name: string): {
    readonly health: 'Healthy' | 'Unknown' | 'Degraded' | 'Pending'
    readonly reason: string
    readonly message: string
  }
  /** Throws when the cluster's definition is broken. */
  client(name: string): KubeClient
  /** A request was not answered: the cluster is probed soon. */
  suspect?(name: string): void
  onChange(listener: (change: { name: string; what: 'joined' | 'left' | 'changed' | 'health' }) => void): () => void
}

export interface DeliveryCluster {
  readonly name: string
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[]
  readonly clusterResources: boolean
}

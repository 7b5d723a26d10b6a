import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isAlreadyExists, isNotFound } from '../../../kube/object/status-error.js'
import { clusterNamespace } from '../resource-types.js'

const namespaces: ResourceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }

/** The namespaces of clusters on the hub, made as they are needed: once for all who write to a new one at the same time. */
export class ClusterNamespaces {
  readonly #hub: KubeClient
  /** Something of the cluster is in it: it is there. */
  readonly #isUsed: (cluster: string) => boolean
  readonly #made = new Map<string, Promise<void>>()

  constructor(options: { hub: KubeClient; isUsed: (cluster: string) => boolean }) {
    this.#hub = options.hub
    this.#isUsed = options.isUsed
  }

  /** Runs what writes to the namespace of a cluster; it is made before, or anew where it has been deleted since. */
  async within<T>(cluster: string, write: () => Promise<T>): Promise<T> {
    if (!this.#isUsed(cluster)) await this.#make(cluster)
    try {
      return await write()
    } catch (error) {
      if (!isNotFound(error)) throw error
      this.#made.delete(cluster)
      await this.#make(cluster)
      return await write()
    }
  }

  #make(cluster: string): Promise<void> {
    let making = this.#made.get(cluster)
    if (making === undefined) {
      making = this.#create(cluster)
      this.#made.set(cluster, making)
      making.catch(() => {
        if (this.#made.get(cluster) === making) this.#made.delete(cluster)
      })
    }
    return making
  }

  async #create(cluster: string): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: clusterNamespace(cluster) } }
    await this.#hub.create(namespaces, namespace).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
  }
}

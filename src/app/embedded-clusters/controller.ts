import { CodedError, messageOf, Stalled } from '../../base/errors.js'
import { defineController } from '../../controller/define-controller.js'
import { type EmbeddedCluster, type EmbeddedClusterSpec, embeddedClusterType } from './embedded-cluster.js'

/** What makes and unmakes clusters. */
export interface ClusterMaker {
  /** Serves the cluster and registers it; the same again when it is there. */
  make(name: string, spec: EmbeddedClusterSpec): Promise<{ server: string; version: string }>
  /** Deletes the cluster with everything in it; nothing to do when it is gone. */
  unmake(name: string): Promise<void>
}

const finalizer = 'flotilla.dev/embedded-cluster'

/** Keeps the embedded members of the fleet as the EmbeddedCluster objects on its hub want them. */
export const embeddedClusters = defineController<EmbeddedCluster, ClusterMaker>({
  name: 'flotilla/embedded-clusters',
  for: embeddedClusterType,
  changed: (before, now) =>
    before.metadata.generation !== now.metadata.generation ||
    before.metadata.deletionTimestamp !== now.metadata.deletionTimestamp,
  async reconcile(cluster, { make, event }) {
    const { name, generation } = cluster.metadata
    const before = cluster.status?.server
    try {
      const { server, version } = await make(name, cluster.spec ?? {})
      if (before === undefined) event('Normal', 'Created', `cluster ${name} answers at ${server}`)
      return {
        status: { ...cluster.status, server, version },
        conditions: [{ type: 'Ready', status: 'True', reason: 'Serving', message: '', observedGeneration: generation ?? 0 }],
      }
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      throw new Stalled({ code: error.code, message: messageOf(error), ...(error.fix ? { fix: error.fix } : {}), cause: error })
    }
  },
  failed: (_cluster, error) => ({
    conditions: [{ type: 'Ready', status: 'False', reason: 'Failed', message: messageOf(error) }],
  }),
  finalizer: {
    names: [finalizer],
    adds: true,
    async finalize(cluster, _finalizer, { unmake }) {
      await unmake(cluster.metadata.name)
      return true
    },
  },
})

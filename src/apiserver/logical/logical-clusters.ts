import type { ServerVersion } from '../../kube/client/kube-client.js'
import { createAdmissionChain } from '../admission/chain.js'
import type { AdmissionPlugin, PolicyAdmission, WebhookAdmission } from '../admission/contract.js'
import { builtInPlugins, lastPlugins } from '../admission/plugins.js'
import type { ClusterChange, LogicalCluster, LogicalClusters, ServerPorts } from '../contract.js'
import { WatchTicker } from '../registry/reads/watch-ticker.js'
import type { ServerExtensions } from '../registry/scope.js'
import type { Storage } from '../storage/contract.js'
import { EmbeddedCluster } from './embedded-cluster.js'
import { EventExpiry } from './event-expiry.js'
import { QuotaStatus } from './quota-status.js'

/** What the server says it is when nothing else is asked for. */
export const defaultVersion: ServerVersion = {
  major: '1',
  minor: '33',
  gitVersion: 'v1.33.6+flotilla',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'embedded/any',
}

export interface LogicalClustersOptions extends ServerExtensions {
  /** Made with `base: createBootstrapLayer(now)`, so that clusters share what every cluster has. Closing it is the caller's part. */
  readonly storage: Storage
  readonly ports: ServerPorts
  readonly version?: ServerVersion
  /** Run behind the built-in plugins. */
  readonly admission?: readonly AdmissionPlugin[]
  /** Without it webhook configurations are stored and nobody is called. */
  readonly webhooks?: WebhookAdmission
  /** Without it ValidatingAdmissionPolicies are stored and not evaluated. */
  readonly policies?: PolicyAdmission
  /** Keep the status of ResourceQuotas (default true), as kube-controller-manager does beside a kube-apiserver. */
  readonly quotaStatus?: boolean
  /** Milliseconds between bookmarks (default 60,000). */
  readonly bookmarkPeriodMs?: number
}

/** Opens the logical clusters that the storage holds; more come with `ensure`. */
export function createLogicalClusters(options: LogicalClustersOptions): LogicalClusters {
  const { storage } = options
  const listeners = new Set<(change: ClusterChange) => void>()
  const deleted = new Set<(cluster: string) => void>()
  const clusters = new Map<string, EmbeddedCluster>()
  const shared = {
    ports: options.ports,
    version: options.version ?? defaultVersion,
    admission: createAdmissionChain({
      plugins: [...builtInPlugins, ...(options.admission ?? [])],
      last: lastPlugins,
      webhooks: options.webhooks,
      policies: options.policies,
    }),
    ticker: new WatchTicker(options.ports.clock, options.bookmarkPeriodMs),
    extensions: options,
    expiry: new EventExpiry(options.ports.clock),
    quotas: options.quotaStatus === false ? undefined : new QuotaStatus(options.ports.clock),
    onChange(change: ClusterChange) {
      for (const listener of listeners) listener(change)
    },
  }
  const open = (name: string): EmbeddedCluster => {
    const cluster = new EmbeddedCluster(storage.open(name), shared)
    clusters.set(name, cluster)
    return cluster
  }
  for (const name of storage.clusters()) open(name)
  return {
    list: () => [...clusters.values()],
    get: (name) => clusters.get(name),
    async ensure(name, ensureOptions): Promise<LogicalCluster> {
      const cluster = clusters.get(name) ?? open(name)
      await cluster.bootstrap(ensureOptions?.uid)
      return cluster
    },
    async delete(name) {
      const cluster = clusters.get(name)
      // One that is gone already may be owed to the disk yet.
      if (cluster === undefined) return storage.drop(name)
      clusters.delete(name)
      cluster.close()
      for (const listener of deleted) listener(name)
      await storage.drop(name)
    },
    onDelete(listener) {
      const entry = (cluster: string) => listener(cluster)
      deleted.add(entry)
      return () => {
        deleted.delete(entry)
      }
    },
    onChange(listener) {
      const entry = (change: ClusterChange) => listener(change)
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
  }
}

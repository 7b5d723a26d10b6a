import type { KubeClient, ServerVersion } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AdmissionChain } from '../admission/contract.js'
import type { ClusterApi, ClusterChange, LogicalCluster, ServerPorts, UserInfo } from '../contract.js'
import { Allocations } from '../registry/allocation/allocations.js'
import { recordAddresses } from '../registry/allocation/ip-address-objects.js'
import { ClusterRegistry } from '../registry/cluster-registry.js'
import { cleanUpDefinition, finishDefinition, renameDefinition } from '../registry/custom/custom-resource-cleanup.js'
import { lifecycles } from '../registry/lifecycles/lifecycle.js'
import { WatchHub } from '../registry/reads/watch-hub.js'
import type { WatchTicker } from '../registry/reads/watch-ticker.js'
import type { ClusterScope, ServerExtensions } from '../registry/scope.js'
import { ServedResources } from '../registry/served-resources.js'
import { withDurableAnswers } from '../registry/writes/durable-answers.js'
import { type ClusterBackup, formatBackup, type RestoreOutcome, restoreBackup } from '../storage/backup.js'
import type { ClusterStorage, StoredChange } from '../storage/contract.js'
import { bootstrapObjects } from './bootstrap.js'
import type { EventExpiry } from './event-expiry.js'
import { InProcessClient } from './in-process-client.js'
import type { QuotaStatus } from './quota-status.js'

export interface SharedParts {
  readonly ports: ServerPorts
  readonly version: ServerVersion
  readonly admission: AdmissionChain
  readonly ticker: WatchTicker
  readonly extensions: ServerExtensions
  readonly expiry: EventExpiry
  readonly quotas: QuotaStatus | undefined
  onChange(change: ClusterChange): void
}

const administrator: UserInfo = { name: 'system:admin', groups: ['system:masters', 'system:authenticated'] }

/** One logical cluster over its part of the storage. Idle, it holds a few small objects and no timer. */
export class EmbeddedCluster implements LogicalCluster {
  readonly name: string
  readonly api: ClusterApi
  readonly #storage: ClusterStorage
  readonly #scope: ClusterScope
  readonly #leave: () => void

  constructor(storage: ClusterStorage, shared: SharedParts) {
    this.name = storage.cluster
    this.#storage = storage
    const cleanup = { begin: cleanUpDefinition, proceed: finishDefinition, rename: renameDefinition }
    const served = new ServedResources(cleanup, shared.extensions.computed)
    const network = shared.extensions.networkOf?.(this.name)
    this.#scope = {
      cluster: this,
      storage,
      served,
      watches: new WatchHub(storage, shared.ports, shared.ticker),
      ports: shared.ports,
      admission: shared.admission,
      extensions: shared.extensions,
      allocations: new Allocations(storage, network?.serviceRange),
      network,
    }
    const definitions = [...storage.scan('customresourcedefinitions.apiextensions.k8s.io', '')]
    for (const definition of definitions) served.define(definition.metadata.name, definition)
    // What a crash interrupted.
    for (const { metadata } of definitions) if (metadata.deletionTimestamp) cleanUpDefinition(this.#scope, metadata.name)
    this.api = withDurableAnswers(new ClusterRegistry(this.#scope, shared.version), storage)
    shared.expiry.follow(storage)
    shared.quotas?.follow(storage)
    const leave = storage.onChange((change) => {
      const { cluster, resource, type, object, previous } = change
      if (resource === 'events') shared.expiry.note(cluster, change.key, type !== 'DELETED')
      shared.quotas?.note(change)
      shared.onChange({ cluster, groupResource: resource, type, object, ...(previous ? { previous } : {}) })
    })
    const leaveUndone = storage.onUndone((changes) => this.#undone(changes))
    this.#leave = () => {
      leave()
      leaveUndone()
      shared.expiry.forget(storage.cluster)
      shared.quotas?.forget(storage.cluster)
    }
  }

  client(options: { user?: UserInfo; name?: string } = {}): KubeClient {
    return new InProcessClient(this, options.user ?? administrator, {
      name: options.name ?? this.name,
      ...(this.#scope.extensions.authorizer === undefined ? {} : { authorizer: this.#scope.extensions.authorizer }),
    })
  }

  peek(groupResource: string, key: string): KubeObject | undefined {
    return this.#storage.get(groupResource, key)
  }

  peekAll(groupResource: string, namespace = ''): Iterable<KubeObject> {
    return this.#storage.scan(groupResource, namespace === '' ? '' : `${namespace}/`)
  }

  /** Makes what a new cluster has of its own; of what is there already, brings addresses up to date. */
  async bootstrap(uid: string | undefined): Promise<void> {
    const commits: Promise<unknown>[] = []
    const { ports, network, extensions } = this.#scope
    const api = extensions.apiAddressOf?.(this.name)
    for (const { resource, key, object, renew } of bootstrapObjects(ports, { uid, network, api })) {
      const present = this.#storage.get(resource, key)
      const next = present === undefined ? object : renew?.(present)
      if (next === undefined) continue
      commits.push(this.#storage.commit({ resource, key, expected: present?.metadata.resourceVersion ?? '', object: next }))
    }
    await Promise.all(commits)
    // Of Services from before the cluster had a network, and of those that come with it.
    if (network !== undefined) for (const service of this.peekAll('services')) recordAddresses(this.#scope, service, undefined)
  }

  *own(): Iterable<{ groupResource: string; object: KubeObject }> {
    for (const { resource, object } of this.#storage.entries()) if (object !== null) yield { groupResource: resource, object }
  }

  backup(): Iterable<string> {
    return formatBackup([this.#storage])
  }

  async restore(backup: ClusterBackup, options: { dryRun?: boolean; turn?: () => Promise<void> } = {}): Promise<RestoreOutcome> {
    const changes: StoredChange[] = []
    const leave = this.#storage.onChange((change) => changes.push(change))
    let outcome: RestoreOutcome
    try {
      outcome = await restoreBackup(this.#storage, backup, options)
    } finally {
      leave()
      // What the registry keeps beside the objects: which custom resources are served, which addresses are taken. Also when not
      // all could be written: what was stays.
      if (!options.dryRun) {
        for (const { resource, type, object, previous } of changes) {
          lifecycles[resource]?.committed?.(this.#scope, type === 'DELETED' ? undefined : object, previous)
        }
        this.#scope.allocations.reload()
      }
    }
    if (options.dryRun) return outcome
    await this.bootstrap(undefined)
    return outcome
  }

  /** What the registry keeps beside the objects goes back with them. */
  #undone(changes: readonly StoredChange[]): void {
    const { served, watches, allocations } = this.#scope
    for (const { resource, key, type } of changes) {
      if (resource !== 'customresourcedefinitions.apiextensions.k8s.io') continue
      served.define(key, this.#storage.get(resource, key))
      if (type === 'ADDED') watches.end(key)
    }
    allocations.reload()
  }

  close(): void {
    this.#scope.watches.endAll()
    this.#leave()
  }
}

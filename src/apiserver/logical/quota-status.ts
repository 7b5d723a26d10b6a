import type { Clock } from '../../base/clock.js'
import { equalJson } from '../../base/json.js'
import { type KubeObject, keyOf, parseKey } from '../../kube/object/kube-object.js'
import { formatQuantity } from '../../kube/object/quantity.js'
import { quotaLimits, quotaUsed } from '../admission/quota-usage.js'
import type { ClusterStorage, StoredChange } from '../storage/contract.js'
import { Superseded } from '../storage/superseded.js'
import { WriteRefused } from '../storage/write-refused.js'

/** Changes are gathered for this long before usage is counted again. */
const gatherMs = 50

/** A status that a full disk did not take is written again after this long. */
const refusedMs = 5_000

/** Keeps the status of ResourceQuotas of all clusters. Clusters and namespaces without a quota cost a look into a map. */
export class QuotaStatus {
  readonly #clock: Clock
  /** Per cluster: the namespaces that have quotas. */
  readonly #namespaces = new Map<string, Set<string>>()
  readonly #storages = new Map<string, ClusterStorage>()
  readonly #due = new Map<string, Set<string>>()
  #scheduled = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  follow(storage: ClusterStorage): void {
    this.#storages.set(storage.cluster, storage)
    for (const quota of storage.scan('resourcequotas', '')) this.#noteQuota(storage.cluster, keyOf(quota))
  }

  forget(cluster: string): void {
    this.#storages.delete(cluster)
    this.#namespaces.delete(cluster)
    this.#due.delete(cluster)
  }

  note(change: StoredChange): void {
    const { cluster, resource, key, type, object, previous } = change
    if (resource === 'resourcequotas') {
      const isOwnWrite = type === 'MODIFIED' && equalJson(previous?.['spec'], object['spec'])
      if (type !== 'DELETED' && !isOwnWrite) this.#noteQuota(cluster, key)
    }
    const namespaces = this.#namespaces.get(cluster)
    if (namespaces === undefined || resource === 'events') return
    const { namespace } = parseKey(key)
    if (namespaces.has(namespace)) this.#mark(cluster, namespace)
  }

  #noteQuota(cluster: string, key: string): void {
    const { namespace } = parseKey(key)
    let namespaces = this.#namespaces.get(cluster)
    if (namespaces === undefined) this.#namespaces.set(cluster, (namespaces = new Set()))
    namespaces.add(namespace)
    this.#mark(cluster, namespace)
  }

  #mark(cluster: string, namespace: string): void {
    let due = this.#due.get(cluster)
    if (due === undefined) this.#due.set(cluster, (due = new Set()))
    due.add(namespace)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.after(gatherMs, () => this.#count())
  }

  /** The disk was full: nobody else would have it counted before the next change. */
  #again(cluster: string, namespace: string): void {
    this.#clock.after(refusedMs, () => this.#mark(cluster, namespace))
  }

  #count(): void {
    this.#scheduled = false
    const due = [...this.#due]
    this.#due.clear()
    for (const [cluster, namespaces] of due) {
      const storage = this.#storages.get(cluster)
      if (storage === undefined) continue
      for (const namespace of namespaces) {
        const quotas = [...storage.scan('resourcequotas', `${namespace}/`)]
        if (quotas.length === 0) this.#namespaces.get(cluster)?.delete(namespace)
        for (const quota of quotas) countQuota(storage, namespace, quota, () => this.#again(cluster, namespace))
      }
    }
  }
}

function countQuota(storage: ClusterStorage, namespace: string, quota: KubeObject, refused: () => void): void {
  const hard = quotaLimits(quota)
  const used: Record<string, string> = {}
  for (const [name, amount] of quotaUsed(storage, namespace, quota)) used[name] = formatQuantity(amount)
  const status = { hard, used }
  if (equalJson(quota['status'], status)) return
  const change = { resource: 'resourcequotas', key: keyOf(quota), expected: quota.metadata.resourceVersion ?? '' }
  try {
    // A write that fails for good is reported by those who wait for one.
    storage.commit({ ...change, object: { ...quota, status } }).catch((error: unknown) => {
      if (error instanceof WriteRefused) refused()
    })
  } catch (error) {
    if (!(error instanceof Superseded)) throw error
  }
}

import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isAlreadyExists, isNotFound } from '../../../kube/object/status-error.js'
import type { Copies } from './copies.js'

const namespaceType: ResourceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }

/** The requests of a member. What an answer tells is known at once, not only when the watch tells it. */
export class MemberWriter {
  readonly #client: KubeClient
  readonly #manager: string
  readonly #copies: Copies
  readonly #signal: AbortSignal
  writes = 0

  constructor(options: { client: KubeClient; manager: string; copies: Copies; signal: AbortSignal }) {
    this.#client = options.client
    this.#manager = options.manager
    this.#copies = options.copies
    this.#signal = options.signal
  }

  /** As it is now, with managedFields; undefined: it is not there. */
  async read(type: ResourceType, object: KubeObject): Promise<KubeObject | undefined> {
    try {
      return await this.#client.get(this.#target(type, object), { signal: this.#signal })
    } catch (error) {
      if (isNotFound(error) && error.status.details?.name !== undefined) return undefined
      throw error
    }
  }

  /** Server-side apply. Without `force` a field that somebody else has set otherwise is a Conflict. */
  async apply(type: ResourceType, config: KubeObject, force: boolean): Promise<KubeObject> {
    this.writes++
    const options = { fieldManager: this.#manager, force, signal: this.#signal }
    const answer = await this.#client.patch(this.#target(type, config), { kind: 'apply', object: config }, options)
    const live = this.#copies.trim(answer)
    this.#copies.take(type, live)
    return live
  }

  async delete(type: ResourceType, live: KubeObject, propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): Promise<void> {
    this.writes++
    const { uid } = live.metadata
    const options = { propagationPolicy, ...(uid === undefined ? {} : { preconditions: { uid } }), signal: this.#signal }
    try {
      await this.#client.delete(this.#target(type, live), options)
    } catch (error) {
      if (!isNotFound(error)) throw error
      this.#copies.remove(type, live)
    }
  }

  /** Takes labels and annotations off, and nothing else. */
  async strip(type: ResourceType, live: KubeObject, labels: readonly string[], annotations: readonly string[]): Promise<void> {
    this.writes++
    const nulls = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, null]))
    const { uid } = live.metadata
    const metadata = { ...(uid && { uid }), labels: nulls(labels), annotations: nulls(annotations) }
    const options = { fieldManager: this.#manager, signal: this.#signal }
    try {
      await this.#client.patch(this.#target(type, live), { kind: 'merge', body: { metadata } }, options)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    this.#copies.remove(type, live)
  }

  async createNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): Promise<void> {
    this.writes++
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...(labels && { labels }) } }
    try {
      await this.#client.create(namespaceType, namespace, { fieldManager: this.#manager, signal: this.#signal })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }

  #target(type: ResourceType, { metadata }: KubeObject) {
    return { type, name: metadata.name, ...(type.namespaced ? { namespace: metadata.namespace ?? '' } : {}) }
  }
}

import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound } from '../../../kube/object/status-error.js'

export interface KindName {
  readonly group: string
  readonly kind: string
}

const configMapType: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
export const kindsRegisterName = 'flotilla-federation-kinds'

/**
 * The kinds that have ever gone to a cluster, on the hub: after a restart they are looked for in all clusters, so that a copy is found
 * also when nothing on the hub speaks of its kind any more.
 */
export class KindsRegister {
  readonly #hub: KubeClient
  readonly #namespace: string
  readonly #signal: AbortSignal
  readonly #known = new Map<string, KindName>()
  #writing: Promise<void> = Promise.resolve()

  constructor(options: { hub: KubeClient; namespace: string; signal: AbortSignal }) {
    this.#hub = options.hub
    this.#namespace = options.namespace
    this.#signal = options.signal
  }

  get kinds(): readonly KindName[] {
    return [...this.#known.values()]
  }

  async read(): Promise<void> {
    try {
      const found = await this.#hub.get({ type: configMapType, namespace: this.#namespace, name: kindsRegisterName })
      const text = (found['data'] as { kinds?: string } | undefined)?.kinds ?? ''
      for (const line of text.split('\n')) {
        const [group, kind] = line.split('/')
        if (group !== undefined && kind !== undefined && kind !== '') this.#known.set(line, { group, kind })
      }
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  has({ group, kind }: KindName): boolean {
    return this.#known.has(`${group}/${kind}`)
  }

  /** Resolves when the kind is on record. */
  add({ group, kind }: KindName): Promise<void> {
    const before = this.#writing.catch(() => {})
    this.#writing = before.then(async () => {
      if (this.has({ group, kind })) return
      const kinds = [...this.#known.keys(), `${group}/${kind}`].sort().join('\n')
      const target = { type: configMapType, namespace: this.#namespace, name: kindsRegisterName }
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: target.name, namespace: target.namespace },
        data: { kinds },
      }
      await this.#hub.patch(
        target,
        { kind: 'apply', object },
        { fieldManager: 'flotilla-federation', force: true, signal: this.#signal },
      )
      this.#known.set(`${group}/${kind}`, { group, kind })
    })
    return this.#writing
  }
}

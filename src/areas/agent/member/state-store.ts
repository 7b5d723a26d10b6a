import { gunzipSync, gzipSync } from 'node:zlib'
import { isObject } from '../../../base/json.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound } from '../../../kube/object/status-error.js'

/** Where an agent keeps what must outlive its process: its key, its certificate, what its cluster shall have. Texts by name. */
export interface StateStore {
  read(name: string): Promise<string | undefined>
  /** Whole or not at all. */
  write(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
}

const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }

/** Secrets `PREFIX-NAME` of one namespace of the member, packed: for agents in pods without a volume. */
export function createSecretStore(options: { client: KubeClient; namespace: string; prefix: string }): StateStore {
  const { client, namespace, prefix } = options
  const target = (name: string) => ({ type: secrets, namespace, name: `${prefix}-${name}` })
  return {
    async read(name) {
      try {
        const secret = await client.get(target(name))
        const packed = isObject(secret['data']) ? secret['data']['packed'] : undefined
        return typeof packed === 'string' ? gunzipSync(Buffer.from(packed, 'base64')).toString('utf8') : undefined
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    async write(name, text) {
      const data = { packed: gzipSync(text).toString('base64') }
      try {
        await client.patch(target(name), { kind: 'merge', body: { data } })
      } catch (error) {
        if (!isNotFound(error)) throw error
        const metadata = { name: `${prefix}-${name}`, namespace, labels: { 'flotilla.dev/agent-state': 'true' } }
        await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'flotilla.dev/agent-state', data })
      }
    },
    async remove(name) {
      await client.delete(target(name)).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    },
  }
}

/** Forgets with the process: for tests and for agents that live within the hub's own process. */
export function createMemoryStore(): StateStore & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>()
  return {
    texts,
    read: async (name) => texts.get(name),
    async write(name, text) {
      texts.set(name, text)
    },
    async remove(name) {
      texts.delete(name)
    },
  }
}

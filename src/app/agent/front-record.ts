import { isObject } from '../../base/json.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'

const configMapType: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const name = 'flotilla-agent-front'

/** Where agents connect, and by what they know the place. None of it is secret. */
export interface FrontRecord {
  readonly url: string
  readonly caPem: string
  readonly caHash: string
}

/** Writes down where agents connect, for those who make tokens. */
export async function publishFront(hub: KubeClient, namespace: string, { url, caPem, caHash }: FrontRecord): Promise<void> {
  await hub.patch(
    { type: configMapType, namespace, name },
    {
      kind: 'apply',
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace },
        data: { url, caHash, 'ca.crt': caPem },
      },
    },
    { fieldManager: 'flotilla-agents', force: true },
  )
}

/** Undefined: no hub has let agents come. */
export async function readFront(hub: KubeClient, namespace: string): Promise<FrontRecord | undefined> {
  try {
    const found = await hub.get({ type: configMapType, namespace, name })
    const data = isObject(found['data']) ? found['data'] : {}
    return { url: String(data['url'] ?? ''), caPem: String(data['ca.crt'] ?? ''), caHash: String(data['caHash'] ?? '') }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

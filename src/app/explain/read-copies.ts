import { messageOf } from '../../base/errors.js'
import { healthOf } from '../../delivery/health/health.js'
import type { Inventory } from '../../inventory/cluster.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { whyPods } from './why-pods.js'

/** How a copy stands in a cluster, as far as it can be seen from here. */
export interface CopySeen {
  readonly is: 'ok' | 'waits' | 'missing' | 'bad' | 'unseen'
  readonly words: string
}

const limitMs = 4_000
/** Clusters that are asked; of a larger fleet, those that come first. */
const most = 64

/** Looks at the copies of an object, in all clusters at once. A cluster that cannot be reached from here is `unseen`: nothing is concluded. */
export async function readCopies(
  inventory: Inventory,
  type: ResourceType,
  object: KubeObject,
  clusters: readonly string[],
  byAgent: (cluster: string) => Promise<CopySeen> = async () => ({ is: 'unseen', words: 'reached by its agent alone' }),
): Promise<ReadonlyMap<string, CopySeen>> {
  const seen = clusters.slice(0, most).map(async (cluster): Promise<[string, CopySeen]> => {
    if (inventory.find({ name: cluster })?.isPulled === true) return [cluster, await byAgent(cluster)]
    const { name, namespace } = object.metadata
    try {
      const client = inventory.client(cluster)
      const live = await client.get(
        { type, name, ...(type.namespaced && namespace !== undefined ? { namespace } : {}) },
        { signal: AbortSignal.timeout(limitMs) },
      )
      const copy = { ...live, apiVersion: apiVersionOf(type.group, type.version), kind: type.kind }
      const judged = judgeCopy(copy)
      if (judged.is !== 'waits' && judged.is !== 'bad') return [cluster, judged]
      const reasons = await whyPods(client, copy)
      return [cluster, { ...judged, words: [judged.words, ...reasons].join('; ') }]
    } catch (error) {
      if (isNotFound(error)) return [cluster, { is: 'missing', words: 'it is not there' }]
      return [cluster, { is: 'unseen', words: `cannot be asked from here: ${messageOf(error)}` }]
    }
  })
  return new Map(await Promise.all(seen))
}

/** What the state of a live object says of it as a copy. */
export function judgeCopy(live: KubeObject): CopySeen {
  const health = healthOf(live)
  if (health === undefined) return { is: 'ok', words: 'it is there' }
  const words = `${health.status}${health.message ? `: ${health.message}` : ''}`
  if (health.status === 'Healthy' || health.status === 'Suspended') return { is: 'ok', words }
  return { is: health.status === 'Progressing' || health.status === 'Missing' ? 'waits' : 'bad', words }
}

import type { Federated, HubFacts } from '../../../delivery/federation/contract.js'
import { namespaceType } from '../hub-kinds.js'
import { labels } from '../names.js'

/** Where a copy needs a namespace that the cluster does not have, it is made with the labels that it has on the hub, unless told otherwise there. */
export function namespaceRule(namespace: string, hub: HubFacts): Pick<Federated, 'namespace'> {
  if (namespace === '') return {}
  const [own] = hub.objects(namespaceType, { name: namespace })
  if (own?.metadata.labels?.[labels.skipNamespace] === 'true') return {}
  const given = Object.entries(own?.metadata.labels ?? {}).filter(([key]) => key !== 'kubernetes.io/metadata.name')
  return { namespace: given.length > 0 ? { labels: Object.fromEntries(given) } : {} }
}

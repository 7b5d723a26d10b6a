import type { HubFacts } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { TypeConfig } from '../kinds/type-config.js'
import { kubeFedNamespace } from '../resource-types.js'

/** Namespaces that KubeFed never federates, beside its own. */
const systemNamespaces = new Set(['kube-system', 'kube-public', 'default'])

export function isSystemNamespace(name: string, ownNamespace: string): boolean {
  return name === ownNamespace || systemNamespaces.has(name)
}

/** A FederatedNamespace counts where it lies in the namespace that it names; it is misplaced anywhere else. */
export function isMisplaced({ metadata }: KubeObject): boolean {
  return metadata.namespace !== metadata.name
}

/**
 * Whether a misplaced FederatedNamespace may be taken for its name: where it lies in KubeFed's own namespace, or in none that
 * anybody has chosen. Elsewhere whoever has rights in one namespace would rule others, in every cluster: it goes with all that is
 * in them when it is deleted.
 */
export function mayStandIn({ metadata: { namespace } }: KubeObject): boolean {
  return namespace === kubeFedNamespace || namespace === 'default'
}

/**
 * The FederatedNamespace that opens `namespace` to federated objects. Leniently, a misplaced one stands in while there is none
 * at the right place: of several the first by namespace.
 */
export function findFederatedNamespace(
  hub: Pick<HubFacts, 'objects'>,
  config: TypeConfig | undefined,
  namespace: string,
  options: { strict: boolean },
): KubeObject | undefined {
  if (config === undefined) return undefined
  const [proper] = hub.objects(config.federated, { namespace, name: namespace })
  if (proper !== undefined || options.strict) return proper
  return hub.objects(config.federated, { name: namespace }).find(mayStandIn)
}

import type { HubFacts } from '../../delivery/federation/contract.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import { isNamespaceKind, readTypeConfig, type TypeConfig } from './kinds/type-config.js'
import { federatedTypeConfigType } from './resource-types.js'

const read = new WeakMap<KubeObject, { config: TypeConfig | undefined }>()

/** The kinds that are federated now: of the control plane's namespace, and only those that the hub serves. */
export function typeConfigsOf(hub: HubFacts, namespace: string): readonly TypeConfig[] {
  return hub.objects(federatedTypeConfigType, { namespace }).flatMap((object) => {
    let known = read.get(object)
    if (known === undefined) read.set(object, (known = { config: readTypeConfig(object) }))
    const { config } = known
    if (config === undefined || object.metadata.deletionTimestamp !== undefined) return []
    const { group, version, kind } = config.federated
    return hub.typeOf(apiVersionOf(group, version), kind) === undefined ? [] : [config]
  })
}

/** The one that makes `object` a federated object. */
export function configFor(
  object: Pick<KubeObject, 'apiVersion' | 'kind'>,
  configs: readonly TypeConfig[],
): TypeConfig | undefined {
  return configs.find(
    ({ federated: { group, version, kind } }) => kind === object.kind && apiVersionOf(group, version) === object.apiVersion,
  )
}

/** That of Namespaces. */
export function namespaceConfig(configs: readonly TypeConfig[]): TypeConfig | undefined {
  return configs.find(({ target }) => isNamespaceKind(target))
}

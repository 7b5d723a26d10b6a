import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'

export const federatedGroup = 'types.kubefed.io'
export const federatedVersion = 'v1beta1'

/** What a FederatedTypeConfig says: which kind is federated, as which kind, and whether. */
export interface TypeConfig {
  readonly name: string
  readonly target: ResourceType
  readonly federated: ResourceType
  /** False: existing copies stay as they are, nothing new is written. */
  readonly propagates: boolean
  readonly collectsStatus: boolean
}

/** The FederatedTypeConfig as it is read; undefined where parts are missing that nothing stands for. */
export function readTypeConfig(object: KubeObject): TypeConfig | undefined {
  const spec = isObject(object['spec']) ? object['spec'] : {}
  const target = apiResource(spec['targetType'])
  const federated = apiResource(spec['federatedType'])
  if (target === undefined || federated === undefined) return undefined
  return {
    name: object.metadata.name,
    target,
    federated,
    propagates: spec['propagation'] === 'Enabled',
    collectsStatus: spec['statusCollection'] === 'Enabled',
  }
}

function apiResource(value: unknown): ResourceType | undefined {
  if (!isObject(value)) return undefined
  const { group = '', version, kind, scope } = value
  if (typeof group !== 'string' || typeof version !== 'string' || typeof kind !== 'string' || kind === '') return undefined
  const plural = typeof value['pluralName'] === 'string' && value['pluralName'] !== '' ? value['pluralName'] : pluralOf(kind)
  return { group, version, kind, plural, namespaced: scope !== 'Cluster' }
}

/** As upstream guesses it: lower case, with `s`, `es` or `ies`. */
export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase()
  if (/(?:s|x|ch|sh)$/.test(lower)) return `${lower}es`
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`
}

/**
 * The FederatedTypeConfig that `kubefedctl enable` makes for a kind. The federated kind is namespaced even for Namespaces: a
 * FederatedNamespace lies in the namespace that it federates.
 */
export function typeConfigFor(
  target: ResourceType,
  options: { group?: string; version?: string; namespace?: string } = {},
): KubeObject {
  const scope = (namespaced: boolean) => (namespaced ? 'Namespaced' : 'Cluster')
  return {
    apiVersion: 'core.kubefed.io/v1beta1',
    kind: 'FederatedTypeConfig',
    metadata: {
      name: groupResourceOf(target),
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    },
    spec: {
      federatedType: {
        group: options.group ?? federatedGroup,
        kind: `Federated${target.kind}`,
        pluralName: `federated${target.plural}`,
        scope: scope(target.namespaced || isNamespaceKind(target)),
        version: options.version ?? federatedVersion,
      },
      propagation: 'Enabled',
      targetType: {
        ...(target.group === '' ? {} : { group: target.group }),
        kind: target.kind,
        pluralName: target.plural,
        scope: scope(target.namespaced),
        version: target.version,
      },
    },
  }
}

export function isNamespaceKind({ group, kind }: { group: string; kind: string }): boolean {
  return group === '' && kind === 'Namespace'
}

const kinds: readonly [group: string, version: string, kind: string, plural: string, namespaced: boolean][] = [
  ['rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false],
  ['', 'v1', 'ConfigMap', 'configmaps', true],
  ['apps', 'v1', 'Deployment', 'deployments', true],
  ['networking.k8s.io', 'v1', 'Ingress', 'ingresses', true],
  ['batch', 'v1', 'Job', 'jobs', true],
  ['', 'v1', 'Namespace', 'namespaces', false],
  ['apps', 'v1', 'ReplicaSet', 'replicasets', true],
  ['', 'v1', 'Secret', 'secrets', true],
  ['', 'v1', 'ServiceAccount', 'serviceaccounts', true],
  ['', 'v1', 'Service', 'services', true],
]

/** The kinds that KubeFed's chart enables at first. */
export const defaultTargets: readonly ResourceType[] = kinds.map(([group, version, kind, plural, namespaced]) => ({
  group,
  version,
  kind,
  plural,
  namespaced,
}))

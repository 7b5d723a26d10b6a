import { cloneJson, isObject } from '../../../base/json.js'
import { apiVersionOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { isNamespaceKind, type TypeConfig } from './type-config.js'

export interface FederatedObject {
  readonly object: KubeObject
  /** What is left behind, for the person to know. */
  readonly warnings: readonly string[]
}

/**
 * A plain object as a federated one that goes everywhere, as `kubefedctl federate` makes it: of the metadata labels stay, and
 * what API servers and controllers set is left out.
 */
export function federateObject(target: KubeObject, config: TypeConfig): FederatedObject {
  const { apiVersion: _, kind, metadata, status: __, ...fields } = target
  const body = cloneJson(fields) as Record<string, unknown>
  const spec = body['spec']
  if (isNamespaceKind(config.target) && isObject(spec)) delete spec['finalizers']
  if (kind === 'ServiceAccount' && config.target.group === '') delete body['secrets']
  if (kind === 'Service' && config.target.group === '' && isObject(spec)) {
    for (const field of ['clusterIP', 'clusterIPs']) delete spec[field]
    for (const port of Array.isArray(spec['ports']) ? spec['ports'].filter(isObject) : []) delete port['nodePort']
  }
  const { labels = {}, annotations = {}, name } = metadata
  const namespace = isNamespaceKind(config.target) ? name : metadata.namespace
  const { group, version, kind: federatedKind, namespaced } = config.federated
  const left = Object.keys(annotations).filter((key) => key !== 'kubectl.kubernetes.io/last-applied-configuration')
  return {
    object: {
      apiVersion: apiVersionOf(group, version),
      kind: federatedKind,
      metadata: { name, ...(namespaced && namespace !== undefined ? { namespace } : {}) },
      spec: {
        placement: { clusterSelector: { matchLabels: {} } },
        template: { ...(Object.keys(labels).length > 0 ? { metadata: { labels } } : {}), ...body },
      },
    },
    warnings:
      left.length === 0
        ? []
        : [`annotations of ${kind} ${name} are left out (${left.join(', ')}): add them with overrides of /metadata/annotations`],
  }
}

/** Kinds that controllers make for themselves, and so are never federated with the contents of a namespace. */
export const controllerMade: ReadonlySet<string> = new Set([
  'endpoints',
  'endpointslices.discovery.k8s.io',
  'events',
  'events.events.k8s.io',
  'leases.coordination.k8s.io',
  'propagatedversions.core.kubefed.io',
])

import { isObject } from '../../../base/json.js'
import type { Problem } from '../../../delivery/federation/contract.js'
import { apiVersionOf, type KubeObject, type ObjectMeta } from '../../../kube/object/kube-object.js'
import { isNamespaceKind, type TypeConfig } from '../kinds/type-config.js'

/** Set by API servers: never part of what goes out. */
const serverSet = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
  'ownerReferences',
  'generateName',
]

/**
 * The target as it goes out before overrides: the template with the name (and namespace) of the federated object and the kind
 * of its type. Annotations and finalizers of a template are left out, as upstream does, so that they stay with the
 * controllers of the clusters.
 */
export function buildWorkload(federated: KubeObject, config: TypeConfig): { object: KubeObject; warnings: Problem[] } {
  const spec = isObject(federated['spec']) ? federated['spec'] : {}
  const template = isObject(spec['template']) ? spec['template'] : {}
  const { metadata: given, status: _status, apiVersion, ...rest } = template
  const metadata: Record<string, unknown> = isObject(given) ? { ...given } : {}
  const warnings: Problem[] = []
  for (const [field, reason] of [
    ['annotations', 'AnnotationsNotSupported'],
    ['finalizers', 'FinalizersNotSupported'],
  ] as const) {
    const value = metadata[field]
    delete metadata[field]
    if (value === null || value === undefined || Object.keys(value).length === 0) continue
    warnings.push({
      reason,
      message: `spec.template.metadata.${field} is left out, as it would contend with controllers in the clusters; add it with an override of /metadata/${field}`,
    })
  }
  for (const field of [...serverSet, 'namespace']) delete metadata[field]
  const { namespace } = federated.metadata
  const { group, version, kind, namespaced } = config.target
  return {
    object: {
      ...rest,
      apiVersion: typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : apiVersionOf(group, version),
      kind,
      metadata: {
        ...(metadata as Partial<ObjectMeta>),
        name: federated.metadata.name,
        ...(namespaced && !isNamespaceKind(config.target) && namespace !== undefined ? { namespace } : {}),
      },
    },
    warnings,
  }
}

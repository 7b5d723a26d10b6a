import type { KubeObject, ObjectMeta } from '../../../kube/object/kube-object.js'
import { annotations, labels, templateMark } from '../names.js'

/** The policy that holds an object, as `decidePolicy` names it: `namespace/name`, or `name` for one of the fleet. */
export function claimOf({ metadata }: KubeObject): string | undefined {
  const { annotations: notes, labels: marks } = metadata
  const name = notes?.[annotations.policyName]
  const namespace = notes?.[annotations.policyNamespace]
  if (name && namespace && marks?.[labels.policyId]) return `${namespace}/${name}`
  const fleetWide = notes?.[annotations.clusterPolicyName]
  return fleetWide && marks?.[labels.clusterPolicyId] ? fleetWide : undefined
}

/** What identifies a policy for good; before its label is set, its UID. */
export function permanentId(policy: KubeObject): string {
  const { labels: marks, namespace, uid = '' } = policy.metadata
  return marks?.[namespace ? labels.policyId : labels.clusterPolicyId] ?? uid
}

/** Labels and annotations that say which policy holds an object or a binding. */
export function claimMetadata(policy: KubeObject): Required<Pick<ObjectMeta, 'labels' | 'annotations'>> {
  const { name, namespace } = policy.metadata
  if (!namespace) {
    return {
      labels: { [labels.clusterPolicyId]: permanentId(policy) },
      annotations: { [annotations.clusterPolicyName]: name },
    }
  }
  return {
    labels: { [labels.policyId]: permanentId(policy) },
    annotations: { [annotations.policyNamespace]: namespace, [annotations.policyName]: name },
  }
}

const claimLabels = [labels.policyId, labels.clusterPolicyId]
const claimAnnotations = [annotations.policyNamespace, annotations.policyName, annotations.clusterPolicyName]

/** A merge patch of `metadata` that makes the policy the holder of the object, and marks it as not run on the hub. */
export function claimPatch(
  object: KubeObject,
  policy: KubeObject,
): Readonly<Record<string, Record<string, string | null>>> | undefined {
  const wanted = claimMetadata(policy)
  const own = changes(object.metadata.labels, { ...wanted.labels, [templateMark]: 'true' }, claimLabels)
  const notes = changes(object.metadata.annotations, wanted.annotations, claimAnnotations)
  if (own === undefined && notes === undefined) return undefined
  return { ...(own === undefined ? {} : { labels: own }), ...(notes === undefined ? {} : { annotations: notes }) }
}

function changes(
  present: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
  exclusive: readonly string[],
): Record<string, string | null> | undefined {
  const patch: Record<string, string | null> = {}
  for (const [key, value] of Object.entries(wanted)) if (present?.[key] !== value) patch[key] = value
  for (const key of exclusive) if (present?.[key] !== undefined && wanted[key] === undefined) patch[key] = null
  return Object.keys(patch).length > 0 ? patch : undefined
}

/**
 * The object as it will be once it is claimed, so that copies made before that need no second write: API servers count a change of a
 * Deployment's annotations as a new generation.
 */
export function asClaimed(object: KubeObject, policy: KubeObject): KubeObject {
  const patch = claimPatch(object, policy)
  if (patch === undefined) return object
  const { metadata } = object
  const counts = patch['annotations'] !== undefined && object.kind === 'Deployment' && metadata.generation !== undefined
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(counts ? { generation: (metadata.generation ?? 0) + 1 } : {}),
      labels: patched(metadata.labels, patch['labels']),
      annotations: patched(metadata.annotations, patch['annotations']),
    },
  }
}

function patched(
  present: Readonly<Record<string, string>> | undefined,
  patch: Readonly<Record<string, string | null>> | undefined,
): Record<string, string> {
  const result: Record<string, string> = { ...present }
  for (const [key, value] of Object.entries(patch ?? {})) {
    if (value === null) delete result[key]
    else result[key] = value
  }
  return result
}

/** Labels, annotations and names that Karmada's users and tools know. */
export const labels = {
  policyId: 'propagationpolicy.karmada.io/permanent-id',
  clusterPolicyId: 'clusterpropagationpolicy.karmada.io/permanent-id',
  bindingId: 'resourcebinding.karmada.io/permanent-id',
  clusterBindingId: 'clusterresourcebinding.karmada.io/permanent-id',
  managed: 'karmada.io/managed',
  skipNamespace: 'namespace.karmada.io/skip-auto-propagation',
  retainReplicas: 'resourcetemplate.karmada.io/retain-replicas',
  claimedBy: 'resourcetemplate.karmada.io/claimed-by',
} as const

export const annotations = {
  policyNamespace: 'propagationpolicy.karmada.io/namespace',
  policyName: 'propagationpolicy.karmada.io/name',
  clusterPolicyName: 'clusterpropagationpolicy.karmada.io/name',
  bindingNamespace: 'resourcebinding.karmada.io/namespace',
  bindingName: 'resourcebinding.karmada.io/name',
  clusterBindingName: 'clusterresourcebinding.karmada.io/name',
  dependencies: 'resourcebinding.karmada.io/dependencies',
  templateGeneration: 'resourcetemplate.karmada.io/generation',
  templateUid: 'resourcetemplate.karmada.io/uid',
  conflictResolution: 'work.karmada.io/conflict-resolution',
  /** Ours: a digest of the template that a binding of a lazy policy was made for. */
  activeTemplate: 'flotilla.dev/active-template',
  /** Ours, on policies: `webster`, or `largest-remainder` as before v1.16. */
  apportionment: 'flotilla.dev/apportionment',
} as const

/** Marks an object of the hub that is not run there. */
export const templateMark = 'flotilla.dev/template'

/** The name of an object's binding, in the object's namespace. */
export function bindingName(kind: string, name: string): string {
  return `${name.replaceAll(':', '.')}-${kind}`.toLowerCase()
}

import type { KubeObject } from '../../object/kube-object.js'
import { explainQualifiedName } from '../../object/names.js'

const standard = ['orphan', 'foregroundDeletion', 'kubernetes']

/** What to warn of for the finalizers that a write of a custom resource adds. */
export function finalizerWarnings(object: KubeObject, previous: KubeObject | undefined): string[] {
  const { finalizers } = object.metadata
  if (finalizers === undefined || finalizers.length === 0) return []
  const before = previous?.metadata.finalizers ?? []
  const added = [...new Set(finalizers)].filter((name) => !before.includes(name)).sort()
  return added.flatMap((name) => {
    const named = `metadata.finalizers: ${JSON.stringify(name)}`
    const warnings = explainQualifiedName(name).map((reason) => `${named}: ${reason}`)
    if (name.includes('/') || standard.includes(name)) return warnings
    const advice = name.includes('.')
      ? 'prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers'
      : 'prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers'
    return [...warnings, `${named}: ${advice}`]
  })
}

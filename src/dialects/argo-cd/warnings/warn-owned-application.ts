import { controllerOf } from '../../../kube/object/owner.js'
import { effectiveSync } from '../application-set/decide-application-set.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSet } from '../kinds/application-set.js'

/** Why an edit of an Application's spec does not last; undefined when it does, or may. */
export function explainOwnership(
  application: Application,
  find: (name: string) => ApplicationSet | undefined,
): string | undefined {
  const owner = controllerOf(application)
  const set = owner?.kind === 'ApplicationSet' ? find(owner.name) : undefined
  if (set === undefined) return undefined
  const sync = effectiveSync(set)
  const overwrites = sync === 'sync' || sync === 'create-update'
  if (!overwrites || (set.spec.ignoreApplicationDifferences ?? []).length > 0) return undefined
  return `ApplicationSet ${set.metadata.name} will undo this: change its template, or add the field to its spec.ignoreApplicationDifferences`
}

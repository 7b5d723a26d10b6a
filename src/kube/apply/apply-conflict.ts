import type { StatusCause, StatusError } from '../object/status-error.js'
import { statusErrors } from '../object/status-error.js'
import { type FieldSet, formatFieldPath, hasPath, pathsOf } from './field-set.js'
import type { FieldOwner } from './managed-fields.js'
import type { PathElement } from './path-element.js'

export interface Conflict {
  readonly owner: FieldOwner
  readonly path: readonly PathElement[]
}

/** One conflict for each path that an applier wants and another manager owns. */
export function conflictsOf(owner: FieldOwner, paths: FieldSet): Conflict[] {
  return [...pathsOf(paths)].map((path) => ({ owner, path }))
}

export function withoutPaths(conflicts: readonly Conflict[], allowed: FieldSet): Conflict[] {
  return conflicts.filter(({ path }) => !hasPath(allowed, path))
}

/** The 409 of server-side apply: the message names every manager with its fields, the causes one field each. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes: StatusCause[] = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${describeOwner(owner)}`,
    field: formatFieldPath(path),
  }))
  const [first] = conflicts
  if (first !== undefined && conflicts.length === 1) {
    return statusErrors.applyConflict(
      `Apply failed with 1 conflict: conflict with ${describeOwner(first.owner)}: ${formatFieldPath(first.path)}`,
      causes,
    )
  }
  const byOwner = new Map<FieldOwner, string[]>()
  for (const { owner, path } of conflicts) {
    const lines = byOwner.get(owner)
    if (lines === undefined) byOwner.set(owner, [`- ${formatFieldPath(path)}`])
    else lines.push(`- ${formatFieldPath(path)}`)
  }
  const lines = [...byOwner]
    .sort(([a], [b]) => (identityOf(a) < identityOf(b) ? -1 : 1))
    .flatMap(([owner, paths]) => [`conflicts with ${describeOwner(owner)}:`, ...paths])
  return statusErrors.applyConflict(`Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`, causes)
}

function describeOwner(owner: FieldOwner): string {
  const name = `${JSON.stringify(owner.manager)}${owner.subresource === '' ? '' : ` with subresource ${JSON.stringify(owner.subresource)}`}`
  return owner.operation === 'Update' ? `${name} using ${owner.apiVersion}` : name
}

/** Upstream sorts by the JSON that identifies an entry. */
function identityOf({ manager, operation, apiVersion, subresource }: FieldOwner): string {
  return JSON.stringify({
    manager,
    operation,
    ...(operation === 'Update' ? { apiVersion } : {}),
    ...(subresource === '' ? {} : { subresource }),
  })
}

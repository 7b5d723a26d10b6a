import { CodedError } from '../../../base/errors.js'
import { applyJsonPatch, decodeJsonPatch } from '../../../formats/json-patch/json-patch.js'
import { applyMergePatch } from '../../../kube/apply/json-merge.js'
import { applyStrategicMergePatch } from '../../../kube/apply/strategic-merge.js'
import type { Patch } from '../../../kube/client/kube-client.js'
import { StatusError, statusErrors } from '../../../kube/object/status-error.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'

/** What a JSON, merge or strategic merge patch makes of a value. The value is not changed; the result may share with it. */
export function patchBody(
  of: { schema: SchemaNode | undefined; custom?: unknown },
  live: unknown,
  patch: Exclude<Patch, { kind: 'apply' }>,
): unknown {
  if (patch.kind === 'strategic' && (of.custom !== undefined || of.schema === undefined)) {
    throw statusErrors.unsupportedMediaType([
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
    ])
  }
  try {
    if (patch.kind === 'json') {
      const patched = applyJsonPatch(live, decodeJsonPatch(patch.operations))
      // Bodies are not nested deeper either; patch by patch an object could be.
      if (isDeeperThan(patched, mostLevels)) throw statusErrors.badRequest('error in patch: exceeded max depth')
      return patched
    }
    if (patch.kind === 'merge') return applyMergePatch(live as never, patch.body as never)
    return applyStrategicMergePatch(of.schema as never, live as never, patch.body as never)
  } catch (error) {
    if (error instanceof StatusError || !(error instanceof CodedError)) throw error
    // A failed `test`, or a path that is not there: the request cannot be done on this object.
    if (patch.kind === 'json') throw unprocessable()
    throw statusErrors.badRequest(error.message)
  }
}

const mostLevels = 1_000

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels <= 0) return true
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value)
  return parts.some((part) => isDeeperThan(part, levels - 1))
}

function unprocessable(): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: {},
    code: 422,
  })
}

import { applyJsonPatch, JsonPatchError, type JsonPatchOperation } from '../../../formats/json-patch/json-patch.js'
import { resolvePointer } from '../../../formats/json-pointer/json-pointer.js'

/** A patch as Karmada applies it: `replace` wants something to be there, other than in a kube-apiserver. */
export function applyStrictPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  let result = document
  for (const operation of operations) {
    const { op, path = '' } = operation
    if (op === 'replace' && path.startsWith('/') && resolvePointer(result, path) === undefined) {
      throw new JsonPatchError({
        code: 'json-patch-path-missing',
        message: `replace operation does not apply: doc is missing key: ${path}: missing value`,
        fix: 'Use add for what is not there.',
      })
    }
    result = applyJsonPatch(result, [operation])
  }
  return result
}

import { CodedError } from '../../../base/errors.js'
import { parseJson, printJson } from '../../../base/json-text.js'
import { applyJsonPatch } from '../../../formats/json-patch/json-patch.js'
import { resolvePointer } from '../../../formats/json-pointer/json-pointer.js'
import { formatYaml } from '../../../formats/yaml/format-yaml.js'
import { parseYaml } from '../../../formats/yaml/parse-yaml.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { applyStrictPatch } from './strict-patch.js'

interface FieldOperation {
  readonly subPath: string
  readonly operator: string
  readonly value?: unknown
}

/** Patches a document that stands as text in a field, such as a key of a ConfigMap. */
export interface FieldOverrider {
  readonly fieldPath: string
  readonly yaml?: readonly FieldOperation[]
  readonly json?: readonly FieldOperation[]
}

/** The text is written anew: JSON without spaces, YAML in block style with keys in order. */
export function applyFieldOverrider(object: KubeObject, { fieldPath, yaml = [], json = [] }: FieldOverrider): KubeObject {
  const text = resolvePointer(object, fieldPath)
  if (typeof text !== 'string') {
    throw new CodedError({
      code: 'field-not-text',
      message: `Get object's value by overrider's path(${fieldPath}) is not string`,
      fix: 'Point fieldPath to a text, such as /data/config.yaml with "/" written as ~1.',
    })
  }
  // An overrider without any operation empties the field upstream; here it leaves it alone.
  if (yaml.length === 0 && json.length === 0) return object
  const value = yaml.length > 0 ? formatYaml(patch(parseYaml(text), yaml)) : printJson(patch(parseJson(text), json))
  return applyJsonPatch(object, [{ op: 'replace', path: fieldPath, value }]) as KubeObject
}

function patch(document: unknown, operations: readonly FieldOperation[]): unknown {
  return applyStrictPatch(
    document,
    operations.map(({ operator, subPath, value }) => ({
      op: operator,
      path: subPath,
      ...(value === undefined ? {} : { value }),
    })),
  )
}

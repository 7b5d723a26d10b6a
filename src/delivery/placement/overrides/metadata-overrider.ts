import { isObject, setOwn } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

export interface MetadataOverrider {
  /** `add` sets, `replace` and `remove` act on keys that are there only. */
  readonly operator: string
  readonly value?: Readonly<Record<string, string>>
}

export function applyMetadataOverrider(
  object: KubeObject,
  field: 'labels' | 'annotations',
  { operator, value = {} }: MetadataOverrider,
): KubeObject {
  const old = object.metadata[field]
  const changed: Record<string, string> = {}
  for (const [key, text] of Object.entries(isObject(old) ? old : {})) {
    if (operator === 'remove' && Object.hasOwn(value, key)) continue
    setOwn(changed, key, text)
  }
  if (operator === 'add' || operator === 'replace') {
    for (const [key, text] of Object.entries(value))
      if (operator === 'add' || Object.hasOwn(changed, key)) setOwn(changed, key, text)
  }
  const adds = operator === 'add' && Object.keys(value).length > 0
  if (old === undefined && !adds) return object
  return { ...object, metadata: { ...object.metadata, [field]: changed } }
}

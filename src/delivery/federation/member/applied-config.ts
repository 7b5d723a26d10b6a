import { isObject } from '../../../base/json.js'
import type { KubeObject, ObjectMeta } from '../../../kube/object/kube-object.js'
import { type Desired, federationMark } from '../contract.js'
import type { OwnedFields } from './owned-fields.js'
import { retainFields } from './retain-fields.js'

export interface MarkValues {
  /** Of the hub that the copy belongs to. */
  readonly hub: string
  readonly digest: string
}

/** The live object as far as it bears on what is applied. */
export interface LiveFacts {
  readonly object: KubeObject
  readonly own: OwnedFields | undefined
}

/**
 * What is applied for a Desired: with its marks, without what servers allot and without what the cluster is to keep. Fields to keep that
 * we own ourselves go along with their live value, as leaving them out would remove them.
 */
export function configOf(desired: Desired, marks: MarkValues, live: LiveFacts | undefined): KubeObject {
  const { object, rules } = desired
  const { apiVersion, kind, metadata, status: _, ...rest } = object
  const labels = { ...metadata.labels, ...rules.labels, [federationMark.label]: marks.hub }
  const removal = removalNote(desired)
  const annotations = {
    ...metadata.annotations,
    ...rules.annotations,
    [federationMark.annotation]: desired.id,
    [federationMark.applied]: marks.digest,
    ...(removal === undefined ? {} : { [federationMark.removal]: removal }),
  }
  const meta: ObjectMeta = { name: metadata.name, labels, annotations }
  if (metadata.namespace) meta.namespace = metadata.namespace
  if (metadata.finalizers !== undefined && metadata.finalizers.length > 0) meta.finalizers = metadata.finalizers
  const config: KubeObject = { apiVersion, kind, metadata: meta, ...rest }
  return live === undefined ? config : retainFields(config, live, rules.retain)
}

/** How to remove the copy, where that is not as usual: labels go, too, from what is left behind. */
function removalNote({ rules }: Desired): string | undefined {
  if (rules.onRemoval === 'delete' && rules.propagation === undefined) return undefined
  const labels = Object.keys(rules.labels ?? {})
  return JSON.stringify({
    onRemoval: rules.onRemoval,
    ...(rules.propagation === undefined ? {} : { propagation: rules.propagation }),
    ...(labels.length === 0 ? {} : { labels }),
  })
}

/** How a copy says that it is to be removed. */
export function readRemoval(copy: KubeObject): {
  onRemoval: 'delete' | 'orphan'
  propagation?: 'Background' | 'Foreground' | 'Orphan'
  labels: readonly string[]
} {
  const text = copy.metadata.annotations?.[federationMark.removal]
  if (text === undefined) return { onRemoval: 'delete', labels: [] }
  try {
    const note: unknown = JSON.parse(text)
    if (isObject(note)) {
      const { propagation, labels } = note
      return {
        onRemoval: note['onRemoval'] === 'delete' ? 'delete' : 'orphan',
        ...(propagation === 'Background' || propagation === 'Foreground' || propagation === 'Orphan' ? { propagation } : {}),
        labels: Array.isArray(labels) ? labels.map(String) : [],
      }
    }
  } catch {
    // A note that cannot be read deletes nothing.
  }
  return { onRemoval: 'orphan', labels: [] }
}

import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { Alongside } from './contract.js'

/**
 * How often a Job shall succeed, where it says so: clusters that share its parallelism share that, too, each about in the time of the
 * others. A work queue has no such number. Undefined for other kinds.
 */
export function completionsOf(object: KubeObject): Alongside | undefined {
  if (object.apiVersion !== 'batch/v1' || object.kind !== 'Job') return undefined
  const spec = object['spec']
  const total = isObject(spec) ? spec['completions'] : undefined
  if (!isObject(spec) || typeof total !== 'number' || !Number.isInteger(total) || total < 1) return undefined
  return {
    total,
    pointer: '/spec/completions',
    // The API lets it be changed in Jobs with an index only, and there beside the parallelism.
    fixed: spec['completionMode'] !== 'Indexed',
    revise: (copy, share) => ({ ...copy, spec: { ...(isObject(copy['spec']) ? copy['spec'] : {}), completions: share } }),
  }
}

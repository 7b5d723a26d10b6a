import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Lifecycle } from './lifecycle.js'

/** Namespaces carry their name as a label, and go in two steps: Terminating, and gone when spec.finalizers is empty. */
export const namespaceLifecycle: Lifecycle = {
  beforeCreate(_scope, object) {
    const spec = isObject(object['spec']) ? object['spec'] : {}
    const finalizers = Array.isArray(spec['finalizers']) ? spec['finalizers'] : []
    object['spec'] = { ...spec, finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] }
    label(object)
  },
  beforeUpdate(_scope, object, previous, subresource) {
    // Only the finalize subresource changes spec.finalizers.
    if (subresource !== 'finalize') object['spec'] = previous['spec']
    label(object)
  },
  isHeld: (object) =>
    isObject(object['spec']) && Array.isArray(object['spec']['finalizers']) && object['spec']['finalizers'].length > 0,
  terminating(_scope, object) {
    const status = isObject(object['status']) ? object['status'] : {}
    // No grace is given, and none is told.
    const { deletionGracePeriodSeconds: _, ...metadata } = object.metadata
    return { ...object, metadata, status: { ...status, phase: 'Terminating' } }
  },
}

function label(object: KubeObject): void {
  const { metadata } = object
  metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }
}

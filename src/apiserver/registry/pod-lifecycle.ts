import { isObject } from '../../base/json.js'
import { isNumber } from '../../base/json-text.js'
import { qosClassOf } from '../../kube/schema/validation/qos-class.js'
import type { Lifecycle } from './lifecycle.js'
import { valueAt } from './strategy.js'

/** Pods on a node are deleted by their kubelet, which confirms with grace 0; all others go at once. */
export const podLifecycle: Lifecycle = {
  beforeCreate(_scope, object) {
    const status = object['status'] as Record<string, unknown>
    object['status'] = { ...status, qosClass: qosClassOf(object) }
  },
  beforeUpdate(_scope, object, previous) {
    const qosClass = valueAt(previous, 'status.qosClass')
    if (isObject(object['status']) && qosClass !== undefined) object['status']['qosClass'] ??= qosClass
  },
  gracePeriod(pod, wanted) {
    if (!valueAt(pod, 'spec.nodeName')) return 0
    const phase = valueAt(pod, 'status.phase')
    if (phase === 'Failed' || phase === 'Succeeded') return 0
    const own = valueAt(pod, 'spec.terminationGracePeriodSeconds')
    const seconds = wanted ?? (isNumber(own) ? Number(own) : 30)
    return seconds < 0 ? 1 : seconds
  },
}

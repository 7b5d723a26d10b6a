import { formatTime } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import { isNumber } from '../../../base/json-text.js'
import { qosClassOf } from '../../../kube/schema/validation/qos-class.js'
import type { Lifecycle } from './lifecycle.js'
import { syncAppArmor } from './pod-apparmor.js'
import { valueAt } from './strategy.js'

/** Of a pod that must not be scheduled yet. */
function gatedCondition(now: string) {
  return {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  }
}

/** Pods on a node are deleted by their kubelet, which confirms with grace 0; all others go at once. */
export const podLifecycle: Lifecycle = {
  beforeCreate({ ports }, object, _user, warn) {
    const status = object['status'] as Record<string, unknown>
    const gates = valueAt(object, 'spec.schedulingGates')
    const gated = Array.isArray(gates) && gates.length > 0 ? { conditions: [gatedCondition(formatTime(ports.clock.now()))] } : {}
    object['status'] = { ...status, ...gated, qosClass: qosClassOf(object) }
    syncAppArmor(object, warn)
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

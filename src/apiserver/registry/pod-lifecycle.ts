import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
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
    const seconds = wanted ?? (typeof own === 'number' ? own : 30)
    return seconds < 0 ? 1 : seconds
  },
}

type Resources = Readonly<Record<string, unknown>>

/** Guaranteed: every container limits cpu and memory and requests as much; BestEffort: nobody asks for anything. */
function qosClassOf(pod: KubeObject): string {
  const spec = pod['spec'] as { containers?: unknown; initContainers?: unknown }
  const containers = [spec?.containers, spec?.initContainers].flatMap((list) => (Array.isArray(list) ? list : []))
  let guaranteed = containers.length > 0
  let asks = false
  for (const container of containers) {
    const resources: { requests?: Resources; limits?: Resources } = container?.resources ?? {}
    for (const name of ['cpu', 'memory']) {
      const limit = resources.limits?.[name]
      const request = resources.requests?.[name] ?? limit
      if (limit !== undefined || request !== undefined) asks = true
      if (limit === undefined || request !== limit) guaranteed = false
    }
  }
  return guaranteed ? 'Guaranteed' : asks ? 'Burstable' : 'BestEffort'
}

import { formatTime } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Lifecycle } from './lifecycle.js'

/** A certificate request says who made it; nobody else can say so, and nothing of its spec ever changes. Conditions get their times. */
export const certificateRequestLifecycle: Lifecycle = {
  beforeCreate(_scope, object, user) {
    const spec = isObject(object['spec']) ? object['spec'] : {}
    const { username: _, uid: __, groups: ___, extra: ____, ...rest } = spec
    const extra = Object.entries(user.extra ?? {})
    object['spec'] = {
      ...rest,
      username: user.name,
      ...(user.uid ? { uid: user.uid } : {}),
      ...(user.groups.length > 0 ? { groups: [...user.groups] } : {}),
      ...(extra.length > 0 ? { extra: Object.fromEntries(extra) } : {}),
    }
  },
  beforeUpdate({ ports }, object, previous) {
    object['spec'] = previous['spec']
    const status = isObject(object['status']) ? object['status'] : undefined
    const conditions = conditionsOf(object)
    if (status === undefined || conditions.length === 0) return
    const now = formatTime(ports.clock.now())
    const before = conditionsOf(previous)
    const timed = conditions.map((condition) => {
      const same = before.find(({ type, status }) => type === condition['type'] && status === condition['status'])
      return {
        ...condition,
        lastUpdateTime: condition['lastUpdateTime'] ?? now,
        lastTransitionTime: condition['lastTransitionTime'] ?? same?.['lastTransitionTime'] ?? now,
      }
    })
    object['status'] = { ...status, conditions: timed }
  },
}

function conditionsOf(object: KubeObject): Record<string, unknown>[] {
  const status = object['status']
  return isObject(status) && Array.isArray(status['conditions']) ? status['conditions'] : []
}

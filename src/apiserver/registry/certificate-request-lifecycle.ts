import { isObject } from '../../base/json.js'
import type { Lifecycle } from './lifecycle.js'

/** A certificate request says who made it; nobody else can say so, and nothing of its spec ever changes. */
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
  beforeUpdate(_scope, object, previous) {
    object['spec'] = previous['spec']
  },
}

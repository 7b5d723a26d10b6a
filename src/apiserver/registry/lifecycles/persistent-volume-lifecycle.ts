import { formatTime } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import type { Lifecycle } from './lifecycle.js'
import { valueAt } from './strategy.js'

/** When the phase of a volume last changed. */
export const persistentVolumeLifecycle: Lifecycle = {
  beforeCreate({ ports }, object) {
    object['status'] = { phase: 'Pending', lastPhaseTransitionTime: formatTime(ports.clock.now()) }
  },
  beforeUpdate({ ports }, object, previous) {
    const { status } = object
    if (!isObject(status)) return
    const before = valueAt(previous, 'status.lastPhaseTransitionTime')
    if (status['phase'] === valueAt(previous, 'status.phase')) {
      if (before !== undefined)
        object['status'] = { ...status, lastPhaseTransitionTime: status['lastPhaseTransitionTime'] ?? before }
      return
    }
    if (status['lastPhaseTransitionTime'] !== undefined && status['lastPhaseTransitionTime'] !== before) return
    object['status'] = { ...status, lastPhaseTransitionTime: formatTime(ports.clock.now()) }
  },
}

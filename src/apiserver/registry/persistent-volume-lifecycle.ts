import { formatTime } from '../../base/clock.js'
import { isObject } from '../../base/json.js'
import type { Lifecycle } from './lifecycle.js'
import { valueAt } from './strategy.js'

/** When the phase of a volume last changed. */
export const persistentVolumeLifecycle: Lifecycle = {
  beforeCreate({ ports }, object) {
    object['status'] = { phase: 'Pending', lastPhaseTransitionTime: formatTime(ports.clock.now()) }
  },
  beforeUpdate({ ports }, object, previous) {
    const { status } = object
    if (!isObject(status) || status['phase'] === valueAt(previous, 'status.phase')) return
    if (status['lastPhaseTransitionTime'] !== valueAt(previous, 'status.lastPhaseTransitionTime')) return
    object['status'] = { ...status, lastPhaseTransitionTime: formatTime(ports.clock.now()) }
  },
}

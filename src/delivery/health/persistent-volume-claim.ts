import { degraded, type HealthCheck, healthy, progressing } from './contract.js'
import { statusOf } from './fields.js'

export const persistentVolumeClaimHealth: HealthCheck = {
  group: '',
  kind: 'PersistentVolumeClaim',
  check(object) {
    switch (statusOf(object).text('phase')) {
      case 'Bound':
        return healthy()
      case 'Lost':
        return degraded('')
      case 'Pending':
        return progressing('')
      default:
        return { status: 'Unknown' }
    }
  },
}

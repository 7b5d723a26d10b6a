import { degraded, type HealthCheck, healthy, progressing, suspended } from './contract.js'
import { specOf, statusOf } from './fields.js'

export const jobHealth: HealthCheck = {
  group: 'batch',
  kind: 'Job',
  check(object) {
    let message = ''
    let complete = false
    let failed = false
    for (const condition of statusOf(object).list('conditions')) {
      const type = condition.text('type')
      const holds = condition.text('status') === 'True'
      if (type === 'Failed' && condition.text('status') !== 'False') {
        failed = true
        complete = true
        message = condition.text('message') ?? ''
      } else if (type === 'Complete' && condition.text('status') !== 'False') {
        complete = true
        message = condition.text('message') ?? ''
      } else if (type === 'Suspended' && holds && !complete) {
        return suspended(condition.text('message') ?? 'Job is suspended')
      }
    }
    if (failed) return degraded(message)
    if (complete) return healthy(message)
    if (specOf(object).flag('suspend')) return suspended('Job is suspended')
    return progressing(message)
  },
}

import { degraded, type HealthCheck, healthy, progressing, suspended } from './contract.js'
import { specOf, statusOf } from './fields.js'

export const cronJobHealth: HealthCheck = {
  group: 'batch',
  kind: 'CronJob',
  check(object) {
    const status = statusOf(object)
    if (specOf(object).flag('suspend')) return suspended('CronJob is Suspended')
    if (status.has('lastScheduleTime')) {
      const scheduled = Date.parse(status.text('lastScheduleTime') ?? '')
      const succeeded = Date.parse(status.text('lastSuccessfulTime') ?? '')
      if (status.list('active').length > 0)
        return progressing(`The job is running. Its execution was started at: ${status.text('lastScheduleTime')}`)
      if (Number.isNaN(succeeded)) return degraded('CronJob has not completed its last execution successfully')
      if (succeeded < scheduled) return degraded('CronJob has not completed its last execution successfully')
      return healthy('CronJob has completed its last execution successfully')
    }
    return healthy('CronJob has not been scheduled yet')
  },
}

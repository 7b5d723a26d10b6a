import { type HealthCheck, healthy, progressing } from './contract.js'
import { specOf, statusOf } from './fields.js'

export const serviceHealth: HealthCheck = {
  group: '',
  kind: 'Service',
  check(object) {
    if (specOf(object).text('type') !== 'LoadBalancer') return healthy()
    return statusOf(object).at('loadBalancer').list('ingress').length > 0
      ? healthy()
      : progressing('Waiting for load balancer IP to be allocated')
  },
}

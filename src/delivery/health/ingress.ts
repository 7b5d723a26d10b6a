import { type HealthCheck, healthy, progressing } from './contract.js'
import { statusOf } from './fields.js'

export const ingressHealth: HealthCheck = {
  group: 'networking.k8s.io',
  kind: 'Ingress',
  check: (object) =>
    statusOf(object).at('loadBalancer').list('ingress').length > 0
      ? healthy()
      : progressing('Waiting for ingress to be allocated'),
}

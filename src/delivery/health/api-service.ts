import { type HealthCheck, healthy, progressing } from './contract.js'
import { conditionOf } from './fields.js'

export const apiServiceHealth: HealthCheck = {
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  check(object) {
    const available = conditionOf(object, 'Available')
    if (available === undefined) return progressing('Waiting to be processed')
    const text = `${available.text('reason') ?? ''}: ${available.text('message') ?? ''}`
    return available.text('status') === 'True' ? healthy(text) : progressing(text)
  },
}

import { degraded, type HealthCheck, healthy, progressing } from './contract.js'
import { conditionOf, statusOf } from './fields.js'

export const customResourceDefinitionHealth: HealthCheck = {
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  check(object) {
    if (statusOf(object).list('conditions').length === 0) return progressing('Status conditions not found')
    if (conditionOf(object, 'Terminating')?.text('status') === 'True') return progressing('CRD is terminating')
    const names = conditionOf(object, 'NamesAccepted')
    if (names?.text('status') === 'False') return degraded(`CRD names have not been accepted: ${names.text('message') ?? ''}`)
    const schema = conditionOf(object, 'NonStructuralSchema')
    if (schema?.text('status') === 'True') return degraded(`Schema violations found: ${schema.text('message') ?? ''}`)
    const established = conditionOf(object, 'Established')
    if (established?.text('status') !== 'True') return degraded('CRD is not established')
    return healthy('CRD is healthy')
  },
}

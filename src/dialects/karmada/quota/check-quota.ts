import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '../../../kube/object/quantity.js'
import { type Fields, fieldsOf, objectsAt } from '../fields.js'
import type { PolicyFault } from '../policy/check-policy.js'

/** What a FederatedResourceQuota may not say, beyond its schema: parts of what the whole does not have, or more than it has. */
export function checkQuotaSpec(spec: Fields): PolicyFault[] {
  const faults: PolicyFault[] = []
  const overall = fieldsOf(spec['overall'])
  const assignments = objectsAt(spec, 'staticAssignments').map(({ hard }) => fieldsOf(hard))
  for (const [name, value] of Object.entries(overall)) {
    const whole = quantityOf(value)
    const parts = assignments.map((hard) => quantityOf(hard[name])).filter((part) => part !== undefined)
    const [first, ...others] = parts
    if (whole === undefined || first === undefined) continue
    if (compareQuantities(whole, others.reduce(addQuantities, first)) < 0)
      faults.push({ field: `spec.overall[${name}]`, value, detail: 'overall is less than assignments' })
  }
  for (const [index, hard] of assignments.entries())
    for (const name of Object.keys(hard))
      if (!Object.hasOwn(overall, name))
        faults.push({
          field: `spec.staticAssignments[${index}].hard[${name}]`,
          value: name,
          detail: 'assignment resourceName is not exist in overall',
        })
  return faults
}

/** Undefined for what is no quantity. */
export function quantityOf(value: unknown): Quantity | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  try {
    return parseQuantity(value)
  } catch {
    // The schema says what is wrong with it.
    return undefined
  }
}

import { explainQualifiedName } from '../../object/names.js'
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../object/quantity.js'
import { GoText } from '../field-cause.js'
import { type Findings, membersOf } from './findings.js'

/** Resources that containers may ask for without a domain in the name. */
const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage'])
const standardResources = new Set([
  ...containerResources,
  ...['pods', 'storage', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps'],
  ...['persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'requests.cpu', 'requests.memory'],
  ...['requests.ephemeral-storage', 'requests.storage'],
])

export function quantityOf(value: unknown): Quantity | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  try {
    return parseQuantity(value)
  } catch {
    return undefined
  }
}

export function isWholeQuantity(quantity: Quantity): boolean {
  return quantity.exponent >= 0 || quantity.unscaled % 10n ** BigInt(-quantity.exponent) === 0n
}

/** As Go prints the struct of a quantity. */
export function goQuantity(quantity: Quantity): GoText {
  const format = { 'decimal-si': 'DecimalSI', 'binary-si': 'BinarySI', 'decimal-exponent': 'DecimalExponent' }[quantity.format]
  return new GoText(
    `resource.Quantity{i:resource.int64Amount{value:${quantity.unscaled}, scale:${quantity.exponent}}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"${quantity.text ?? ''}", Format:"${format}"}`,
  )
}

const zero = parseQuantity(0)

export function checkNotNegativeQuantity(value: Quantity, field: string, to: Findings): void {
  if (compareQuantities(value, zero) < 0) to.invalid(field, formatQuantity(value), 'must be greater than or equal to 0')
}

/** `resources` of a container. Requests may not exceed limits. */
export function checkRequirements(resources: unknown, field: string, to: Findings): void {
  const { limits, requests } = membersOf(resources)
  const most = membersOf(limits)
  for (const [name, value] of Object.entries(most)) checkContainerResource(name, value, `${field}.limits[${name}]`, to)
  for (const [name, value] of Object.entries(membersOf(requests))) {
    const at = `${field}.requests[${name}]`
    checkContainerResource(name, value, at, to)
    const request = quantityOf(value)
    const limit = quantityOf(most[name])
    if (request === undefined || limit === undefined) continue
    const overcommit = containerResources.has(name)
    if (!overcommit && compareQuantities(request, limit) !== 0) {
      to.invalid(`${field}.requests`, formatQuantity(request), `must be equal to ${name} limit of ${formatQuantity(limit)}`)
    } else if (compareQuantities(request, limit) > 0) {
      to.invalid(
        `${field}.requests`,
        formatQuantity(request),
        `must be less than or equal to ${name} limit of ${formatQuantity(limit)}`,
      )
    }
  }
}

function checkContainerResource(name: string, value: unknown, field: string, to: Findings): void {
  checkResourceName(name, true, field, to)
  const quantity = quantityOf(value)
  if (quantity === undefined) return
  checkNotNegativeQuantity(quantity, field, to)
  if (name.includes('/') && !isWholeQuantity(quantity)) to.invalid(field, goQuantity(quantity), 'must be an integer')
}

/** The name of a resource, of containers or of anything. */
export function checkResourceName(name: string, ofContainer: boolean, field: string, to: Findings): void {
  const isKnown = containerResources.has(name) || name.startsWith('hugepages-')
  const printed = new GoText(name)
  const reasons = explainQualifiedName(name)
  to.explain(field, printed, reasons)
  if (name.includes('/') || isKnown) return
  if (!standardResources.has(name) && (ofContainer || reasons.length === 0)) {
    to.invalid(field, printed, 'must be a standard resource type or fully qualified')
  }
  if (ofContainer) to.invalid(field, printed, 'must be a standard resource for containers')
}

export function isStandardResource(name: string): boolean {
  return standardResources.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.') || name.startsWith('count/')
}

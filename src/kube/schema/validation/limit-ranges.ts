import { explainQualifiedName } from '../../object/names.js'
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../object/quantity.js'
import { type Findings, type Members, membersOf, structsOf, textOf } from './findings.js'
import { checkResourceName, goQuantity, quantityOf } from './resource-requirements.js'

const one = parseQuantity(1)

/** Reference: ValidateLimitRange of k8s.io/kubernetes/pkg/apis/core/validation. */
export function checkLimitRange(limitRange: Members, to: Findings): void {
  const types = new Set<string>()
  for (const [index, limit] of structsOf(membersOf(limitRange['spec'])['limits']).entries()) {
    const at = `spec.limits[${index}]`
    const type = textOf(limit['type'])
    checkType(type, `${at}.type`, to)
    if (types.has(type)) to.duplicate(`${at}.type`, type)
    types.add(type)
    checkItem(limit, type, at, to)
  }
}

const standardTypes = new Set(['Pod', 'Container', 'PersistentVolumeClaim'])

function checkType(type: string, field: string, to: Findings): void {
  const reasons = explainQualifiedName(type)
  to.explain(field, type, reasons)
  if (reasons.length === 0 && !type.includes('/') && !standardTypes.has(type)) {
    to.invalid(field, type, 'must be a standard limit type or fully qualified')
  }
}

const members = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

function checkItem(limit: Members, type: string, at: string, to: Findings): void {
  const given: Record<string, Record<string, Quantity>> = {}
  const names = new Set<string>()
  for (const member of members) {
    const resources = Object.entries(membersOf(limit[member]))
    const quantities: Record<string, Quantity> = {}
    given[member] = quantities
    if (member === 'maxLimitRequestRatio' && type === 'PersistentVolumeClaim') checkStorage(limit, at, to)
    if (type === 'Pod' && member.startsWith('default')) {
      if (resources.length > 0) to.forbidden(`${at}.${member}`, "may not be specified when `type` is 'Pod'")
      continue
    }
    for (const [name, value] of resources) {
      const quantity = quantityOf(value)
      checkResourceName(name, type === 'Pod' || type === 'Container', `${at}.${member}[${name}]`, to)
      if (quantity === undefined) continue
      names.add(name)
      quantities[name] = quantity
    }
  }
  for (const name of names) compareAll(name, given, at, to)
}

function checkStorage(limit: Members, at: string, to: Findings): void {
  if ('storage' in membersOf(limit['min']) || 'storage' in membersOf(limit['max'])) return
  to.required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided')
}

function compareAll(name: string, given: Record<string, Record<string, Quantity>>, at: string, to: Findings): void {
  const of = (member: (typeof members)[number]) => given[member]?.[name]
  const text = (quantity: Quantity) => formatQuantity(quantity)
  const [max, min, most, least, ratio] = members.map(of)
  const exceeds = (
    a: Quantity | undefined,
    b: Quantity | undefined,
    member: string,
    shown: Quantity | undefined,
    words: readonly [string, string],
  ) => {
    if (a === undefined || b === undefined || shown === undefined || compareQuantities(a, b) <= 0) return
    to.invalid(`${at}.${member}[${name}]`, goQuantity(shown), `${words[0]} ${text(a)} is greater than ${words[1]} ${text(b)}`)
  }
  exceeds(min, max, 'min', min, ['min value', 'max value'])
  exceeds(min, least, 'defaultRequest', least, ['min value', 'default request value'])
  exceeds(least, max, 'defaultRequest', least, ['default request value', 'max value'])
  exceeds(least, most, 'defaultRequest', least, ['default request value', 'default limit value'])
  exceeds(min, most, 'default', min, ['min value', 'default value'])
  exceeds(most, max, 'default', max, ['default value', 'max value'])
  if (ratio !== undefined && compareQuantities(ratio, one) < 0) {
    to.invalid(`${at}.maxLimitRequestRatio[${name}]`, goQuantity(ratio), `ratio ${text(ratio)} is less than 1`)
  }
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const largest = toNumber(max) / toNumber(min)
    if (toNumber(ratio) > largest) {
      const detail = `ratio ${text(ratio)} is greater than max/min = ${largest.toFixed(6)}`
      to.invalid(`${at}.maxLimitRequestRatio[${name}]`, goQuantity(ratio), detail)
    }
  }
  const overcommits = ['cpu', 'memory', 'ephemeral-storage'].includes(name) || !name.includes('/')
  const fixed = !overcommits || name.startsWith('hugepages-')
  if (fixed && most !== undefined && least !== undefined && compareQuantities(most, least) !== 0) {
    const detail = `default value ${text(most)} must equal to defaultRequest value ${text(least)} in ${name}`
    to.invalid(`${at}.defaultRequest[${name}]`, goQuantity(least), detail)
  }
}

function toNumber(quantity: Quantity): number {
  return Number(quantity.unscaled) * 10 ** quantity.exponent
}

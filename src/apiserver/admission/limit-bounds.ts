import { compareQuantities, formatQuantity, parseQuantity, quantityMilliValue } from '../../kube/object/quantity.js'
import type { Amounts } from './pod-resources.js'

/** One entry of a LimitRange. */
export interface LimitItem {
  readonly type?: string
  readonly min?: Readonly<Record<string, string>>
  readonly max?: Readonly<Record<string, string>>
  readonly default?: Readonly<Record<string, string>>
  readonly defaultRequest?: Readonly<Record<string, string>>
  readonly maxLimitRequestRatio?: Readonly<Record<string, string>>
}

/** In which bounds the amounts do not stay. `limits` absent: the type has requests only (claims). */
export function violationsOf(item: LimitItem, asked: { requests: Amounts; limits: Amounts | undefined }): string[] {
  const type = item.type ?? ''
  return [
    ...sorted(item.min).flatMap(([name, least]) => underMinimum(type, name, least, asked) ?? []),
    ...sorted(item.max).flatMap(([name, most]) => overMaximum(type, name, most, asked) ?? []),
    ...(asked.limits === undefined
      ? []
      : sorted(item.maxLimitRequestRatio).flatMap(([name, ratio]) => overRatio(type, name, ratio, asked) ?? [])),
  ]
}

function sorted(amounts: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(amounts ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
}

type Asked = { requests: Amounts; limits: Amounts | undefined }

function underMinimum(type: string, name: string, least: string, { requests, limits }: Asked): string | undefined {
  const bound = parseQuantity(least)
  const request = requests.get(name)
  const limit = limits?.get(name)
  const text = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`
  if (request === undefined) return `${text}.  No request is specified`
  if (compareQuantities(request, bound) < 0) return `${text}, but request is ${formatQuantity(request)}`
  if (limit !== undefined && compareQuantities(limit, bound) < 0) return `${text}, but limit is ${formatQuantity(limit)}`
  return undefined
}

function overMaximum(type: string, name: string, most: string, { requests, limits }: Asked): string | undefined {
  const bound = parseQuantity(most)
  const request = requests.get(name)
  const text = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`
  if (limits === undefined) {
    if (request === undefined) return `${text}.  No request is specified`
  } else {
    const limit = limits.get(name)
    if (limit === undefined) return `${text}.  No limit is specified`
    if (compareQuantities(limit, bound) > 0) return `${text}, but limit is ${formatQuantity(limit)}`
  }
  if (request !== undefined && compareQuantities(request, bound) > 0) return `${text}, but request is ${formatQuantity(request)}`
  return undefined
}

function overRatio(type: string, name: string, most: string, { requests, limits }: Asked): string | undefined {
  const bound = parseQuantity(most)
  const text = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`
  const request = quantityMilliValue(requests.get(name) ?? parseQuantity('0'))
  const limit = quantityMilliValue(limits?.get(name) ?? parseQuantity('0'))
  if (request === 0) return `${text}, but no request is specified or request is 0`
  if (limit === 0) return `${text}, but no limit is specified or limit is 0`
  const ratio = limit / request
  return ratio * 1000 > quantityMilliValue(bound) ? `${text}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}

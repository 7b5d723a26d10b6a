import type { KubeObject } from '../../kube/object/kube-object.js'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  negateQuantity,
  parseQuantity,
  type Quantity,
} from '../../kube/object/quantity.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'
import { amountsOf, containersIn } from './pod-resources.js'
import { isInScopes, isTerminating } from './quota-scopes.js'
import { quotaLimits, quotaResource, quotaUsage, quotaUsed } from './quota-usage.js'

/**
 * Refuses what would exceed a ResourceQuota. Usage is counted from what is stored, not read from the quota's status, so two
 * writes cannot pass on the same old number.
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: (request) => request.type.namespaced && changesUsage(request),
  validate(request) {
    const { storage, namespace } = request
    const prefix = `${namespace}/`
    if (storage.count('resourcequotas', prefix) === 0) return
    for (const quota of storage.scan('resourcequotas', prefix)) checkQuota(request, quota)
  },
}

function changesUsage({ operation, groupResource, subresource, object, previous }: AdmissionRequest): boolean {
  if (operation === 'CREATE') return subresource === ''
  if (operation !== 'UPDATE') return false
  if (groupResource === 'pods') {
    if (subresource === 'resize') return true
    return subresource === '' && isTerminating(object?.['spec']) !== isTerminating(previous?.['spec'])
  }
  return subresource === '' && (groupResource === 'services' || groupResource === 'persistentvolumeclaims')
}

interface Overrun {
  readonly name: string
  readonly asked: Quantity
  readonly used: Quantity
  readonly hard: string
}

function checkQuota(request: AdmissionRequest, quota: KubeObject): void {
  const { groupResource, object, previous, storage, namespace } = request
  if (object === undefined || !isInScopes(quota, groupResource, object)) return
  const limits = quotaLimits(quota)
  const names = Object.keys(limits).filter((name) => quotaResource(name) === groupResource)
  if (names.length === 0) return
  if (groupResource === 'pods') checkStated(request, quota, names)
  const counted = previous !== undefined && isInScopes(quota, groupResource, previous)
  const before = counted ? quotaUsage(groupResource, previous) : undefined
  const after = quotaUsage(groupResource, object)
  const asked = new Map<string, Quantity>()
  for (const name of names) {
    const amount = after.get(name)
    const old = before?.get(name)
    const more = amount && old ? addQuantities(amount, negateQuantity(old)) : amount
    if (more !== undefined && compareQuantities(more, zero) > 0) asked.set(name, more)
  }
  if (asked.size === 0) return
  const over: Overrun[] = []
  const present = quotaUsed(storage, namespace, quota, [...asked.keys()])
  for (const [name, amount] of asked) {
    const used = present.get(name) ?? zero
    const hard = limits[name] ?? '0'
    if (compareQuantities(addQuantities(used, amount), parseQuantity(hard)) > 0) over.push({ name, asked: amount, used, hard })
  }
  if (over.length > 0) throw admissionForbidden(request, describe(quota, over))
}

const zero = parseQuantity('0')

function describe(quota: KubeObject, over: Overrun[]): string {
  over.sort((a, b) => (a.name < b.name ? -1 : 1))
  const print = (value: (entry: Overrun) => string) => over.map((entry) => `${entry.name}=${value(entry)}`).join(',')
  const requested = print(({ asked }) => formatQuantity(asked))
  const used = print((entry) => formatQuantity(entry.used))
  const limited = print(({ hard }) => formatQuantity(parseQuantity(hard)))
  return `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${used}, limited: ${limited}`
}

const compute = /^(?:(?:requests|limits)\.)?(?:cpu|memory)$/

/** Where cpu or memory is limited, every container must say what it takes. */
function checkStated(request: AdmissionRequest, quota: KubeObject, names: readonly string[]): void {
  const spec = request.object?.['spec']
  const containers = [...containersIn(spec, 'containers'), ...containersIn(spec, 'initContainers')]
  const missing: string[] = []
  for (const name of names.filter((candidate) => compute.test(candidate)).sort()) {
    const of = name.startsWith('limits.') ? 'limits' : 'requests'
    const resource = name.slice(name.indexOf('.') + 1)
    const silent = containers
      .filter((container) => !amountsOf(container, of).has(resource))
      .map((container) => container.name ?? '')
    if (silent.length > 0) missing.push(`${name} for: ${[...new Set(silent)].sort().join(',')}`)
  }
  if (missing.length === 0) return
  throw admissionForbidden(request, `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`)
}

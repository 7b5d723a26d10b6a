import type { KubeObject } from '../../kube/object/kube-object.js'
import { addQuantities, compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../kube/object/quantity.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { quotaLimits, quotaUsage, quotaUsed } from './quota-usage.js'

/**
 * Refuses what would exceed a ResourceQuota. Usage is counted from what is stored, not read from the quota's status, so two
 * writes cannot pass on the same old number.
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: ({ type, operation, subresource }) => type.namespaced && operation === 'CREATE' && subresource === '',
  validate(request) {
    for (const quota of request.storage.scan('resourcequotas', `${request.namespace}/`)) checkQuota(request, quota)
  },
}

function checkQuota(request: AdmissionRequest, quota: KubeObject): void {
  const limits = quotaLimits(quota)
  if (limits === undefined) return
  const asked = quotaUsage(request.groupResource, request.object!)
  const over: { name: string; asked: Quantity; used: Quantity; hard: string }[] = []
  const missing: string[] = []
  for (const [name, hard] of Object.entries(limits)) {
    const amount = asked.get(name)
    if (amount === undefined) {
      if (request.groupResource === 'pods' && isCompute(name)) missing.push(name)
      continue
    }
    const used = quotaUsed(request.storage, request.namespace, name)
    if (compareQuantities(addQuantities(used, amount), parseQuantity(hard)) > 0) over.push({ name, asked: amount, used, hard })
  }
  const { plural, group } = request.type
  const refuse = (why: string) => statusErrors.forbidden({ resource: plural, group, name: request.name }, why)
  if (missing.length > 0) {
    const container = firstContainer(request.object!)
    const each = missing.sort().map((name) => `${name} for: ${container}`)
    throw refuse(`failed quota: ${quota.metadata.name}: must specify ${each.join('; ')}`)
  }
  if (over.length === 0) return
  over.sort((a, b) => (a.name < b.name ? -1 : 1))
  const print = (value: (entry: (typeof over)[number]) => string) =>
    over.map((entry) => `${entry.name}=${value(entry)}`).join(',')
  throw refuse(
    `exceeded quota: ${quota.metadata.name}, requested: ${print(({ asked: amount }) => formatQuantity(amount))}, used: ${print(
      ({ used }) => formatQuantity(used),
    )}, limited: ${print(({ hard }) => hard)}`,
  )
}

function isCompute(name: string): boolean {
  return /^(?:(?:requests|limits)\.)?(?:cpu|memory)$/.test(name)
}

function firstContainer(pod: KubeObject): string {
  const spec = pod['spec'] as { containers?: { name: string }[] }
  return spec?.containers?.[0]?.name ?? ''
}

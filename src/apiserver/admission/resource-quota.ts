import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { addQuantities, compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../kube/object/quantity.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'

type Amounts = Readonly<Record<string, string>>

/** Quota names that count objects, by group resource. Any other resource is counted as `count/<resource>.<group>`. */
const counted: Readonly<Record<string, string>> = {
  pods: 'pods',
  services: 'services',
  secrets: 'secrets',
  configmaps: 'configmaps',
  persistentvolumeclaims: 'persistentvolumeclaims',
  replicationcontrollers: 'replicationcontrollers',
  resourcequotas: 'resourcequotas',
}

/**
 * Refuses what would exceed a ResourceQuota. Usage is counted from what is stored, not read from the quota's status, so two
 * writes cannot pass on the same old number. Quotas with scopes are left alone.
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: ({ type, operation, subresource }) => type.namespaced && operation === 'CREATE' && subresource === '',
  validate(request) {
    for (const quota of request.storage.scan('resourcequotas', `${request.namespace}/`)) checkQuota(request, quota)
  },
}

function checkQuota(request: AdmissionRequest, quota: KubeObject): void {
  const spec = quota['spec']
  if (!isObject(spec) || !isObject(spec['hard'])) return
  if ((Array.isArray(spec['scopes']) && spec['scopes'].length > 0) || spec['scopeSelector'] !== undefined) return
  const asked = usageOf(request.groupResource, request.object!)
  const over: { name: string; asked: Quantity; used: Quantity; hard: string }[] = []
  const missing: string[] = []
  for (const [name, hard] of Object.entries(spec['hard'] as Amounts)) {
    const amount = asked.get(name)
    if (amount === undefined) {
      if (request.groupResource === 'pods' && isCompute(name)) missing.push(name)
      continue
    }
    let used = parseQuantity('0')
    for (const object of request.storage.scan(request.groupResource, `${request.namespace}/`)) {
      used = addQuantities(used, usageOf(request.groupResource, object).get(name) ?? parseQuantity('0'))
    }
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

/** What one object takes, by quota name. Pods that have ended take nothing; nothing stated is nothing counted. */
function usageOf(groupResource: string, object: KubeObject): ReadonlyMap<string, Quantity> {
  const usage = new Map<string, Quantity>()
  const one = parseQuantity('1')
  const status = object['status'] as { phase?: string } | undefined
  if (groupResource === 'pods' && (status?.phase === 'Succeeded' || status?.phase === 'Failed')) return usage
  usage.set(`count/${groupResource}`, one)
  const plain = counted[groupResource]
  if (plain !== undefined) usage.set(plain, one)
  const add = (name: string, amount: unknown) => {
    if (typeof amount !== 'string' && typeof amount !== 'number') return
    const present = usage.get(name)
    const quantity = parseQuantity(amount)
    usage.set(name, present === undefined ? quantity : addQuantities(present, quantity))
  }
  const spec = object['spec'] as Record<string, unknown> | undefined
  if (groupResource === 'pods') {
    for (const container of (spec?.['containers'] ?? []) as { resources?: { requests?: Amounts; limits?: Amounts } }[]) {
      for (const [name, amount] of Object.entries(container.resources?.requests ?? {})) {
        add(`requests.${name}`, amount)
        if (name === 'cpu' || name === 'memory') add(name, amount)
      }
      for (const [name, amount] of Object.entries(container.resources?.limits ?? {})) add(`limits.${name}`, amount)
    }
  } else if (groupResource === 'services') {
    const ports = Array.isArray(spec?.['ports']) ? spec['ports'].length : 0
    if (spec?.['type'] === 'NodePort' || spec?.['type'] === 'LoadBalancer') add('services.nodeports', ports)
    if (spec?.['type'] === 'LoadBalancer') add('services.loadbalancers', 1)
  } else if (groupResource === 'persistentvolumeclaims') {
    const resources = spec?.['resources'] as { requests?: Amounts } | undefined
    add('requests.storage', resources?.requests?.['storage'])
  }
  return usage
}

import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { addQuantities, parseQuantity, type Quantity } from '../../kube/object/quantity.js'
import type { ClusterStorage } from '../storage/contract.js'

type Amounts = Readonly<Record<string, string>>

/** Resources that a quota counts under their plain name too. Every resource is counted as `count/<resource>.<group>`. */
const counted: ReadonlySet<string> = new Set([
  'pods',
  'services',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
])

const none = parseQuantity('0')
const one = parseQuantity('1')

/** The limits of a quota; undefined for quotas with scopes, which are left alone. */
export function quotaLimits(quota: KubeObject): Amounts | undefined {
  const spec = quota['spec']
  if (!isObject(spec) || !isObject(spec['hard'])) return undefined
  if ((Array.isArray(spec['scopes']) && spec['scopes'].length > 0) || spec['scopeSelector'] !== undefined) return undefined
  return spec['hard'] as Amounts
}

/** The group resource whose objects use up what a quota calls `name`. */
export function quotaResource(name: string): string {
  if (name.startsWith('count/')) return name.slice('count/'.length)
  if (counted.has(name)) return name
  if (name === 'requests.storage') return 'persistentvolumeclaims'
  return name.startsWith('services.') ? 'services' : 'pods'
}

/** How much of `name` the stored objects of a namespace use. */
export function quotaUsed(storage: ClusterStorage, namespace: string, name: string): Quantity {
  const resource = quotaResource(name)
  let used = none
  for (const object of storage.scan(resource, `${namespace}/`)) {
    const amount = quotaUsage(resource, object).get(name)
    if (amount !== undefined) used = addQuantities(used, amount)
  }
  return used
}

/** What one object uses, by quota name. Pods that have ended use nothing; what an object does not state is not there. */
export function quotaUsage(groupResource: string, object: KubeObject): ReadonlyMap<string, Quantity> {
  const usage = new Map<string, Quantity>()
  const status = object['status'] as { phase?: string } | undefined
  if (groupResource === 'pods' && (status?.phase === 'Succeeded' || status?.phase === 'Failed')) return usage
  usage.set(`count/${groupResource}`, one)
  if (counted.has(groupResource)) usage.set(groupResource, one)
  const add = (name: string, amount: unknown) => {
    if (typeof amount !== 'string' && typeof amount !== 'number') return
    usage.set(name, addQuantities(usage.get(name) ?? none, parseQuantity(amount)))
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

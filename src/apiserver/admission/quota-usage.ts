import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { addQuantities, parseQuantity, type Quantity } from '../../kube/object/quantity.js'
import type { ClusterStorage } from '../storage/contract.js'
import { add, parseAmounts, podAmounts } from './pod-resources.js'
import { isInScopes } from './quota-scopes.js'

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
const byClass = '.storageclass.storage.k8s.io/'

export function quotaLimits(quota: KubeObject): Readonly<Record<string, string>> {
  const spec = quota['spec']
  return isObject(spec) && isObject(spec['hard']) ? (spec['hard'] as Record<string, string>) : {}
}

/** The group resource whose objects use up what a quota calls `name`. */
export function quotaResource(name: string): string {
  if (name.startsWith('count/')) return name.slice('count/'.length)
  if (counted.has(name)) return name
  if (name === 'requests.storage' || name.includes(byClass)) return 'persistentvolumeclaims'
  return name.startsWith('services.') ? 'services' : 'pods'
}

/** How much the stored objects of a quota's namespace use of everything that the quota limits. */
export function quotaUsed(
  storage: ClusterStorage,
  namespace: string,
  quota: KubeObject,
  names: readonly string[] = Object.keys(quotaLimits(quota)),
): ReadonlyMap<string, Quantity> {
  const used = new Map<string, Quantity>(names.map((name) => [name, none]))
  for (const resource of new Set(names.map(quotaResource))) {
    const own = names.filter((name) => quotaResource(name) === resource)
    for (const object of storage.scan(resource, `${namespace}/`)) {
      if (!isInScopes(quota, resource, object)) continue
      const usage = quotaUsage(resource, object)
      for (const name of own) {
        const amount = usage.get(name)
        if (amount !== undefined) used.set(name, addQuantities(used.get(name) ?? none, amount))
      }
    }
  }
  return used
}

/** What one object uses, by quota name. Of a pod that has ended only the object counts; what is not stated is not there. */
export function quotaUsage(groupResource: string, object: KubeObject): ReadonlyMap<string, Quantity> {
  const usage = new Map<string, Quantity>([[`count/${groupResource}`, one]])
  const spec = isObject(object['spec']) ? object['spec'] : {}
  if (groupResource === 'pods') {
    const { phase } = (isObject(object['status']) ? object['status'] : {}) as { phase?: string }
    if (phase !== 'Succeeded' && phase !== 'Failed') ofPod(usage, spec)
    return usage
  }
  if (counted.has(groupResource)) usage.set(groupResource, one)
  if (groupResource === 'services') ofService(usage, spec)
  else if (groupResource === 'persistentvolumeclaims') ofClaim(usage, object, spec)
  return usage
}

function ofPod(usage: Map<string, Quantity>, spec: Record<string, unknown>): void {
  usage.set('pods', one)
  const overhead = parseAmounts(spec['overhead'])
  const requests = new Map(podAmounts(spec, 'requests'))
  const limits = new Map(podAmounts(spec, 'limits'))
  add(requests, overhead)
  add(limits, new Map([...overhead].filter(([name]) => limits.has(name))))
  for (const [name, amount] of requests) {
    usage.set(`requests.${name}`, amount)
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-')) {
      usage.set(name, amount)
    }
  }
  for (const [name, amount] of limits) {
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage') usage.set(`limits.${name}`, amount)
  }
}

function ofService(usage: Map<string, Quantity>, spec: Record<string, unknown>): void {
  const ports = (Array.isArray(spec['ports']) ? spec['ports'] : []) as { nodePort?: number }[]
  const balanced = spec['type'] === 'LoadBalancer'
  const explicit = balanced && spec['allocateLoadBalancerNodePorts'] === false
  const nodePorts = explicit ? ports.filter(({ nodePort }) => nodePort).length : ports.length
  usage.set('services.nodeports', parseQuantity(spec['type'] === 'NodePort' || balanced ? nodePorts : 0))
  usage.set('services.loadbalancers', parseQuantity(balanced ? 1 : 0))
}

function ofClaim(usage: Map<string, Quantity>, claim: KubeObject, spec: Record<string, unknown>): void {
  const annotated = claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class']
  const className = annotated ?? (typeof spec['storageClassName'] === 'string' ? spec['storageClassName'] : '')
  const { resources } = spec as { resources?: { requests?: Record<string, string> } }
  const size = resources?.requests?.['storage']
  if (size !== undefined) usage.set('requests.storage', parseQuantity(size))
  if (className === '') return
  usage.set(`${className}${byClass}persistentvolumeclaims`, one)
  if (size !== undefined) usage.set(`${className}${byClass}requests.storage`, parseQuantity(size))
}

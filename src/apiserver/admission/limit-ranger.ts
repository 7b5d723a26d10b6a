import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { compareQuantities, parseQuantity } from '../../kube/object/quantity.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'

type Amounts = Readonly<Record<string, string>>

interface LimitItem {
  type?: string
  min?: Amounts
  max?: Amounts
  default?: Amounts
  defaultRequest?: Amounts
}

interface Container {
  name: string
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
}

/** Gives containers the defaults of their namespace's LimitRanges, and holds them and claims to the bounds. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: ({ groupResource, operation, subresource }) =>
    operation === 'CREATE' && subresource === '' && (groupResource === 'pods' || groupResource === 'persistentvolumeclaims'),
  mutate(request) {
    if (request.groupResource !== 'pods') return
    for (const item of itemsOf(request, 'Container')) {
      for (const container of containersOf(request.object)) setDefaults(container, item)
    }
  },
  validate(request) {
    const problems: string[] = []
    if (request.groupResource === 'pods') {
      for (const item of itemsOf(request, 'Container')) {
        for (const container of containersOf(request.object))
          problems.push(...check(item, container.resources ?? {}, 'Container'))
      }
    } else {
      const spec = request.object?.['spec']
      const resources = isObject(spec) && isObject(spec['resources']) ? spec['resources'] : {}
      for (const item of itemsOf(request, 'PersistentVolumeClaim')) {
        problems.push(...check(item, resources, 'PersistentVolumeClaim'))
      }
    }
    if (problems.length === 0) return
    const { plural, group } = request.type
    throw statusErrors.forbidden(
      { resource: plural, group, name: request.name },
      problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`,
    )
  },
}

function* itemsOf({ storage, namespace }: AdmissionRequest, type: string): Generator<LimitItem> {
  for (const range of storage.scan('limitranges', `${namespace}/`)) {
    const spec = range['spec']
    if (!isObject(spec) || !Array.isArray(spec['limits'])) continue
    for (const item of spec['limits'] as LimitItem[]) if (item.type === type) yield item
  }
}

function containersOf(pod: KubeObject | undefined): Container[] {
  const spec = pod?.['spec']
  if (!isObject(spec)) return []
  return [spec['initContainers'], spec['containers']].flatMap((list) => (Array.isArray(list) ? (list as Container[]) : []))
}

function setDefaults(container: Container, item: LimitItem): void {
  const resources = (container.resources ??= {})
  const requests = { ...item.defaultRequest, ...resources.requests }
  const limits = { ...item.default, ...resources.limits }
  if (Object.keys(requests).length > 0) resources.requests = requests
  if (Object.keys(limits).length > 0) resources.limits = limits
}

function check(item: LimitItem, resources: { requests?: unknown; limits?: unknown }, type: string): string[] {
  const problems: string[] = []
  const amount = (of: unknown, name: string) => (isObject(of) ? (of[name] as string | undefined) : undefined)
  for (const [name, least] of Object.entries(item.min ?? {})) {
    const asked = amount(resources.requests, name) ?? amount(resources.limits, name)
    if (asked === undefined) problems.push(`minimum ${name} usage per ${type} is ${least}.  No request is specified`)
    else if (compare(asked, least) < 0) {
      problems.push(`minimum ${name} usage per ${type} is ${least}, but request is ${asked}`)
    }
  }
  for (const [name, most] of Object.entries(item.max ?? {})) {
    const limit = amount(resources.limits, name)
    const asked = limit ?? (type === 'Container' ? undefined : amount(resources.requests, name))
    if (asked === undefined) problems.push(`maximum ${name} usage per ${type} is ${most}.  No limit is specified`)
    else if (compare(asked, most) > 0) {
      problems.push(`maximum ${name} usage per ${type} is ${most}, but ${limit === undefined ? 'request' : 'limit'} is ${asked}`)
    }
  }
  return problems
}

function compare(a: string, b: string): number {
  return compareQuantities(parseQuantity(a), parseQuantity(b))
}

import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'
import { type LimitItem, violationsOf } from './limit-bounds.js'
import { amountsOf, containersIn, parseAmounts, podAmounts } from './pod-resources.js'

interface Container {
  name: string
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
}

const mark = 'kubernetes.io/limit-ranger'

/** Gives containers the defaults of their namespace's LimitRanges, and holds pods, containers and claims to the bounds. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'pods'
      ? (operation === 'CREATE' && subresource === '') || (operation === 'UPDATE' && subresource === 'resize')
      : groupResource === 'persistentvolumeclaims' && subresource === '' && operation !== 'DELETE',
  mutate(request) {
    if (request.groupResource !== 'pods' || request.object === undefined || request.operation !== 'CREATE') return
    for (const items of rangesOf(request)) setDefaults(request.object, items)
  },
  validate(request) {
    for (const items of rangesOf(request)) {
      const problems = [...new Set(items.flatMap((item) => check(request, item)))]
      if (problems.length === 0) continue
      throw admissionForbidden(request, problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`)
    }
  },
}

function* rangesOf({ storage, namespace }: AdmissionRequest): Generator<LimitItem[]> {
  for (const range of storage.scan('limitranges', `${namespace}/`)) {
    const spec = range['spec']
    if (isObject(spec) && Array.isArray(spec['limits'])) yield spec['limits'] as LimitItem[]
  }
}

function check({ groupResource, object }: AdmissionRequest, item: LimitItem): string[] {
  const spec = object?.['spec']
  if (groupResource === 'persistentvolumeclaims') {
    if (item.type !== 'PersistentVolumeClaim') return []
    const resources = isObject(spec) && isObject(spec['resources']) ? spec['resources'] : {}
    return violationsOf(item, { requests: parseAmounts(resources['requests']), limits: undefined })
  }
  if (item.type === 'Container') {
    return [...containersIn(spec, 'containers'), ...containersIn(spec, 'initContainers')].flatMap((container) =>
      violationsOf(item, { requests: amountsOf(container, 'requests'), limits: amountsOf(container, 'limits') }),
    )
  }
  if (item.type !== 'Pod') return []
  return violationsOf(item, { requests: podAmounts(spec, 'requests'), limits: podAmounts(spec, 'limits') })
}

/** What is set is told in an annotation, as upstream does. */
function setDefaults(pod: KubeObject, items: readonly LimitItem[]): void {
  const requests: Record<string, string> = {}
  const limits: Record<string, string> = {}
  for (const item of items) {
    if (item.type !== 'Container') continue
    Object.assign(requests, item.defaultRequest)
    Object.assign(limits, item.default)
  }
  const notes: string[] = []
  for (const [field, kind] of [
    ['containers', 'container'],
    ['initContainers', 'init container'],
  ] as const) {
    for (const container of containersIn(pod['spec'], field) as Container[]) {
      const setRequests = fill(container, 'requests', requests)
      const setLimits = fill(container, 'limits', limits)
      if (setRequests.length > 0) notes.push(`${setRequests.join(', ')} request for ${kind} ${container.name}`)
      if (setLimits.length > 0) notes.push(`${setLimits.join(', ')} limit for ${kind} ${container.name}`)
    }
  }
  if (notes.length === 0) return
  pod.metadata.annotations = { ...pod.metadata.annotations, [mark]: `LimitRanger plugin set: ${notes.join('; ')}` }
}

function fill(container: Container, field: 'requests' | 'limits', defaults: Readonly<Record<string, string>>): string[] {
  const present = container.resources?.[field] ?? {}
  const missing = Object.keys(defaults)
    .filter((name) => present[name] === undefined)
    .sort()
  if (missing.length === 0) return missing
  const added = Object.fromEntries(missing.map((name) => [name, defaults[name]!]))
  container.resources = { ...container.resources, [field]: { ...present, ...added } }
  return missing
}

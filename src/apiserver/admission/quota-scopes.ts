import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { podAmounts } from './pod-resources.js'

interface ScopeSelector {
  readonly scopeName?: string
  readonly operator?: string
  readonly values?: readonly string[]
}

/** Whether an object is one that a quota counts. Scopes are of pods: a quota with any counts nothing else. */
export function isInScopes(quota: KubeObject, groupResource: string, object: KubeObject): boolean {
  const selectors = scopesOf(quota)
  if (selectors.length === 0) return true
  return groupResource === 'pods' && selectors.every((selector) => matches(selector, object['spec']))
}

function scopesOf(quota: KubeObject): ScopeSelector[] {
  const spec = isObject(quota['spec']) ? quota['spec'] : {}
  const plain = Array.isArray(spec['scopes']) ? spec['scopes'] : []
  const selector = isObject(spec['scopeSelector']) ? spec['scopeSelector'] : {}
  const expressions = Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'] : []
  return [...plain.map((scopeName: unknown) => ({ scopeName: String(scopeName), operator: 'Exists' })), ...expressions]
}

function matches({ scopeName, operator, values = [] }: ScopeSelector, podSpec: unknown): boolean {
  const spec = isObject(podSpec) ? podSpec : {}
  switch (scopeName) {
    case 'Terminating':
      return isTerminating(spec)
    case 'NotTerminating':
      return !isTerminating(spec)
    case 'BestEffort':
      return isBestEffort(spec)
    case 'NotBestEffort':
      return !isBestEffort(spec)
    case 'PriorityClass': {
      const name = typeof spec['priorityClassName'] === 'string' ? spec['priorityClassName'] : ''
      if (operator === 'Exists') return name !== ''
      if (operator === 'DoesNotExist') return name === ''
      if (operator === 'In') return name !== '' && values.includes(name)
      return operator === 'NotIn' && !values.includes(name)
    }
    case 'CrossNamespacePodAffinity':
      return looksAcrossNamespaces(spec)
    default:
      return false
  }
}

/** Of a pod with a deadline; nothing to do with its deletion. */
export function isTerminating(spec: unknown): boolean {
  const seconds = isObject(spec) ? spec['activeDeadlineSeconds'] : undefined
  return typeof seconds === 'number' && seconds >= 0
}

function isBestEffort(spec: Record<string, unknown>): boolean {
  const asks = (of: 'requests' | 'limits') => ['cpu', 'memory'].some((name) => podAmounts(spec, of).has(name))
  return !asks('requests') && !asks('limits')
}

function looksAcrossNamespaces(spec: Record<string, unknown>): boolean {
  const affinity = isObject(spec['affinity']) ? spec['affinity'] : {}
  return [affinity['podAffinity'], affinity['podAntiAffinity']].some((of) => {
    if (!isObject(of)) return false
    const required = (of['requiredDuringSchedulingIgnoredDuringExecution'] ?? []) as Term[]
    const preferred = (of['preferredDuringSchedulingIgnoredDuringExecution'] ?? []) as { podAffinityTerm?: Term }[]
    return [...required, ...preferred.map(({ podAffinityTerm }) => podAffinityTerm ?? {})].some(
      ({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined,
    )
  })
}

interface Term {
  readonly namespaces?: readonly string[]
  readonly namespaceSelector?: unknown
}

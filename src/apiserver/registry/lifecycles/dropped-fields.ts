import type { KubeObject } from '../../../kube/object/kube-object.js'

/**
 * Members that belong to features which are off by default in the mirrored version: they are dropped from what is written,
 * unless the stored object has them. `*` stands for every item of a list. Reference: the dropDisabled* functions of the
 * strategies in k8s.io/kubernetes/pkg/registry.
 */
const podMembers = ['resourceClaims', 'resources', 'containers.*.resources.claims', 'initContainers.*.resources.claims']
const template = podMembers.map((path) => `spec.template.spec.${path}`)

const dropped: Readonly<Record<string, readonly string[]>> = {
  pods: [...podMembers.map((path) => `spec.${path}`), 'status.observedGeneration', 'status.resourceClaimStatuses'],
  podtemplates: podMembers.map((path) => `template.spec.${path}`),
  replicationcontrollers: template,
  'deployments.apps': [...template, 'status.terminatingReplicas'],
  'replicasets.apps': [...template, 'status.terminatingReplicas'],
  'statefulsets.apps': [...template, 'spec.updateStrategy.rollingUpdate.maxUnavailable'],
  'daemonsets.apps': template,
  'jobs.batch': template,
  'cronjobs.batch': podMembers.map((path) => `spec.jobTemplate.spec.template.spec.${path}`),
  nodes: ['spec.configSource'],
  persistentvolumes: ['spec.volumeAttributesClassName'],
  persistentvolumeclaims: ['spec.volumeAttributesClassName', 'status.currentVolumeAttributesClassName'],
  'leases.coordination.k8s.io': ['spec.strategy', 'spec.preferredHolder'],
  'endpointslices.discovery.k8s.io': ['endpoints.*.deprecatedTopology', 'endpoints.*.hints.forNodes'],
  'csidrivers.storage.k8s.io': ['spec.nodeAllocatableUpdatePeriodSeconds'],
  'horizontalpodautoscalers.autoscaling': ['spec.behavior.scaleUp.tolerance', 'spec.behavior.scaleDown.tolerance'],
}

const split: ReadonlyMap<string, readonly (readonly string[])[]> = new Map(
  Object.entries(dropped).map(([resource, paths]) => [resource, paths.map((path) => path.split('.'))]),
)

/** Takes them out of the object, which is ours to change in its own members; what is shared with others is copied first. */
export function dropFields(resource: string, object: KubeObject, previous?: KubeObject): void {
  const paths = split.get(resource)
  if (paths === undefined) return
  for (const path of paths) {
    if (!has(object, path, 0) || (previous !== undefined && has(previous, path, 0))) continue
    const [first, ...rest] = path as [string, ...string[]]
    object[first] = without(object[first], rest)
  }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

function has(value: unknown, path: readonly string[], depth: number): boolean {
  const key = path[depth]
  if (key === undefined) return value !== undefined
  if (value === undefined || value === null) return false
  if (key === '*') return Array.isArray(value) && value.some((item) => has(item, path, depth + 1))
  return has(memberOf(value, key), path, depth + 1)
}

function without(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path
  if (key === undefined) return undefined
  if (key === '*') return Array.isArray(value) ? value.map((item) => without(item, rest)) : value
  if (memberOf(value, key) === undefined) return value
  const copy = { ...(value as Record<string, unknown>) }
  const member = without(copy[key], rest)
  if (member === undefined) delete copy[key]
  else copy[key] = member
  return copy
}

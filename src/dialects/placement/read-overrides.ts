import { isObject } from '../../base/json.js'
import type { Problem } from '../../delivery/federation/contract.js'
import type { OverridePolicy } from '../../delivery/placement/overrides/override-policy.js'
import { replicasField } from '../../delivery/placement/replicas-of.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { PlacementOverride } from './placement-kind.js'
import { readSelection } from './read-selection.js'

interface Step {
  readonly operator: string
  readonly path: string
  readonly value?: unknown
}

/** The overrides of a Placement for one object, in their order; later ones win. What cannot apply to it is told and left out. */
export function readOverrides(
  object: KubeObject,
  placement: { readonly name: string; readonly namespace: string },
  overrides: readonly PlacementOverride[] = [],
): { readonly policies: readonly OverridePolicy[]; readonly warnings: readonly Problem[] } {
  if (overrides.length === 0) return { policies: [], warnings: [] }
  const warnings: Problem[] = []
  const rules = overrides.map((override, index) => {
    const at = `overrides[${index}] of Placement ${placement.namespace}/${placement.name}`
    const steps: Step[] = []
    const field = replicasField(object)
    if (override.replicas !== undefined && field !== undefined)
      steps.push({ operator: 'add', path: `/spec/${field}`, value: override.replicas })
    for (const { container, image } of override.images ?? []) {
      const found = imagePath(object, container)
      if (typeof found === 'string') steps.push({ operator: 'add', path: found, value: image })
      else if (found !== undefined) warnings.push({ reason: 'OverrideSkipped', message: `${at}: ${found.why}` })
    }
    for (const { op, path, value } of override.patch ?? [])
      steps.push({ operator: op, path, ...(value === undefined ? {} : { value }) })
    return {
      ...(override.clusters === undefined ? {} : { clusters: readSelection(override.clusters) }),
      overriders: { plaintext: steps },
    }
  })
  const scope = object.metadata.namespace === undefined ? {} : { namespace: placement.namespace }
  return { policies: [{ dialect: 'karmada', name: placement.name, ...scope, rules }], warnings }
}

function podSpecOf(object: KubeObject): { readonly at: string; readonly spec: Record<string, unknown> } | undefined {
  let at = ''
  let value: unknown = object
  for (const key of object.kind === 'CronJob'
    ? ['spec', 'jobTemplate', 'spec', 'template', 'spec']
    : ['spec', 'template', 'spec']) {
    value = isObject(value) ? value[key] : undefined
    at += `/${key}`
  }
  return isObject(value) ? { at, spec: value } : undefined
}

/** Undefined for what has no containers: a Placement is for Deployments and their ConfigMaps alike. */
function imagePath(object: KubeObject, container: string | undefined): string | { why: string } | undefined {
  const pod = podSpecOf(object)
  if (pod === undefined) return undefined
  const containers = Array.isArray(pod.spec['containers']) ? pod.spec['containers'].filter(isObject) : []
  const names = containers.map((each) => String(each['name']))
  if (container === undefined) {
    if (containers.length === 1) return `${pod.at}/containers/0/image`
    return { why: `${object.kind} ${object.metadata.name} has the containers ${names.join(', ')}: say which with container` }
  }
  const index = names.indexOf(container)
  if (index >= 0) return `${pod.at}/containers/${index}/image`
  return { why: `${object.kind} ${object.metadata.name} has no container ${container}; it has ${names.join(', ')}` }
}

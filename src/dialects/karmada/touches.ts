import type { HubFacts, ObjectRef } from '../../delivery/federation/contract.js'
import type { ResourceSelector } from '../../delivery/placement/contract.js'
import { closestOf } from '../../delivery/placement/match-resource.js'
import { policyName } from '../../delivery/placement/policy/decide-policy.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import { bindingChanged, refsOfDependencies } from './binding/dependents.js'
import { objectsAt, textAt } from './fields.js'
import { refOf } from './hub-kinds.js'
import { readOverridePolicy } from './policy/read-override-policy.js'
import { readPropagationPolicy } from './policy/read-propagation-policy.js'
import { isQuota } from './quota/read-quota.js'
import { rebalancersOf } from './rebalance.js'
import { clusterResourceBindingType, federatedResourceQuotaType, resourceBindingType } from './resource-types.js'
import { claimOf } from './template/claim.js'

/** Templates that a change of an object can concern. */
export function touchedBy(object: KubeObject, hub: HubFacts): readonly ObjectRef[] | 'all' {
  const group = groupOf(object.apiVersion)
  if (group === 'cluster.karmada.io' || object.kind === 'ClusterTaintPolicy') return 'all'
  if (group === 'policy.karmada.io') return touchedByPolicy(object, hub)
  if (group === 'work.karmada.io') {
    bindingChanged(object, hub)
    const templates = templatesOf(object, hub)
    const rebalancers = templates.flatMap((template) => rebalancersOf(template, hub))
    return [...[...templates, ...rebalancers].flatMap((each) => refOf(each, hub) ?? []), ...refsOfDependencies(object, hub)]
  }
  if (group === 'apps.karmada.io') {
    const own = refOf(object, hub)
    return [
      ...objectsAt(object, 'spec', 'workloads').flatMap((workload) => refTo(workload, hub)),
      ...(own === undefined ? [] : [own]),
    ]
  }
  if (group === 'config.karmada.io') {
    const type = hub.typeOf(textAt(object, 'spec', 'target', 'apiVersion'), textAt(object, 'spec', 'target', 'kind'))
    return type === undefined ? [] : hub.objects(type).flatMap((each) => refOf(each, hub) ?? [])
  }
  if (object.kind === 'Namespace') {
    // Whether it goes along stands in its labels.
    const { name } = object.metadata
    const inIt = hub.objects(resourceBindingType, { namespace: name }).flatMap((each) => templatesOf(each, hub))
    return [...inIt, ...hub.objects(federatedResourceQuotaType, { namespace: name })].flatMap((each) => refOf(each, hub) ?? [])
  }
  if (object.kind === 'HorizontalPodAutoscaler') {
    const target = { ...(object['spec'] as { scaleTargetRef?: object } | undefined)?.scaleTargetRef }
    const own = refOf(object, hub)
    return [...refTo({ ...target, namespace: object.metadata.namespace }, hub), ...(own === undefined ? [] : [own])]
  }
  const ref = refOf(object, hub)
  return ref === undefined ? [] : [ref]
}

function touchedByPolicy(policy: KubeObject, hub: HubFacts): ObjectRef[] {
  const { namespace } = policy.metadata
  if (isQuota(policy)) {
    const own = refOf(policy, hub)
    return own === undefined ? [] : [own]
  }
  if (policy.kind === 'PropagationPolicy' || policy.kind === 'ClusterPropagationPolicy') {
    const read = readPropagationPolicy(policy)
    const name = policyName(read)
    const found = new Map<KubeObject, ObjectRef>()
    for (const object of selected(read.selectors, namespace, hub)) add(object)
    for (const type of [resourceBindingType, clusterResourceBindingType]) {
      if (namespace !== undefined && !type.namespaced) continue
      for (const binding of hub.objects(type, namespace === undefined ? {} : { namespace }))
        if (claimOf(binding) === name) for (const object of templatesOf(binding, hub)) add(object)
    }
    return [...found.values()]

    function add(object: KubeObject) {
      const ref = refOf(object, hub)
      if (ref !== undefined) found.set(object, ref)
    }
  }
  if (policy.kind !== 'OverridePolicy' && policy.kind !== 'ClusterOverridePolicy') return []
  const { selectors = [] } = readOverridePolicy(policy)
  const refs: ObjectRef[] = []
  for (const type of [resourceBindingType, clusterResourceBindingType]) {
    if (namespace !== undefined && !type.namespaced) continue
    for (const binding of hub.objects(type, namespace === undefined ? {} : { namespace }))
      for (const object of templatesOf(binding, hub)) {
        // Labels may have matched before the change: kind and name alone leave something out.
        const wide = selectors.map(({ labels: _, ...selector }) => selector)
        const ref = wide.length === 0 || closestOf(wide, object) > 0 ? refOf(object, hub) : undefined
        if (ref !== undefined) refs.push(ref)
      }
  }
  return refs
}

function selected(selectors: readonly ResourceSelector[], namespace: string | undefined, hub: HubFacts): KubeObject[] {
  return selectors.flatMap((selector) => {
    const type = hub.typeOf(selector.apiVersion, selector.kind)
    if (type === undefined || (namespace !== undefined && !type.namespaced)) return []
    const within = selector.namespace ?? namespace
    const objects = hub.objects(type, {
      ...(within !== undefined && type.namespaced ? { namespace: within } : {}),
      ...(selector.name === undefined ? {} : { name: selector.name }),
    })
    return objects.filter((object) => closestOf([selector], object) > 0)
  })
}

function templatesOf(binding: KubeObject, hub: HubFacts): readonly KubeObject[] {
  const [ref] = refTo((binding['spec'] as { resource?: unknown } | undefined)?.resource, hub)
  return ref === undefined
    ? []
    : hub.objects(ref.type, { name: ref.name, ...(ref.namespace === '' ? {} : { namespace: ref.namespace }) })
}

function refTo(reference: unknown, hub: HubFacts): ObjectRef[] {
  const type = hub.typeOf(textAt(reference, 'apiVersion'), textAt(reference, 'kind'))
  const name = textAt(reference, 'name')
  return type === undefined || name === '' ? [] : [{ type, namespace: textAt(reference, 'namespace'), name }]
}

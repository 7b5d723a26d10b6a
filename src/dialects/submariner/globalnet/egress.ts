import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'
import { allocatedTo } from './decide-addresses.js'

/**
 * The addresses that a pod's connections to other clusters come from: those of a GlobalEgressIP of its namespace that selects
 * it, else of one for the whole namespace, else the cluster's. Of several, the oldest. Its own GlobalIngressIP, as pods of
 * headless Services have it, goes before all.
 */
export function egressOf(
  pod: { readonly namespace: string; readonly name: string; readonly labels: Readonly<Record<string, string>> },
  objects: readonly KubeObject[],
): { readonly addresses: readonly string[]; readonly object: KubeObject } | undefined {
  const usable = objects.filter((each) => allocatedTo(each).length > 0).sort(byAge)
  const inNamespace = usable.filter(({ metadata }) => metadata.namespace === pod.namespace)
  const found =
    inNamespace.find((each) => each.kind === 'GlobalIngressIP' && podOf(each) === pod.name) ??
    inNamespace.find((each) => each.kind === 'GlobalEgressIP' && selects(each, pod.labels)) ??
    inNamespace.find((each) => each.kind === 'GlobalEgressIP' && selectorOf(each) === undefined) ??
    usable.find(({ kind }) => kind === 'ClusterGlobalEgressIP')
  return found && { addresses: allocatedTo(found), object: found }
}

function podOf(object: KubeObject): unknown {
  const spec = isObject(object['spec']) ? object['spec'] : {}
  return isObject(spec['podRef']) ? spec['podRef']['name'] : undefined
}

function selectorOf(object: KubeObject): LabelSelectorSpec | undefined {
  const spec = isObject(object['spec']) ? object['spec'] : {}
  return isObject(spec['podSelector']) ? (spec['podSelector'] as LabelSelectorSpec) : undefined
}

function selects(object: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  const selector = selectorOf(object)
  return selector !== undefined && matchesLabels(fromLabelSelector(selector, { validate: false }), labels)
}

function byAge(a: KubeObject, b: KubeObject): number {
  return (
    (Date.parse(a.metadata.creationTimestamp ?? '') || 0) - (Date.parse(b.metadata.creationTimestamp ?? '') || 0) ||
    (a.metadata.name < b.metadata.name ? -1 : 1)
  )
}

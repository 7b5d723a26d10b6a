import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import { fromLabelSelector, matchesLabels } from '../../kube/object/selector.js'
import type { ResourceSelector } from './contract.js'

/**
 * How closely a selector names an object: 0 not at all, 1 all of its kind, 2 by labels, 3 by name. Of the apiVersion the group alone
 * counts: in which of its versions an object is read says nothing of the object.
 */
export type Closeness = 0 | 1 | 2 | 3

export function closenessOf(selector: ResourceSelector, object: KubeObject): Closeness {
  if (selector.kind !== object.kind || groupOf(selector.apiVersion) !== groupOf(object.apiVersion)) return 0
  const { namespace = '', name = '', labels } = selector
  if (namespace !== '' && namespace !== object.metadata.namespace) return 0
  if (name !== '') return name === object.metadata.name ? 3 : 0
  if (labels === undefined) return 1
  try {
    return matchesLabels(fromLabelSelector(labels), object.metadata.labels) ? 2 : 0
  } catch {
    return 0
  }
}

/** The closest of all selectors. */
export function closestOf(selectors: readonly ResourceSelector[], object: KubeObject): Closeness {
  let closest: Closeness = 0
  for (const selector of selectors) {
    const closeness = closenessOf(selector, object)
    if (closeness > closest) closest = closeness
  }
  return closest
}

export const closenessInWords: Readonly<Record<Closeness, string>> = {
  0: 'does not select it',
  1: 'selects all of its kind',
  2: 'selects it by labels',
  3: 'selects it by name',
}

import type { AffinityGroup, ClusterAffinity, FieldExpression, ResourceSelector } from '../../../delivery/placement/contract.js'
import type { LabelSelectorSpec } from '../../../kube/object/selector.js'
import { type Fields, objectAt, objectsAt, textAt, textsAt } from '../fields.js'

/** `clusterAffinity`, `targetCluster` and the like. */
export function readAffinity(affinity: Fields): ClusterAffinity {
  const names = textsAt(affinity, 'clusterNames')
  const exclude = textsAt(affinity, 'exclude')
  const labels = objectAt(affinity, 'labelSelector')
  const fields = objectsAt(affinity, 'fieldSelector', 'matchExpressions').flatMap(readFieldExpression)
  return {
    ...(names.length > 0 ? { names } : {}),
    ...(exclude.length > 0 ? { exclude } : {}),
    ...(labels === undefined ? {} : { labels: labels as LabelSelectorSpec }),
    ...(fields.length > 0 ? { fields } : {}),
  }
}

function readFieldExpression(expression: Fields): FieldExpression[] {
  const field = textAt(expression, 'key')
  const operator = textAt(expression, 'operator')
  if (field !== 'provider' && field !== 'region' && field !== 'zone') return []
  if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist') return []
  return [{ field, operator, values: textsAt(expression, 'values') }]
}

/** The groups that are tried in order: the terms of `clusterAffinities`, or the one `clusterAffinity`. */
export function readGroups(placement: Fields): AffinityGroup[] {
  const terms = objectsAt(placement, 'clusterAffinities')
  if (terms.length > 0)
    return terms.map((term) => {
      const overflow = objectsAt(term, 'overflowAffinities').map(readTerm)
      return { ...readTerm(term), ...(overflow.length > 0 ? { overflow } : {}) }
    })
  const affinity = objectAt(placement, 'clusterAffinity')
  return affinity === undefined ? [] : [{ name: unnamedGroup, ...readAffinity(affinity) }]
}

function readTerm(term: Fields): AffinityGroup {
  return { name: textAt(term, 'affinityName'), ...readAffinity(term) }
}

/** The name that `clusterAffinity` has for the engine; never written. */
export const unnamedGroup = 'clusterAffinity'

/** `namespace` is that of the policy, for selectors that name none; '' for a policy of the fleet. */
export function readSelectors(selectors: readonly Fields[], namespace: string): ResourceSelector[] {
  return selectors.map((selector) => {
    const name = textAt(selector, 'name')
    const of = textAt(selector, 'namespace') || namespace
    const labels = objectAt(selector, 'labelSelector')
    return {
      apiVersion: textAt(selector, 'apiVersion'),
      kind: textAt(selector, 'kind'),
      ...(of === '' ? {} : { namespace: of }),
      ...(name === '' ? {} : { name }),
      ...(labels === undefined ? {} : { labels: labels as LabelSelectorSpec }),
    }
  })
}

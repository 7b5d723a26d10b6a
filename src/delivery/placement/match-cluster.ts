import { fromLabelSelector, type LabelSelector, matchesLabels } from '../../kube/object/selector.js'
import type { ClusterAffinity, ClusterFacts, FieldExpression } from './contract.js'

/** Why a cluster does not match an affinity; undefined when it does. The parts are asked in this order. */
export interface AffinityMatcher {
  readonly names: (cluster: ClusterFacts) => string | undefined
  readonly labels: (cluster: ClusterFacts) => string | undefined
  readonly fields: (cluster: ClusterFacts) => string | undefined
  readonly matches: (cluster: ClusterFacts) => boolean
}

/** Prepared once for many clusters. A label selector that is not valid matches nothing. */
export function matcherOf(affinity: ClusterAffinity): AffinityMatcher {
  const names = affinity.names === undefined || affinity.names.length === 0 ? undefined : new Set(affinity.names)
  const exclude = new Set(affinity.exclude)
  const selector = selectorOf(affinity)
  const byName = ({ name }: ClusterFacts) => {
    if (exclude.has(name)) return 'is excluded by name'
    return names === undefined || names.has(name) ? undefined : 'is not among the clusters named'
  }
  const byLabels = (cluster: ClusterFacts) =>
    selector === undefined || matchesLabels(selector, cluster.labels) ? undefined : 'has not the labels asked for'
  const byFields = (cluster: ClusterFacts) => {
    const expression = affinity.fields?.find((each) => !matchesField(each, cluster))
    return (
      expression && `${expression.field} is ${describeField(expression, cluster)}, asked is ${describeExpression(expression)}`
    )
  }
  return {
    names: byName,
    labels: byLabels,
    fields: byFields,
    matches: (cluster) =>
      byName(cluster) === undefined &&
      byLabels(cluster) === undefined &&
      !affinity.fields?.some((each) => !matchesField(each, cluster)),
  }
}

/** Matches what any of them matches; for other clusters it says what the first says. */
export function matcherOfAny(affinities: readonly ClusterAffinity[]): AffinityMatcher {
  const matchers = affinities.map(matcherOf)
  const matches = (cluster: ClusterFacts) => matchers.some((matcher) => matcher.matches(cluster))
  const said = (part: 'names' | 'labels' | 'fields') => (cluster: ClusterFacts) =>
    matches(cluster) ? undefined : matchers[0]?.[part](cluster)
  return { names: said('names'), labels: said('labels'), fields: said('fields'), matches }
}

function selectorOf(affinity: ClusterAffinity): LabelSelector | undefined {
  if (affinity.labels === undefined) return undefined
  try {
    return fromLabelSelector(affinity.labels)
  } catch {
    return 'nothing'
  }
}

/** As Karmada has it: of a cluster's zones, `In` wants all to be listed, `NotIn` none. */
function matchesField({ field, operator, values = [] }: FieldExpression, cluster: ClusterFacts): boolean {
  const found = fieldValues(field, cluster)
  switch (operator) {
    case 'In':
      return found.length > 0 && found.every((value) => values.includes(value))
    case 'NotIn':
      return !found.some((value) => values.includes(value))
    case 'Exists':
      return found.length > 0
    case 'DoesNotExist':
      return found.length === 0
    default:
      return false
  }
}

function fieldValues(field: FieldExpression['field'], cluster: ClusterFacts): readonly string[] {
  if (field === 'zone') return cluster.zones ?? []
  const value = field === 'region' ? cluster.region : cluster.provider
  return value === undefined || value === '' ? [] : [value]
}

function describeField({ field }: FieldExpression, cluster: ClusterFacts): string {
  const values = fieldValues(field, cluster)
  return values.length === 0 ? 'not known' : values.join(', ')
}

function describeExpression({ operator, values = [] }: FieldExpression): string {
  return values.length === 0 ? operator : `${operator} ${values.join(', ')}`
}

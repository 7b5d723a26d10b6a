import { closest } from '../../../base/closest.js'
import { fromLabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import type { Selector } from '../kinds/application-set.js'
import { listNames } from './list-names.js'

interface Labeled {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

const systemLabel = 'argocd.argoproj.io/secret-type'

/** Why a selector of clusters matches none of them, with what was probably meant; undefined when it matches one. Throws for what is no selector. */
export function explainNoMatch(selector: Selector, clusters: readonly Labeled[]): string | undefined {
  const compiled = fromLabelSelector(selector)
  if (clusters.some((cluster) => matchesLabels(compiled, cluster.labels))) return undefined
  if (clusters.length === 0) return 'there are no clusters yet: add them with flotilla cluster add or as cluster Secrets'
  const requirements: Requirement[] = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, operator: 'In', values: [value] })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values }) => ({ key, operator, values: values ?? [] })),
  ]
  const reasons: string[] = []
  const partly: string[] = []
  for (const requirement of requirements) {
    const one = fromLabelSelector({
      matchExpressions: [{ key: requirement.key, operator: requirement.operator, values: [...requirement.values] }],
    })
    const meeting = clusters.filter((cluster) => matchesLabels(one, cluster.labels)).map((cluster) => cluster.name)
    if (meeting.length === 0) reasons.push(explainRequirement(requirement, clusters))
    else partly.push(`${format(requirement)} holds for ${listNames(meeting)}`)
  }
  return reasons.length > 0 ? reasons.join('; ') : `no cluster meets all of it: ${partly.join('; ')}`
}

function explainRequirement(requirement: Requirement, clusters: readonly Labeled[]): string {
  const { key, operator, values } = requirement
  const holders = clusters.filter((cluster) => Object.hasOwn(cluster.labels, key))
  if (operator === 'NotIn' || operator === 'DoesNotExist') return `every cluster has ${valuesOf(key, holders)}`
  if (holders.length > 0) return `no cluster has ${format(requirement)}, but there are ${valuesOf(key, holders)}`
  const keys = [...new Set(clusters.flatMap((cluster) => Object.keys(cluster.labels)))]
    .filter((each) => each !== systemLabel)
    .sort()
  const meant = meantKey(key, values, keys, clusters)
  if (meant === undefined)
    return `no cluster has the label ${key}; labels in use: ${keys.length > 0 ? listNames(keys, 8) : 'none'}`
  const withKey = clusters.filter((cluster) => Object.hasOwn(cluster.labels, meant))
  const same = withKey.filter((cluster) => values.includes(cluster.labels[meant]!))
  return `no cluster has the label ${key}: did you mean ${valuesOf(meant, same.length > 0 ? same : withKey)}?`
}

/** A label of a similar name, best one that has a wanted value; else one that alone has a wanted value. */
function meantKey(
  key: string,
  values: readonly string[],
  keys: readonly string[],
  clusters: readonly Labeled[],
): string | undefined {
  const agreeing = keys.filter((each) =>
    clusters.some(({ labels }) => labels[each] !== undefined && values.includes(labels[each])),
  )
  return closest(key, agreeing) ?? closest(key, keys) ?? (agreeing.length === 1 ? agreeing[0] : undefined)
}

/** `env=production (east, west), env=staging (test)` */
function valuesOf(key: string, holders: readonly Labeled[]): string {
  const byValue = new Map<string, string[]>()
  for (const { name, labels } of holders) {
    const value = labels[key]!
    const names = byValue.get(value)
    if (names) names.push(name)
    else byValue.set(value, [name])
  }
  return listNames(
    [...byValue].map(([value, names]) => `${key}=${value} (${listNames(names)})`),
    6,
  )
}

function format({ key, operator, values }: Requirement): string {
  if (operator === 'In') return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`
  if (operator === 'NotIn') return `${key} notin (${values.join(',')})`
  return operator === 'Exists' ? key : `!${key}`
}

import type { Node } from '../engine/objects.js'
import type { Affinity, NodeSelectorRequirement, NodeSelectorTerm } from './spec.js'

interface Wishes {
  readonly nodeSelector?: Readonly<Record<string, string>> | null
  readonly affinity?: Affinity | null
}

/** nodeSelector and the required terms of nodeAffinity. */
export function matchesRequired(node: Node, { nodeSelector, affinity }: Wishes): boolean {
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of Object.entries(nodeSelector ?? {})) {
    if (!Object.hasOwn(labels, key) || labels[key] !== value) return false
  }
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || required === null || matchesAnyTerm(node, required.nodeSelectorTerms)
}

/** Terms are alternatives; one without requirements matches nothing. */
export function matchesAnyTerm(node: Node, terms: readonly NodeSelectorTerm[] | undefined): boolean {
  return terms?.some((term) => matchesTerm(node, term)) ?? false
}

/** The sum of the weights of the preferences that the node meets. An empty preference is met by none. */
export function preferenceOf(node: Node, affinity: Affinity | null | undefined): number {
  let sum = 0
  for (const { weight, preference } of affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    if (weight !== 0 && matchesTerm(node, preference)) sum += weight
  }
  return sum
}

/** The only nodes that the required terms can mean, when they name nodes. */
export function namedNodes(affinity: Affinity | null | undefined): ReadonlySet<string> | undefined {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (!terms?.length) return undefined
  const names = new Set<string>()
  for (const { matchFields } of terms) {
    const field = matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In')
    if (field === undefined) return undefined
    for (const name of field.values ?? []) names.add(name)
  }
  return names
}

function matchesTerm(node: Node, { matchExpressions, matchFields }: NodeSelectorTerm): boolean {
  if (!matchExpressions?.length && !matchFields?.length) return false
  const labels = node.metadata.labels ?? {}
  const label = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  const field = (key: string) => (key === 'metadata.name' ? node.metadata.name : undefined)
  return (
    (matchExpressions ?? []).every((wanted) => meets(label(wanted.key), wanted)) &&
    (matchFields ?? []).every((wanted) => meets(field(wanted.key), wanted))
  )
}

function meets(value: string | undefined, { operator, values = [] }: NodeSelectorRequirement): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt': {
      const actual = integer(value)
      const bound = integer(values[0])
      if (actual === undefined || bound === undefined) return false
      return operator === 'Gt' ? actual > bound : actual < bound
    }
    default:
      return false
  }
}

function integer(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?[0-9]{1,19}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined
}

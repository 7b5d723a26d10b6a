import { type Candidate, type Draft, totalWeight } from './candidate.js'
import { partition } from './group-by-locality.js'
import { topologyLabels } from './topology-labels.js'

/**
 * Istio's failoverPriority: splits a locality's endpoints by the first label, in order, in which they differ from the consumer.
 * `key=value` compares with that value instead. The network, where it comes first, only puts those of another network behind
 * all others. Priorities have gaps afterwards.
 */
export function splitByLabels(
  draft: Draft,
  consumerLabels: Readonly<Record<string, string>>,
  priorities: readonly string[],
): Draft[] {
  const { wanted, names } = readPriorities(priorities, consumerLabels)
  const parts = partition(draft.members, (member) => rank(member, wanted, names, priorities[0] === topologyLabels.network))
  return [...parts]
    .map((members): Draft => {
      const priority = rank(members[0], wanted, names, priorities[0] === topologyLabels.network)
      const why = explain(members[0], wanted, names, priorities[0] === topologyLabels.network)
      return { priority, locality: draft.locality, weight: totalWeight(members), members, why }
    })
    .sort((a, b) => a.priority - b.priority)
}

/** A key that is named twice, once with a value: the value counts for both, as upstream. */
function readPriorities(priorities: readonly string[], labels: Readonly<Record<string, string>>) {
  const names = priorities.map((each) => each.split('=')[0]!)
  const wanted = new Map<string, string>()
  for (const name of names) wanted.set(name, labelOf(labels, name))
  for (const each of priorities) {
    const parts = each.split('=')
    if (parts.length === 2) wanted.set(parts[0]!, parts[1]!)
  }
  return { names, wanted }
}

function rank(
  member: Candidate,
  wanted: ReadonlyMap<string, string>,
  names: readonly string[],
  startsWithNetwork: boolean,
): number {
  let behind = 0
  for (const [index, name] of names.entries()) {
    if (wanted.get(name) === labelOf(member.labels, name)) continue
    if (index > 0 || !startsWithNetwork) return names.length - index + behind
    behind = names.length
  }
  return behind
}

function explain(
  member: Candidate,
  wanted: ReadonlyMap<string, string>,
  names: readonly string[],
  startsWithNetwork: boolean,
): string {
  const same: string[] = []
  let network = ''
  for (const [index, name] of names.entries()) {
    const [mine, its] = [wanted.get(name)!, labelOf(member.labels, name)]
    if (mine === its) same.push(name)
    else if (index === 0 && startsWithNetwork) network = `another network (${its || 'none'}, not ${mine || 'none'}); `
    else
      return `${network}${same.length > 0 ? `same ${same.join(', ')}; ` : ''}${name} is ${its || 'not set'}, not ${mine || 'without it'}`
  }
  return `${network}same ${same.join(', ') || 'in nothing else'}`
}

function labelOf(labels: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''
}

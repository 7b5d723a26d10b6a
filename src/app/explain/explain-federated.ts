import { formatTime } from '../../base/clock.js'
import { isObject } from '../../base/json.js'
import { placementStatusAnnotation } from '../../dialects/placement/placement-kind.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { Explanation } from '../placement/explain-placement.js'
import { type FleetExplanation, inOrder, Steps, someOf } from './explanation.js'
import { type CopySeen, readCopies } from './read-copies.js'

/** Clusters that are told one by one. */
const mostClusters = 25

/**
 * Why an object of the hub is where it is: who decided, the decision's own reasons, what holds it, and how its copies stand. `kind` is the
 * kind of its copies, undefined where the hub does not know it. `frozen`: why no workload is moved between clusters.
 * `byAgent`: what is known of the copy of a source in a cluster that is reached by its agent alone.
 */
export async function explainFederated(
  source: KubeObject,
  found: readonly Explanation[],
  inventory: Inventory,
  typeOf: (object: KubeObject) => ResourceType | undefined,
  frozen?: string,
  byAgent?: (cluster: string, id: string) => Promise<CopySeen>,
): Promise<FleetExplanation> {
  const steps = new Steps()
  const [first, ...others] = found
  for (const { dialect } of others)
    steps.add(
      'dialect',
      dialect,
      'info',
      `where clusters are the same, ${first?.dialect} wins, and ${dialect} is told AlreadyExists`,
    )
  for (const each of found) await addOne(steps, each, found.length > 1, inventory, typeOf, byAgent)
  if (frozen !== undefined && found.some(({ read }) => read?.failover !== undefined))
    steps.add('engine', 'failover', 'info', `frozen: ${frozen}; nothing is moved away from clusters`)
  const line = source.metadata.annotations?.[placementStatusAnnotation]
  if (line !== undefined) steps.add('engine', 'reported', 'info', line)
  for (const { type, status, reason, message, lastTransitionTime } of conditionsOf(source)) {
    const bad = status === 'False' && /^(Propagation|Scheduled|FullyApplied|Ready|Available)$/.test(type)
    if (bad) steps.add('engine', type, 'bad', [reason, message].filter(Boolean).join(': '), lastTransitionTime)
  }
  const decision = first?.decision
  const state = first?.refused !== undefined ? `refused (${first.refused.reason})` : (decision?.outcome ?? 'not decided')
  const { asked, placed = 0 } = decision?.replicas ?? {}
  // Where each cluster gets all of them, there are more than were asked for.
  const replicas =
    asked === undefined ? '' : placed > asked ? `, ${placed} replicas (${asked} asked)` : `, ${placed} of ${asked} replicas`
  return {
    object: `${source.kind} ${source.metadata.namespace ? `${source.metadata.namespace}/` : ''}${source.metadata.name}`,
    state: `${state}${replicas}`,
    steps: inOrder(steps.list),
    waitsFor: steps.waitsFor,
  }
}

async function addOne(
  steps: Steps,
  { dialect, refused, warnings, paused, decision, read }: Explanation,
  several: boolean,
  inventory: Inventory,
  typeOf: (object: KubeObject) => ResourceType | undefined,
  byAgent?: (cluster: string, id: string) => Promise<CopySeen>,
): Promise<void> {
  const say = (what: string) => (several ? `${what} (${dialect})` : what)
  for (const { reason, message } of warnings) {
    const stranger = /no cluster of the fleet is called ([^;(]*[^;( ])/.exec(message)?.[1]
    steps.add('dialect', say('warning'), stranger === undefined ? 'info' : 'waits', `${reason}: ${message}`)
    if (stranger !== undefined) steps.waits(`${stranger} to join the fleet`)
  }
  if (refused !== undefined) {
    steps.add('dialect', say('refused'), 'bad', `${refused.reason}: ${refused.message}`)
    steps.waits(`somebody to mend it; nothing is changed in any cluster on its strength`)
    return
  }
  if (decision === undefined) return
  steps.add(
    'dialect',
    say('decided by'),
    decision.outcome === 'no policy' ? 'bad' : 'ok',
    decision.policy === undefined ? dialect : `${dialect}: ${decision.policy}`,
  )
  for (const { policy, verdict, why } of decision.policies)
    if (verdict === 'lost') steps.add('dialect', policy, 'info', `lost: ${why}`)
  if (paused !== undefined) {
    steps.add('engine', say('held'), 'waits', paused)
    steps.waits(`it is held: ${paused}`)
  }
  for (const { group, chosen, why } of decision.groups.length > 1 ? decision.groups : [])
    steps.add('model', `group ${group}`, chosen ? 'ok' : 'info', why)
  const failed = decision.outcome === 'not placed' || decision.outcome === 'no policy'
  for (const [index, reason] of decision.reasons.entries())
    steps.add('model', `step ${index + 1}`, failed && index === decision.reasons.length - 1 ? 'bad' : 'info', reason)
  if (failed) steps.waits(`another decision: ${decision.reasons[decision.reasons.length - 1] ?? 'no policy selects it'}`)
  if (decision.replicas.unplaced > 0) {
    steps.add('model', 'replicas', 'waits', `${decision.replicas.unplaced} of ${decision.replicas.asked ?? 0} find no room`)
    steps.waits(`room for ${decision.replicas.unplaced} more replicas`)
  }
  for (const { cluster, reason, message, since, purge } of read?.evictions ?? []) {
    steps.add('engine', `move from ${cluster}`, 'waits', `${reason}: ${message} (${purge})`, formatTime(since))
    steps.waits(`the copy in ${cluster} to be replaced`)
  }
  const object = read?.workload.object
  const type = object === undefined ? undefined : typeOf(object)
  const getting = decision.deliveries.map(({ cluster }) => cluster)
  const id = read?.id ?? ''
  const told = byAgent && ((cluster: string) => byAgent(cluster, id))
  const copies =
    object === undefined || type === undefined
      ? new Map<string, CopySeen>()
      : await readCopies(inventory, type, object, getting, told)
  const deliveries = new Map(decision.deliveries.map((delivery) => [delivery.cluster, delivery]))
  const shown = decision.clusters.filter(({ selected }) => selected)
  for (const { cluster, why, replicas } of shown.slice(0, mostClusters)) {
    const delivery = deliveries.get(cluster)
    const copy = copies.get(cluster)
    const parts = [
      why.startsWith('gets') ? '' : replicas === undefined ? 'gets it' : `gets ${replicas}`,
      why,
      delivery !== undefined && delivery.overrides.length > 0 ? `overrides: ${delivery.overrides.join(', ')}` : '',
      delivery?.held === undefined ? '' : `held: ${delivery.held}`,
      copy?.words ?? '',
    ].filter((part) => part !== '')
    const held = delivery?.held !== undefined
    steps.add(
      'cluster',
      cluster,
      copy?.is === 'bad' ? 'bad' : held || (copy !== undefined && copy.is !== 'ok') ? 'waits' : 'ok',
      parts.join('; '),
    )
    if (held) steps.waits(`${cluster}: ${delivery.held}`)
    else if (copy?.is === 'missing') steps.waits(`${cluster} to get it`)
    else if (copy?.is === 'waits') steps.waits(`${cluster}: ${copy.words}`)
    else if (copy?.is === 'unseen') steps.waits(`${cluster} to be seen: ${copy.words}`)
  }
  if (shown.length > mostClusters) steps.add('cluster', 'more', 'info', `${shown.length - mostClusters} more clusters get it`)
  const left = new Map<string, string[]>()
  for (const { selected, cluster, why } of decision.clusters) if (!selected) left.set(why, [...(left.get(why) ?? []), cluster])
  for (const [why, names] of [...left].slice(0, 8)) steps.add('cluster', someOf(names), 'info', `left out: ${why}`)
  if (decision.removals.length > 0)
    steps.add('cluster', someOf(decision.removals), 'waits', 'had it and gets it no more: it is removed there')
}

interface LooseCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
}

function conditionsOf({ status }: KubeObject): LooseCondition[] {
  const list = isObject(status) ? status['conditions'] : undefined
  return Array.isArray(list)
    ? list.filter((each): each is LooseCondition => isObject(each) && typeof each['type'] === 'string')
    : []
}

import type { Clock } from '../../../base/clock.js'
import { compareText } from '../../../base/compare-text.js'
import { messageOf } from '../../../base/errors.js'
import { canonicalJson, equalJson } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import type { Inventory } from '../../../inventory/cluster.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { deliveryBuilder } from '../../placement/build-delivery.js'
import type { ClusterFacts, Delivery, PlacementDecision } from '../../placement/contract.js'
import { decidePlacement } from '../../placement/decide-placement.js'
import { bindStrategy } from '../../placement/division/division-rules.js'
import type { ClusterDirectory } from '../clusters/cluster-directory.js'
import type { ClusterOutcome, DeliveryRules, Eviction, Federated, MemberResult, Outcome, RetainedField } from '../contract.js'
import { carriedLabels } from '../failover/carried-labels.js'
import { digestOf, digestText } from '../member/digest.js'
import type { Autoscalers } from './autoscalers.js'
import type { Claims } from './claims.js'
import { completePrevious } from './complete-previous.js'
import type { EvictionDecider } from './decide-evictions.js'
import type { FleetMembers } from './fleet-members.js'
import { needsOf, roomNeeded } from './room-needed.js'
import { isRefused, noDecision, type SourceState } from './source-state.js'

export interface SourcePassOptions {
  readonly inventory: Inventory
  readonly directory: ClusterDirectory
  readonly members: FleetMembers
  readonly claims: Claims
  readonly autoscalers: Autoscalers
  readonly evictions: EvictionDecider
  /** Of a dialect: the lower goes first where two want the same object. */
  readonly rankOf: (dialect: string) => number
  readonly clock: Clock
  readonly log: Log
}

/** A cluster that answers and has not been read is waited for so long, from when it was first asked, before anything is decided without it. */
const patienceMs = 15_000

/** The steps of a pass that are the same for every dialect: decide, distribute, withdraw, gather what came of it. */
export class SourcePass {
  readonly #options: SourcePassOptions
  decisions = 0

  constructor(options: SourcePassOptions) {
    this.#options = options
  }

  /** Copies that are known now, by cluster. */
  copiesOf(state: SourceState): Map<string, KubeObject> {
    const copies = new Map<string, KubeObject>()
    for (const { name, member } of this.#options.members.values()) {
      const copy = member.copies()?.get(state.id) ?? (state.claimed.has(name) ? member.result(state.id)?.live : undefined)
      if (copy !== undefined) copies.set(name, copy)
    }
    return copies
  }

  /** Whether a decision would be made without knowing what is in a cluster that can be asked. */
  mustWait(state: SourceState, read: Federated): boolean {
    const { members, clock, directory } = this.#options
    members.wake()
    if (state.dirty) this.#noteRoom(state, read)
    const first = read.previous.replicas === undefined && state.decision === undefined
    if (!first && state.roomIn.size === 0) return false
    for (const place of members.values()) {
      if (!this.#answers(place.name)) continue
      const isPatient = (askedAt: number) => clock.now() - askedAt <= patienceMs
      const unread = place.member.copies() === undefined || directory.of(place.name)?.apis === undefined
      if (first && unread && isPatient(members.askedSince(place))) return true
      const noRoom = state.roomIn.has(place.name) && this.#freeIn(place.name, read) === undefined
      if (noRoom && isPatient(members.capacity(place.name)?.askedAt ?? 0)) return true
    }
    return false
  }

  /** Room is watched only in clusters that would be chosen if there were enough of it; those that were once stay watched. */
  #noteRoom(state: SourceState, read: Federated): void {
    if (roomNeeded(read) === undefined) {
      state.roomIn = new Set()
      return
    }
    const { clusters } = decidePlacement(read.workload, read.policies, this.#options.directory.facts, read.previous)
    const pass = clusters.filter(({ filters }) => filters.length > 0 && filters.every(({ passes }) => passes))
    state.roomIn = new Set([...state.roomIn, ...pass.map(({ cluster }) => cluster)])
  }

  /** Decides where it goes, anew only when something has changed. Returns when to look again although nothing has. */
  decide(state: SourceState, read: Federated, copies: ReadonlyMap<string, KubeObject>) {
    const { directory, autoscalers, clock, members } = this.#options
    const autoscaler =
      read.workload.autoscaler ?? (read.workload.replicas === undefined ? undefined : autoscalers.of(read.workload.object))
    const results = new Map(
      [...copies.keys(), ...state.claimed.keys()].map((name) => [name, members.get(name)?.member.result(state.id)]),
    )
    const {
      evictions,
      againAt,
      held = [],
    } = this.#options.evictions.decide({
      federated: read,
      clusters: state.roomIn.size > 0 ? this.#withRoom(state, read) : directory.facts,
      copies: results,
      blind: directory.blind,
      nowMs: clock.now(),
    })
    const previous = completePrevious(read, autoscaler, copies, evictions)
    const text = canonicalJson([{ ...previous, running: usesRunning(read) ? previous.running : undefined }, autoscaler])
    let { decision } = state
    if (decision === undefined || state.dirty || text !== state.previousText) {
      const workload = autoscaler === undefined ? read.workload : { ...read.workload, autoscaler }
      const facts = state.roomIn.size > 0 ? this.#withRoom(state, read) : directory.facts
      const before = decision
      decision = decidePlacement(workload, read.policies, facts, previous)
      this.decisions++
      state.decision = decision
      state.previousText = text
      // A decision that has come into force is mostly the same again.
      if (before === undefined || !sendsSame(before, decision)) state.dirty = true
      this.#askAgain(decision)
      if (state.roomIn.size > 0) this.#reserve(state, read, decision)
    }
    const carried = canonicalJson(carriedLabels(decision, evictions) ?? {})
    const hasLeft = state.leaves.size > 0 && ![...state.leaves].some((cluster) => this.#isLeaving(cluster, state, copies))
    if (state.carried !== carried || hasLeft) state.dirty = true
    state.carried = carried
    return { decision, evictions, autoscaler, againAt, held }
  }

  /** Declares to the members what they shall have, and what no more. */
  distribute(
    state: SourceState,
    read: Federated,
    decision: PlacementDecision,
    evictions: readonly Eviction[],
    autoscaler?: string,
  ): void {
    const { directory, members, claims, clock, rankOf } = this.#options
    state.troubles.clear()
    state.leaves.clear()
    if (read.paused !== undefined) return
    const { object: template } = read.workload
    const target = `${groupOf(template.apiVersion)}/${template.kind} ${template.metadata.namespace ?? ''}/${template.metadata.name}`
    const rank = `${String(rankOf(state.dialect.name)).padStart(4, '0')} ${state.id}`
    const trouble = (cluster: string, kind: 'Refused' | 'AlreadyExists' | 'Waiting', message: string) =>
      state.troubles.set(cluster, { state: kind, message, since: clock.now() })
    const rules = rulesOf(read, decision, autoscaler)
    const build = createBuilder(read)
    const copies = evictions.length === 0 ? undefined : this.copiesOf(state)
    const carried = carriedLabels(decision, evictions)
    for (const { cluster, purge } of evictions)
      if (purge === 'Directly' && copies !== undefined && this.#isLeaving(cluster, state, copies)) state.leaves.add(cluster)
    for (const delivery of decision.deliveries) {
      const { cluster } = delivery
      const place = members.get(cluster)
      const facts = directory.of(cluster)
      if (delivery.held !== undefined || place === undefined || facts === undefined) continue
      if (state.leaves.size > 0 && copies?.has(cluster) === false && !state.claimed.has(cluster)) {
        trouble(cluster, 'Waiting', `it goes there when it has left ${[...state.leaves].join(', ')}`)
        continue
      }
      const holder = claims.take(cluster, target, state.id, rank)
      if (holder !== undefined) {
        trouble(cluster, 'AlreadyExists', `${template.kind} ${template.metadata.name} goes there as the copy of ${holder}`)
        if (state.claimed.delete(cluster)) place.member.forget?.(state.id)
        continue
      }
      const built = build(facts, delivery)
      if ('problem' in built) {
        trouble(cluster, 'Refused', built.problem)
        continue
      }
      state.claimed.set(cluster, target)
      const { namespace } = read
      const object = carried?.cluster === cluster ? withLabels(built.object, carried.labels) : built.object
      place.member.want({ id: state.id, object, rules, ...(namespace === undefined ? {} : { namespace }) })
    }
    for (const cluster of decision.removals) {
      const stays = evictions.some((each) => each.cluster === cluster && each.purge !== 'Directly')
      if (!stays) this.withdraw(state, cluster, read.rules)
    }
  }

  /** Takes it from one cluster. */
  withdraw(state: SourceState, cluster: string, rules: DeliveryRules | undefined): void {
    const { members, claims } = this.#options
    members.get(cluster)?.member.drop(state.id, rules)
    const target = state.claimed.get(cluster)
    if (target === undefined) return
    state.claimed.delete(cluster)
    claims.release(cluster, target, state.id)
  }

  /** It goes from everywhere. Done when nothing is left, and no cluster that may have it is silent. */
  withdrawAll(state: SourceState, recorded: Readonly<Record<string, number>> | undefined): boolean {
    const { members, directory } = this.#options
    const read = state.read !== undefined && !isRefused(state.read) ? state.read : undefined
    let done = true
    const maybe = new Set([...state.claimed.keys(), ...Object.keys(recorded ?? {})])
    for (const { name, member } of members.values()) {
      const copies = member.copies()
      const had = copies === undefined ? maybe.has(name) : copies.has(state.id)
      if (had || state.claimed.has(name)) {
        this.withdraw(state, name, read?.rules)
        if (copies === undefined || member.copies()?.has(state.id) !== false) done = false
      } else if (copies === undefined && recorded === undefined) done = false
      if (member.result(state.id) !== undefined) done = false
    }
    // A cluster of the fleet without a client may have it, too; without a record any of them.
    for (const { name } of directory.facts)
      if (members.get(name) === undefined && (recorded === undefined || maybe.has(name))) done = false
    return done
  }

  /** Looks after it no longer, wherever it is. */
  letBe(state: SourceState): void {
    const { members, claims, evictions } = this.#options
    evictions.forget(state.id)
    for (const [cluster, target] of [...state.claimed]) {
      members.get(cluster)?.member.forget?.(state.id)
      state.claimed.delete(cluster)
      claims.release(cluster, target, state.id)
    }
  }

  /** What a pass came to. */
  outcomeOf(
    state: SourceState,
    source: KubeObject,
    read: Federated | undefined,
    found: {
      readonly decision?: PlacementDecision
      readonly evictions: readonly Eviction[]
      readonly copies: ReadonlyMap<string, KubeObject>
    },
    going?: { readonly done: boolean },
  ): Outcome {
    const decision = found.decision ?? noDecision(source, 'it is being deleted')
    const wanted = new Map(decision.deliveries.map((delivery) => [delivery.cluster, delivery]))
    const names = new Set([...wanted.keys(), ...found.copies.keys()])
    for (const { name, member } of this.#options.members.values()) if (member.result(state.id) !== undefined) names.add(name)
    for (const name of Object.keys(read?.previous.replicas ?? {}))
      if (this.#options.directory.of(name) !== undefined && !this.#answers(name)) names.add(name)
    const clusters = [...names].sort(compareText).map((cluster): ClusterOutcome => {
      const delivery = wanted.get(cluster)
      return {
        cluster,
        wanted: delivery !== undefined,
        ...(delivery?.replicas === undefined ? {} : { replicas: delivery.replicas }),
        ...(delivery?.held === undefined ? {} : { held: delivery.held }),
        result: this.#resultIn(state, cluster, found.copies.get(cluster)),
      }
    })
    return {
      decision,
      clusters,
      evictions: found.evictions,
      ...(going === undefined ? {} : { going }),
      digests: {
        template: read === undefined ? '' : digestOf(read.workload.object),
        overrides: digestText(canonicalJson(read?.policies.overrides ?? [])),
      },
    }
  }

  #resultIn(state: SourceState, cluster: string, live: KubeObject | undefined): MemberResult | undefined {
    const place = this.#options.members.get(cluster)
    const trouble = state.troubles.get(cluster)
    const copy = live === undefined ? {} : { live }
    if (trouble !== undefined && this.#answers(cluster)) {
      const { state: kind, message, since } = trouble
      return { state: kind, step: kind === 'Refused' ? 'override' : 'create', message, since, ...copy }
    }
    const result = place?.member.result(state.id)
    if (result !== undefined) return result
    const { health, message, since } = this.#options.inventory.state(cluster)
    if (place === undefined || health === 'Unknown' || health === 'Degraded')
      return { state: 'Unknown', step: 'none', message, since, ...copy }
    return live === undefined ? undefined : { state: 'Applied', step: 'none', message: '', since, live }
  }

  /** Whether a copy is there still, or again, that can be seen to go. */
  #isLeaving(cluster: string, { id }: SourceState, copies: ReadonlyMap<string, KubeObject>): boolean {
    return copies.has(cluster) && this.#answers(cluster) && this.#options.members.get(cluster)?.member.copies()?.has(id) === true
  }

  #answers(cluster: string): boolean {
    const { health } = this.#options.inventory.state(cluster)
    return health === 'Healthy' || health === 'Pending'
  }

  #withRoom({ roomIn }: SourceState, read: Federated): readonly ClusterFacts[] {
    return this.#options.directory.facts.map((facts) => {
      const free = roomIn.has(facts.name) ? this.#freeIn(facts.name, read) : undefined
      return free === undefined ? facts : { ...facts, free }
    })
  }

  #freeIn(cluster: string, read: Federated): number | undefined {
    const needs = needsOf(read)
    return needs && this.#options.members.capacity(cluster)?.free(needs.needs, needs.key)
  }

  #reserve({ roomIn }: SourceState, read: Federated, decision: PlacementDecision): void {
    const needs = needsOf(read)
    if (needs === undefined) return
    for (const { cluster, replicas = 0, previous = 0 } of decision.clusters) {
      if (replicas > previous && roomIn.has(cluster))
        this.#options.members.capacity(cluster)?.reserve(needs.needs, replicas - previous)
    }
  }

  /** A cluster that is refused for what it does not serve may serve it by now. */
  #askAgain(decision: PlacementDecision): void {
    for (const { cluster, filters } of decision.clusters) {
      if (filters.some(({ filter, passes }) => filter === 'apis' && !passes)) this.#options.members.askApis(cluster, true)
    }
  }
}

function withLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } }
}

function sendsSame(a: PlacementDecision, b: PlacementDecision): boolean {
  return equalJson(a.deliveries, b.deliveries) && equalJson(a.removals, b.removals)
}

function usesRunning(read: Federated): boolean {
  return read.policies.placements.some(({ placement }) => bindStrategy(placement.division).strategy.heedsRunning === true)
}

function rulesOf({ rules, workload }: Federated, decision: PlacementDecision, autoscaler: string | undefined): DeliveryRules {
  const more: RetainedField[] = []
  if (autoscaler !== undefined && !rules.retain.includes('replicas')) more.push('replicas')
  const { alongside } = workload
  if (alongside?.fixed === true && decision.deliveries.some(({ share }) => share !== undefined))
    more.push({ pointer: alongside.pointer })
  return more.length === 0 ? rules : { ...rules, retain: [...rules.retain, ...more] }
}

/** Objects for clusters; those that are the same are one object. */
function createBuilder({ workload, policies }: Federated) {
  const shared = new Map<string, { object: KubeObject }>()
  let build: ReturnType<typeof deliveryBuilder> | undefined
  return (facts: ClusterFacts, { replicas, share, overrides }: Delivery): { object: KubeObject } | { problem: string } => {
    const like = `${replicas}/${share}`
    const known = overrides.length > 0 ? undefined : shared.get(like)
    if (known !== undefined) return known
    try {
      build ??= deliveryBuilder(workload.object, policies.overrides, workload.revise, workload.alongside)
      const built = { object: build(facts, replicas, share) }
      if (overrides.length === 0) shared.set(like, built)
      return built
    } catch (error) {
      return { problem: `the overrides cannot be applied: ${messageOf(error)}` }
    }
  }
}

import type { Comparison, HealthStatus, ObjectState } from '../delivery.js'
import { isWorse } from '../health/health.js'
import { isSelfMarked, type LiveKind } from './live-kind.js'
import type { LiveObject } from './live-object.js'
import { identityOf, objectKeyOf } from './object-identity.js'
import { ownerOf } from './owner-of.js'
import type { Prepared } from './prepare.js'

/** Live objects of the delivery that are not desired: candidates for pruning. */
export function extrasOf(prepared: Prepared): LiveObject[] {
  const { delivery } = prepared
  const desired = new Set(prepared.entries.map((entry) => entry.identity))
  const owner = ownerOf(delivery)
  if (owner === undefined) return []
  const found = new Map<string, LiveObject>()
  for (const kind of prepared.kinds) {
    for (const live of kind.ofOwner(delivery.tracking, owner)) {
      const identity = liveIdentity(kind, live)
      if (desired.has(identity) || live.hook || live.owned) continue
      found.set(identity, live)
    }
  }
  return [...found.values()]
}

export function liveIdentity(kind: LiveKind, live: LiveObject): string {
  return identityOf({ group: kind.type.group, kind: live.kind, namespace: live.namespace, name: live.name })
}

/** Puts together how a delivery stands. Every entry that is live must have a verdict. Pure. */
export function decideComparison(
  prepared: Prepared,
  find: (identity: string, apiVersion: string) => LiveObject | undefined,
): Comparison {
  const objects: ObjectState[] = []
  const problems: { reason: string; message: string }[] = prepared.problems.map(({ reason, message }) => ({ reason, message }))
  const unmanaged = new Set(
    prepared.problems.filter((problem) => problem.reason === 'namespace-not-managed').map((problem) => problem.identity),
  )
  const unreadable = new Map<string, string>()
  for (const kind of prepared.kinds) {
    if (kind.problem === undefined) continue
    unreadable.set(`${kind.type.group}/${kind.type.kind}`, kind.problem)
    problems.push({ reason: 'kind-not-read', message: `${kind.type.plural} cannot be read: ${kind.problem}` })
  }

  for (const entry of prepared.entries) {
    const key = objectKeyOf(entry.object)
    const live = find(entry.identity, entry.object.apiVersion)
    const unknown = unmanaged.has(entry.identity) || unreadable.has(`${key.group}/${key.kind}`)
    const shared = live === undefined ? undefined : otherOwner(prepared, live)
    if (shared !== undefined) {
      problems.push({
        reason: 'shared-resource',
        message: `${key.kind}/${key.name} is part of applications ${shared} and ${entry.owner}`,
      })
    }
    objects.push({
      ...key,
      sync: unknown ? 'Unknown' : live !== undefined && entry.verdict?.inSync ? 'Synced' : 'OutOfSync',
      health: live === undefined ? (unknown ? undefined : { status: 'Missing' }) : live.health,
      requiresPrune: false,
      live: live !== undefined,
      wave: entry.directives.wave,
      hook: false,
      differences: live === undefined ? [] : (entry.verdict?.paths ?? []),
    })
  }
  for (const live of extrasOf(prepared)) {
    // What is going already needs no pruning any more: it only takes its time.
    const prune = !live.ignoreExtraneous && !live.deleting
    const slash = live.apiVersion.indexOf('/')
    objects.push({
      group: slash < 0 ? '' : live.apiVersion.slice(0, slash),
      version: live.apiVersion.slice(slash + 1),
      kind: live.kind,
      namespace: live.namespace,
      name: live.name,
      sync: prune ? 'OutOfSync' : 'Synced',
      health: live.health,
      requiresPrune: prune,
      live: true,
      wave: live.wave,
      hook: false,
      differences: [],
    })
  }
  const ignoreHealth = new Set(prepared.entries.filter((entry) => entry.directives.ignoresHealth).map((entry) => entry.identity))
  const ignoreSync = new Set(prepared.entries.filter((entry) => entry.directives.ignoreExtraneous).map((entry) => entry.identity))
  return {
    sync: worstSync(objects, ignoreSync),
    health: worstHealth(
      objects,
      (state) => ignoreHealth.has(identityOf(state)) || find(identityOf(state), '')?.ignoreHealth === true,
    ),
    objects,
    problems: dedupe(problems),
  }
}

function otherOwner(prepared: Prepared, live: LiveObject): string | undefined {
  const { tracking } = prepared.delivery
  const value = live.marks[tracking.annotation]
  if (value === undefined || isSelfMarked(live, tracking)) return undefined
  const owner = tracking.owner(value)
  const ours = ownerOf(prepared.delivery)
  if (owner === undefined || owner === ours) return undefined
  // Only a mark that is about this object counts: with the owner's name exchanged it has to read as ours would.
  const own = tracking.value({
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: { name: live.name, ...(live.namespace === '' ? {} : { namespace: live.namespace }) },
  })
  return value.slice(owner.length) === own.slice((ours ?? '').length) ? owner : undefined
}

function worstSync(objects: readonly ObjectState[], ignored: ReadonlySet<string>): Comparison['sync'] {
  let worst: Comparison['sync'] = 'Synced'
  for (const state of objects) {
    if (ignored.has(identityOf(state))) continue
    if (state.sync === 'Unknown') return 'Unknown'
    if (state.sync === 'OutOfSync') worst = 'OutOfSync'
  }
  return worst
}

/** The worst of the objects; missing ones count only when nothing is there at all, as upstream. */
function worstHealth(objects: readonly ObjectState[], ignored: (state: ObjectState) => boolean): Comparison['health'] {
  let worst: HealthStatus = 'Healthy'
  let live = false
  let missing = false
  for (const state of objects) {
    if (state.live) live = true
    // What is to be pruned says nothing of how the application is.
    if (state.health === undefined || state.requiresPrune || ignored(state)) continue
    if (state.health.status === 'Missing') missing = true
    else if (isWorse(state.health.status, worst)) worst = state.health.status
  }
  if (missing && !live) return { status: 'Missing' }
  return { status: worst }
}

function dedupe(problems: readonly { reason: string; message: string }[]): { reason: string; message: string }[] {
  const seen = new Set<string>()
  return problems.filter(({ reason, message }) => !seen.has(`${reason}\0${message}`) && seen.add(`${reason}\0${message}`))
}

/** How a delivery stands on a cluster of which nothing is known now. */
export function unknownComparison(problem: { reason: string; message: string }): Comparison {
  return {
    sync: 'Unknown',
    health: { status: 'Unknown', message: problem.message },
    objects: [],
    problems: [problem],
  }
}

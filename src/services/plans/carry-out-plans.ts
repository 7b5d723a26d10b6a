import { type Clock, formatTime } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isAlreadyExists, isConflict, isNotFound } from '../../kube/object/status-error.js'
import type { CreatedCatalogue } from '../catalogue/create-catalogue.js'
import { hubPlace, type Lookup, type PlannedWrite, type Planner } from '../model/planned-write.js'

export interface PlansOptions {
  readonly planners: readonly Planner[]
  readonly catalogue: Pick<CreatedCatalogue, 'facts' | 'onCluster' | 'onHub' | 'onMember'>
  readonly inventory: Inventory
  readonly hub: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface Plans {
  /** Writes since the start. */
  readonly writes: number
  /** Nothing is planned or on its way. */
  readonly idle: boolean
}

const fieldManager = 'flotilla-services'
/** Changes that come together are planned together. */
const gatherMs = 30
/** After a failure, and while a write is not seen in the caches yet. */
const againMs = 500
const seenWithinMs = 5000
const handsAtOnce = 16

interface Unseen {
  readonly place: string
  readonly type: ResourceType
  readonly object: KubeObject
  readonly action: PlannedWrite['action']
}

/**
 * Carries out the plans of dialects: whenever something has changed, what they want is compared with what is there. Nothing is
 * planned on what is known to be stale: after writes it waits until the caches show them.
 */
export function carryOutPlans(options: PlansOptions): Plans {
  const { planners, catalogue, clock, log, signal } = options
  const reading = new Set<Planner>()
  const planned = new Set(planners.flatMap((planner) => planner.memberKinds.map(({ kind }) => kind)))
  let unseen: Unseen[] = []
  let unseenSince = 0
  let due: (() => void) | undefined
  let working = false
  let again = false
  let writes = 0

  function soon(delayMs = gatherMs): void {
    if (signal.aborted) return
    if (working) {
      again = true
      return
    }
    due ??= clock.after(delayMs, () => {
      due = undefined
      working = true
      void work()
        .catch((error: unknown) => log.error('a plan failed', { error: messageOf(error) }))
        .finally(() => {
          working = false
          if (!again) return
          again = false
          soon()
        })
    })
  }

  async function work(): Promise<void> {
    const needed = planners.filter((planner) => planner.isNeeded(catalogue.facts))
    for (const planner of needed) {
      if (reading.has(planner)) continue
      reading.add(planner)
      catalogue.facts.readAlso(planner.memberKinds)
    }
    // Those that were needed clean up behind them.
    const active = planners.filter((planner) => reading.has(planner))
    if (active.length === 0) return
    if (!allSeen()) {
      clock.after(againMs, () => soon())
      return
    }
    let failed = false
    for (const planner of active) failed = !(await carryOut(planner)) || failed
    if (failed) clock.after(againMs, () => soon())
  }

  async function carryOut(planner: Planner): Promise<boolean> {
    const { facts } = catalogue
    const found = new Map<string, KubeObject | undefined>()
    try {
      for (const lookup of planner.lookups(facts)) found.set(keyOf(lookup), await look(lookup))
    } catch (error) {
      log.warn('cannot read what a plan needs', { plan: planner.name, error: messageOf(error) })
      return false
    }
    const now = formatTime(clock.now())
    const list = [...planner.plan({ fleet: facts, now, lookedUp: (lookup) => found.get(keyOf(lookup)) })]
    let fine = true
    const hands = Array.from({ length: Math.min(handsAtOnce, list.length) }, async () => {
      for (let next = list.shift(); next !== undefined; next = list.shift()) fine = (await carry(planner, next)) && fine
    })
    await Promise.all(hands)
    return fine
  }

  async function look({ place, type, namespace, name }: Lookup): Promise<KubeObject | undefined> {
    try {
      return await clientOf(place).get({ type, namespace, name }, { signal })
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async function carry(planner: Planner, write: PlannedWrite): Promise<boolean> {
    try {
      const object = await send(write)
      writes++
      if (unseen.length === 0) unseenSince = clock.now()
      unseen.push({ place: write.place, type: write.type, object, action: write.action })
      return true
    } catch (error) {
      const { metadata } = write.action === 'create' ? write.object : write.seen
      const fields = {
        plan: planner.name,
        cluster: write.place,
        object: `${write.type.kind} ${metadata.namespace ?? ''}/${metadata.name}`,
      }
      // The caches tell soon what somebody else did.
      if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) log.debug('an object changed meanwhile', fields)
      else log.warn('cannot write what a plan wants', { ...fields, error: messageOf(error) })
      return false
    }
  }

  async function send(write: PlannedWrite): Promise<KubeObject> {
    const client = clientOf(write.place)
    if (write.action === 'create') return client.create(write.type, write.object, { fieldManager, signal })
    const { namespace, name, uid, resourceVersion } = write.seen.metadata
    const target = { type: write.type, name, ...(namespace === undefined ? {} : { namespace }) }
    if (write.action === 'delete') {
      await client.delete(target, { ...(uid === undefined ? {} : { preconditions: { uid } }), signal })
      return write.seen
    }
    const metadata = { ...(write.body['metadata'] as object | undefined), resourceVersion }
    const patch = { kind: 'merge', body: { ...write.body, metadata } } as const
    const on = write.subresource === undefined ? target : { ...target, subresource: write.subresource }
    return client.patch(on, patch, { fieldManager, signal })
  }

  function clientOf(place: string): KubeClient {
    return place === hubPlace ? options.hub : options.inventory.client(place)
  }

  /** Whether the caches show what was written; after some time it is believed that they never will. */
  function allSeen(): boolean {
    if (unseen.length > 0 && clock.now() - unseenSince > seenWithinMs) unseen = []
    unseen = unseen.filter((each) => !isSeen(each))
    return unseen.length === 0
  }

  function isSeen({ place, type, object, action }: Unseen): boolean {
    const { namespace, name, uid, resourceVersion } = object.metadata
    const where = namespace === undefined ? { name } : { namespace, name }
    const cluster = catalogue.facts.cluster(place)
    if (place !== hubPlace && cluster === undefined) return true
    // Kinds that no cache holds are looked up each time.
    if (!planned.has(type.kind) && type.kind !== 'Service') return true
    const [seen] = place === hubPlace ? catalogue.facts.hubObjects(type, where) : cluster!.objects(type, where)
    if (action === 'delete') return seen?.metadata.uid !== uid
    return seen !== undefined && (seen.metadata.uid !== uid || Number(seen.metadata.resourceVersion) >= Number(resourceVersion))
  }

  const off = [
    catalogue.onCluster(() => soon()),
    catalogue.onHub(() => soon()),
    catalogue.onMember((_cluster, { kind }) => {
      if (reading.size > 0 && (planned.has(kind) || kind === 'Namespace' || kind === 'Service' || kind === 'ServiceExport'))
        soon()
    }),
  ]
  signal.addEventListener(
    'abort',
    () => {
      for (const each of off) each()
    },
    { once: true },
  )
  soon()
  return {
    get writes() {
      return writes
    },
    get idle() {
      return due === undefined && !working
    },
  }
}

function keyOf({ place, type, namespace, name }: Lookup): string {
  return JSON.stringify([place, type.group, type.kind, namespace, name])
}

import type { Clock } from '../../base/clock.js'
import { compareText } from '../../base/compare-text.js'
import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import { createResourceCatalogue } from '../../kube/client/resource-catalogue.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { FleetMember, FleetMembers } from './fleet-members.js'
import { atOnce, inOrder } from './in-order.js'

/** How long a member is waited for that has not told yet what it serves. */
const patienceMs = 2_000
/** What members serve is asked again when somebody looks and it is older than this. */
const freshMs = 30_000

interface Merged {
  readonly of: readonly (ResourceCatalogue | undefined)[]
  readonly catalogue: ResourceCatalogue
}

const merged = new WeakMap<FleetMembers, Merged>()
const asked = new WeakMap<FleetMembers, number>()

/** What each member serves; members that cannot be asked are left out. Nothing is asked while nobody looks. */
export async function readCatalogues(
  members: FleetMembers,
  clock: Clock,
): Promise<readonly { readonly member: FleetMember; readonly catalogue: ResourceCatalogue }[]> {
  const last = asked.get(members)
  const refresh = last !== undefined && clock.now() - last > freshMs
  if (last === undefined || refresh) asked.set(members, clock.now())
  const read = await inOrder(members.list(), atOnce, async (member) => {
    const silent = member.state().health === 'Unknown'
    const ask = () => member.resources(refresh && !silent ? { refresh } : {})
    const catalogue = await inTime(clock, silent ? 200 : patienceMs, ask)
    return catalogue === undefined ? undefined : { member, catalogue }
  })
  return read.filter((each) => each !== undefined)
}

/** Everything that any member serves. The value stays the same as long as what the members serve does. */
export async function mergedCatalogue(members: FleetMembers, clock: Clock): Promise<ResourceCatalogue> {
  const of = (await readCatalogues(members, clock)).map(({ catalogue }) => catalogue)
  const known = merged.get(members)
  if (known !== undefined && known.of.length === of.length && known.of.every((each, index) => each === of[index]))
    return known.catalogue
  const catalogue = mergeCatalogues(of)
  // The same text again is the same to clients, who keep it by its hash.
  if (known !== undefined && JSON.stringify(known.catalogue.all) === JSON.stringify(catalogue.all)) {
    merged.set(members, { of, catalogue: known.catalogue })
    return known.catalogue
  }
  merged.set(members, { of, catalogue })
  return catalogue
}

/**
 * The union. A resource is as the first says that has it, with the verbs and subresources of all; versions of a group stand in
 * the order of the first that has them.
 */
export function mergeCatalogues(catalogues: readonly ResourceCatalogue[]): ResourceCatalogue {
  const types = new Map<string, ResourceType>()
  const groups = new Map<string, number>()
  for (const { all } of catalogues) {
    for (const type of all) {
      if (!groups.has(type.group)) groups.set(type.group, groups.size)
      const key = `${type.group}/${type.version}/${type.plural}`
      const known = types.get(key)
      types.set(key, known === undefined || known === type ? type : union(known, type))
    }
  }
  const sorted = [...types.values()].sort((a, b) => groups.get(a.group)! - groups.get(b.group)!)
  return createResourceCatalogue(sorted)
}

function union(known: ResourceType, other: ResourceType): ResourceType {
  const verbs = both(known.verbs, other.verbs)
  const subresources = both(known.subresources, other.subresources)
  return { ...known, ...(verbs ? { verbs } : {}), ...(subresources ? { subresources } : {}) }
}

function both(a: readonly string[] | undefined, b: readonly string[] | undefined): readonly string[] | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return b.every((each) => a.includes(each)) ? a : [...new Set([...a, ...b])].sort(compareText)
}

/** Undefined when there is no answer by then, or none at all. */
function inTime<T>(clock: Clock, delayMs: number, ask: () => Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(delayMs, () => resolve(undefined))
    const done = (answer: T | undefined) => {
      cancel()
      resolve(answer)
    }
    Promise.resolve()
      .then(ask)
      .then(done, () => done(undefined))
  })
}

import { Waiting } from '../../base/errors.js'
import { equalJson } from '../../base/json.js'
import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import { apiVersionOf, groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { SchemaCatalogue } from '../../kube/schema/schema-node.js'
import type { Delivery } from '../delivery.js'
import type { HookDirectives, ObjectDirectives } from '../directives.js'
import type { ClusterView } from './cluster-view.js'
import { comparable, type DesiredEntry } from './desired-entry.js'
import { ignoredFieldsFor } from './ignore-differences.js'
import type { LiveKind } from './live-kind.js'
import { identityOf, objectKeyOf, placeObject } from './object-identity.js'
import { ownerOf } from './owner-of.js'

/** An object that a sync runs in phases. */
export interface PreparedHook {
  readonly object: KubeObject
  readonly directives: ObjectDirectives & { readonly hook: HookDirectives }
}

/** A delivery made ready for one cluster: kinds resolved, objects placed and marked, watches running. */
export interface Prepared {
  readonly delivery: Delivery
  readonly catalogue: ResourceCatalogue
  /** In source order, without hooks. */
  readonly entries: readonly DesiredEntry[]
  /** Placed. */
  readonly hooks: readonly PreparedHook[]
  /** By identity; undefined for what is not served. */
  readonly types: ReadonlyMap<string, ResourceType | undefined>
  /** Every kind that can hold an object of the delivery, once for each group and kind. */
  readonly kinds: readonly LiveKind[]
  readonly problems: readonly { readonly reason: string; readonly message: string; readonly identity?: string }[]
}

/**
 * Prepares, or returns `before` when nothing has changed since. Desired objects are known to the view before the watches of
 * their kinds start, so that the first state can be judged as it comes in.
 */
export async function prepareDelivery(
  view: ClusterView,
  delivery: Delivery,
  before: Prepared | undefined,
  schemas: SchemaCatalogue,
): Promise<Prepared> {
  const wanted = delivery.objects
  // A kind that cannot be read may be served no more: its definition has been deleted.
  const doubtful = (catalogue: ResourceCatalogue) =>
    before?.kinds.some((kind) => kind.problem !== undefined) ||
    wanted.some((object) => catalogue.forKind(object.apiVersion, object.kind) === undefined)
  const catalogue = await view.catalogue(doubtful)
  if (
    before !== undefined &&
    before.catalogue === catalogue &&
    before.delivery.digest === delivery.digest &&
    before.delivery.namespace === delivery.namespace &&
    equalJson(before.delivery.ignoreDifferences, delivery.ignoreDifferences) &&
    equalJson(before.delivery.kinds ?? [], delivery.kinds ?? [])
  ) {
    return before
  }
  const problems: { reason: string; message: string; identity?: string }[] = []
  const types = new Map<string, ResourceType | undefined>()
  const old = new Map(before?.entries.map((entry) => [entry.identity, entry]))
  const sameRules = before !== undefined && equalJson(before.delivery.ignoreDifferences, delivery.ignoreDifferences)
  const entries = new Map<string, DesiredEntry>()
  const found: PreparedHook[] = []
  const kinds = new Map<string, LiveKind>()
  const watch = (type: ResourceType) => {
    const group = `${type.group}/${type.kind}`
    if (!kinds.has(group)) kinds.set(group, view.watch(type))
    else view.watch(type)
  }

  for (const object of wanted) {
    const type = catalogue.forKind(object.apiVersion, object.kind)
    // A version that is not served is still of a kind that may be: its objects are where those of the other versions are, and
    // an object taken for another than the one that is there would have that one pruned.
    const scope = type ?? typeForHint(catalogue, { group: groupOf(object.apiVersion), kind: object.kind })
    const placed = comparable(placeObject(object, scope, delivery.namespace))
    const key = objectKeyOf(placed)
    const identity = identityOf(key)
    types.set(identity, type)
    const directives = view.directives.read(placed)
    const { hook } = directives
    if (hook !== undefined) {
      if (hook.types.length > 0) found.push({ object: placed, directives: { ...directives, hook } })
      continue
    }
    const refused = scopeProblem(view, type, key)
    if (refused) problems.push({ reason: 'namespace-not-managed', message: refused, identity })
    const known = old.get(identity)
    if (known && sameRules && equalJson(known.object, placed)) {
      entries.set(identity, known)
      continue
    }
    const ignored = ignoredFieldsFor(placed, delivery.ignoreDifferences)
    for (const message of ignored?.problems ?? []) problems.push({ reason: 'ignore-differences', message, identity })
    const owner = delivery.tracking.owner(delivery.tracking.value(placed)) ?? delivery.id
    entries.set(identity, {
      delivery: delivery.id,
      owner,
      object: placed,
      marked: delivery.tracking.mark(placed),
      directives,
      identity,
      schema: schemas.forKind(placed.apiVersion, placed.kind),
      ignored,
      verdict: undefined,
    })
  }
  const ownHooks = found.filter((hook) => !hook.directives.hook.borrowed)
  const hooks = ownHooks.length > 0 ? ownHooks : found
  for (const entry of before?.entries ?? []) if (entries.get(entry.identity) !== entry) view.removeDesired(entry)
  for (const entry of entries.values()) view.addDesired(entry)
  for (const [identity, type] of types) if (type && entries.has(identity)) watch(type)
  // A hook's progress is seen through a watch as well.
  for (const hook of hooks) {
    const type = types.get(identityOf(objectKeyOf(hook.object)))
    if (type) watch(type)
  }
  for (const hint of delivery.kinds ?? []) {
    const type = typeForHint(catalogue, hint)
    if (type) watch(type)
  }
  // A kind that is no longer wanted is looked at for as long as something of it is left to prune.
  const owner = ownerOf(delivery)
  for (const kind of before?.kinds ?? []) {
    const served = catalogue.forKind(apiVersionOf(kind.type.group, kind.type.version), kind.type.kind)
    const left = !kind.synced || (owner !== undefined && kind.ofOwner(delivery.tracking, owner).length > 0)
    if (served && left) watch(served)
  }
  return { delivery, catalogue, entries: [...entries.values()], hooks, types, kinds: [...kinds.values()], problems }
}

/** The kind in the version given, or in any version. */
export function typeForHint(
  catalogue: ResourceCatalogue,
  hint: { group: string; version?: string; kind: string },
): ResourceType | undefined {
  const exact = hint.version ? catalogue.forKind(apiVersionOf(hint.group, hint.version), hint.kind) : undefined
  return exact ?? catalogue.all.find((type) => type.group === hint.group && type.kind === hint.kind)
}

/** Why the object is outside of what the cluster's definition lets Flotilla manage. */
function scopeProblem(
  view: ClusterView,
  type: ResourceType | undefined,
  key: { kind: string; namespace: string; name: string },
): string | undefined {
  const { namespaces, clusterResources } = view.cluster
  if (type?.namespaced && key.namespace === '') return `Namespace for ${key.kind} "${key.name}" is missing.`
  if (namespaces.length === 0) return undefined
  if (type && !type.namespaced) {
    if (clusterResources) return undefined
    return `Cluster level ${key.kind} "${key.name}" can not be managed when in namespaced mode`
  }
  if (namespaces.includes(key.namespace)) return undefined
  return `Namespace "${key.namespace}" for ${key.kind} "${key.name}" is not managed`
}

/** Throws Waiting unless every kind is complete and up to date: nothing may be concluded from what is missing otherwise. */
export async function requireComplete(view: ClusterView, prepared: Prepared, waitMs: number): Promise<void> {
  if (!(await view.synced(prepared.kinds, waitMs)))
    throw new Waiting({
      code: 'cluster-not-read',
      message: `the state of cluster ${view.name} is still being read`,
      retryAfterMs: 1000,
    })
  for (const kind of prepared.kinds) {
    if (kind.problem !== undefined)
      throw new Waiting({
        code: 'cluster-not-read',
        message: `the ${kind.type.plural} of cluster ${view.name} cannot be read: ${kind.problem}`,
        retryAfterMs: 2000,
      })
  }
}

/** What is missing for a kind that the cluster does not serve. */
export function explainUnserved(catalogue: ResourceCatalogue, object: KubeObject): string {
  const group = groupOf(object.apiVersion)
  const others = catalogue.all
    .filter((type) => type.group === group && type.kind === object.kind)
    .map((type) => apiVersionOf(type.group, type.version))
  const where = object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name
  const base = `The Kubernetes API could not find ${group}/${object.kind} for requested resource ${where}.`
  return others.length > 0
    ? `${base} The destination cluster serves ${object.kind} as ${[...new Set(others)].join(', ')}, not as ${object.apiVersion}: change apiVersion.`
    : `${base} Make sure the "${object.kind}" CRD is installed on the destination cluster.`
}

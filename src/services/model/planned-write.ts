import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { FleetFacts } from './service-dialect.js'

/** The name that the hub has among places of objects. */
export const hubPlace = 'hub'

/** The name of the hub among the clusters of the fleet. */
export const hubAsMember = 'in-cluster'

/** One write that brings a cluster, or the hub, to what a plan wants. */
export type PlannedWrite = { readonly place: string; readonly type: ResourceType } & (
  | { readonly action: 'create'; readonly object: KubeObject }
  /** A merge patch on the object as it was seen; `subresource`: on its status. */
  | {
      readonly action: 'patch'
      readonly seen: KubeObject
      readonly body: Readonly<Record<string, unknown>>
      readonly subresource?: 'status'
    }
  | { readonly action: 'delete'; readonly seen: KubeObject }
)

/** A single object that a plan has to know and that no cache holds. */
export interface Lookup {
  readonly place: string
  readonly type: ResourceType
  readonly namespace: string
  readonly name: string
}

export interface PlanFacts {
  readonly fleet: FleetFacts
  /** RFC 3339, for conditions that change now. */
  readonly now: string
  /** Undefined: there is none. */
  lookedUp(lookup: Lookup): KubeObject | undefined
}

/**
 * What objects a dialect wants in clusters beside those that every service has. Pure: the same facts give the same writes, and
 * once these are done, none.
 */
export interface Planner {
  readonly name: string
  /** Kinds that are read on members once something is to be planned, beside those that the catalogue reads anyway. */
  readonly memberKinds: readonly ResourceType[]
  /** Whether there is anything to plan: asked whenever something has changed, so it must be cheap. */
  isNeeded(fleet: FleetFacts): boolean
  lookups(fleet: FleetFacts): readonly Lookup[]
  plan(facts: PlanFacts): readonly PlannedWrite[]
}

import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { PlacementDecision } from '../../placement/contract.js'
import type { Federated, FederationDialect, ObjectRef, Outcome, Refused } from '../contract.js'

/** What the engine knows of one source. Everything but `id` can be read again after a restart. */
export interface SourceState {
  readonly key: string
  readonly dialect: FederationDialect
  readonly ref: ObjectRef
  id: string
  /** Something that the decision rests on may have changed. */
  dirty: boolean
  read: Federated | Refused | undefined
  decision: PlacementDecision | undefined
  /** What the decision was made of, beside what was read. */
  previousText: string
  outcome: Outcome | undefined
  /** Clusters that it was wanted in, with the object there that it claims. */
  readonly claimed: Map<string, string>
  /** Clusters for which no object could be made, or whose object is another's: why. */
  readonly troubles: Map<
    string,
    { readonly state: 'Refused' | 'AlreadyExists' | 'Waiting'; readonly message: string; readonly since: number }
  >
  /** Clusters that it leaves directly: others get it when it has gone there. */
  readonly leaves: Set<string>
  /** What was carried over from an old copy to the new one, as it was last sent. */
  carried: string
  /** Warnings that were told. */
  readonly told: Set<string>
  /** The workload by its key, for autoscalers. */
  workload: string | undefined
  /** Clusters whose room has a say; empty where none is asked for. */
  roomIn: ReadonlySet<string>
}

/** How one source stands, for those who want to look. */
export interface SourceView {
  readonly id: string
  readonly dialect: string
  readonly ref: ObjectRef
  readonly read: Federated | Refused | undefined
  readonly decision: PlacementDecision | undefined
  readonly outcome: Outcome | undefined
}

export function newState(key: string, dialect: FederationDialect, ref: ObjectRef, id: string): SourceState {
  return {
    key,
    dialect,
    ref,
    id,
    dirty: true,
    read: undefined,
    decision: undefined,
    previousText: '',
    outcome: undefined,
    claimed: new Map(),
    troubles: new Map(),
    leaves: new Set(),
    carried: '',
    told: new Set(),
    workload: undefined,
    roomIn: new Set(),
  }
}

export function isRefused(read: Federated | Refused): read is Refused {
  return 'problem' in read
}

/** Whether the decision depends on which clusters answer. */
export function heedsReady({ read, outcome }: SourceState): boolean {
  // What is going waits for clusters that may have a copy.
  if (read === undefined || outcome?.going !== undefined) return true
  if (isRefused(read)) return false
  if (read.failover !== undefined || (outcome?.evictions.length ?? 0) > 0) return true
  return read.policies.placements.some(({ placement }) => placement.onlyReady === true)
}

/** The decision about what is going away: nothing is wanted anywhere. */
export function noDecision(source: KubeObject, why: string): PlacementDecision {
  const { namespace, name } = source.metadata
  return {
    workload: `${source.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`,
    outcome: 'not placed',
    reasons: [why],
    policies: [],
    groups: [],
    clusters: [],
    deliveries: [],
    removals: [],
    replicas: { placed: 0, unplaced: 0, moved: 0 },
  }
}

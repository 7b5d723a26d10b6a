import type {
  Federated,
  FederationDialect,
  HubFacts,
  ObjectRef,
  Problem,
  Refused,
} from '../../../delivery/federation/contract.js'
import type { AffinityGroup, PlacementPolicy } from '../../../delivery/placement/contract.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { placementDecisionType } from '../resource-types.js'
import { clusterProfileType, followDecision, isSliceOf } from './follow-decision.js'
import { dropSlices, holderOfKey, publishDecision, schedulerName } from './publish-decision.js'

/** On an object of the hub: where it goes is published as PlacementDecisions with this key, in its namespace. */
export const publishAnnotation = 'flotilla.dev/publish-decision'
/** On an object of the hub: another scheduler's PlacementDecisions with this key narrow where it goes. */
export const followAnnotation = 'flotilla.dev/decision-from'

/** A dialect without words of its own for PlacementDecisions: two annotations have its objects publish and follow them. */
export function withDecisions(dialect: FederationDialect): FederationDialect {
  return {
    ...dialect,
    hubKinds: [...dialect.hubKinds, placementDecisionType, clusterProfileType],
    touches(object, hub) {
      const isOurs = groupOf(object.apiVersion) === placementDecisionType.group
      if (isOurs && object.kind === placementDecisionType.kind) return followers(dialect, object, hub)
      return isOurs && object.kind === clusterProfileType.kind ? [] : dialect.touches(object, hub)
    },
    read(source, hub) {
      const read = dialect.read(source, hub)
      return read === undefined || 'problem' in read ? read : follow(source, read, hub)
    },
    report(source, read, outcome, hub) {
      const writes = dialect.report(source, read, outcome, hub)
      if (outcome === undefined || 'problem' in read || source.metadata.namespace === undefined) return writes
      const key = source.metadata.annotations?.[publishAnnotation] ?? ''
      const going = source.metadata.deletionTimestamp !== undefined
      if (key === '' || going) return [...writes, ...dropSlices(source, hub)]
      if (holderOfKey(source, key, hub) !== undefined) return writes
      const clusters = outcome.decision.clusters.filter((each) => each.selected).map(({ cluster }) => cluster)
      // A decision that cannot be made says nothing: what was published stays.
      if (clusters.length === 0 && outcome.decision.removals.length === 0) return writes
      return [...writes, ...publishDecision(source, key, clusters, hub)]
    },
  }
}

/** Objects that follow a decision. Our own are followed by nobody: that would be a circle. */
function followers(dialect: FederationDialect, slice: KubeObject, hub: HubFacts): readonly ObjectRef[] {
  const { namespace = '' } = slice.metadata
  if (!isOfAnother(slice)) return []
  return dialect.sourceKinds(hub).flatMap((type) => {
    if (!type.namespaced) return []
    return hub.objects(type, { namespace }).flatMap(({ metadata: { name, annotations } }) => {
      const key = annotations?.[followAnnotation] ?? ''
      return key !== '' && isSliceOf(slice, key) ? [{ type, namespace, name }] : []
    })
  })
}

function isOfAnother(slice: KubeObject): boolean {
  return slice['schedulerName'] !== schedulerName
}

function follow(source: KubeObject, read: Federated, hub: HubFacts): Federated | Refused {
  const { namespace, annotations = {} } = source.metadata
  const warnings: Problem[] = []
  const published = annotations[publishAnnotation] ?? ''
  const holder = published === '' || namespace === undefined ? undefined : holderOfKey(source, published, hub)
  if (holder !== undefined)
    warnings.push({
      reason: 'DecisionKeyTaken',
      message: `${publishAnnotation}: ${published}: PlacementDecision ${published}-0 is that of ${holder}: choose another key`,
    })
  const told = warnings.length === 0 ? read : { ...read, warnings: [...(read.warnings ?? []), ...warnings] }
  const key = annotations[followAnnotation] ?? ''
  if (key === '' || namespace === undefined) return told
  const clusters = followDecision(hub, namespace, key, isOfAnother)
  if (clusters === undefined) {
    const message = `${followAnnotation}: ${key}: no PlacementDecision of another scheduler in ${namespace} has that decision-key or name: what is in clusters stays as it is until its scheduler has written one; correct or remove the annotation`
    return { id: read.id, problem: { reason: 'DecisionMissing', message }, ...(read.warnings ? { warnings: read.warnings } : {}) }
  }
  const placements = told.policies.placements.map((policy) => among(policy, clusters, key))
  return { ...told, policies: { ...told.policies, placements } }
}

/** No cluster is called so: a decision that names none is followed, too. */
const nobody = ''

function among(policy: PlacementPolicy, clusters: readonly string[], key: string): PlacementPolicy {
  const narrow = <Group extends AffinityGroup>(group: Group): Group => {
    const names =
      group.names === undefined || group.names.length === 0 ? clusters : clusters.filter((each) => group.names?.includes(each))
    return { ...group, names: names.length === 0 ? [nobody] : names }
  }
  const { groups = [] } = policy.placement
  const narrowed =
    groups.length === 0
      ? [narrow({ name: `decision ${key}` })]
      : groups.map((group) => ({
          ...narrow(group),
          ...(group.overflow === undefined ? {} : { overflow: group.overflow.map(narrow) }),
        }))
  return { ...policy, placement: { ...policy.placement, groups: narrowed } }
}

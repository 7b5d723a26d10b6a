import type { FederationDialect, HubFacts, ObjectRef } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { clusterProfileType, isSliceOf } from './decisions/follow-decision.js'
import { type PlacementObject, placementLabel, placementNamespaceLabel } from './placement-kind.js'
import { readObject } from './read-object.js'
import { readPlacement } from './read-placement.js'
import { reportObject } from './report-object.js'
import { reportPlacement } from './report-placement.js'
import { placementDecisionType, placementType } from './resource-types.js'
import { placementOf, scalerType } from './which-placement.js'

/** Kinds whose objects may carry the label; Placements name others in `spec.kinds`. */
export const placedKinds: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'ServiceAccount'],
  ['v1', 'PersistentVolumeClaim'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['rbac.authorization.k8s.io/v1', 'Role'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
]

/**
 * Our own dialect: objects as they are, with one label that names a Placement. A Placement is a source too, in place of an object
 * without replicas: that is how it comes to a status and to PlacementDecisions of its own.
 */
export const placementDialect: FederationDialect = {
  name: 'placement',
  hubKinds: [placementType, placementDecisionType, clusterProfileType],
  sourceKinds,
  touches,
  read(source, hub) {
    return isPlacement(source) ? readPlacement(source, hub) : readObject(source, hub)
  },
  report(source, read, outcome, hub) {
    const ref = refOf(source, hub)
    if (ref === undefined) return []
    if (isPlacement(source)) return reportPlacement(ref, source, objectsOf(source, hub), read, outcome, hub)
    return reportObject(ref, source, read, outcome, hub)
  },
}

/** None but Placements as long as there is none: nobody pays for a watch that nobody needs. */
function sourceKinds(hub: HubFacts): readonly ResourceType[] {
  const placements = hub.objects(placementType) as readonly PlacementObject[]
  if (placements.length === 0) return [placementType]
  return [placementType, ...labelledKinds(hub)]
}

function labelledKinds(hub: HubFacts): readonly ResourceType[] {
  const more = (hub.objects(placementType) as readonly PlacementObject[]).flatMap(({ spec }) =>
    (spec?.kinds ?? []).map(({ apiVersion, kind }) => [apiVersion, kind] as const),
  )
  const types = new Map<string, ResourceType>()
  for (const [apiVersion, kind] of [...placedKinds, ...more]) {
    const type = hub.typeOf(apiVersion, kind)
    if (type !== undefined) types.set(`${type.group}/${type.plural}`, type)
  }
  return [...types.values()]
}

function touches(object: KubeObject, hub: HubFacts): readonly ObjectRef[] {
  if (object.kind === 'ClusterProfile') return []
  const { namespace = '' } = object.metadata
  if (isPlacement(object)) return [placementRef(object), ...objectsOf(object, hub).flatMap((each) => refOf(each, hub) ?? [])]
  if (object.kind === 'PlacementDecision' && object.apiVersion.startsWith('multicluster.x-k8s.io/')) {
    const followers = (hub.objects(placementType, { namespace }) as readonly PlacementObject[]).filter(
      ({ spec }) => spec?.decisionFrom !== undefined && isSliceOf(object, spec.decisionFrom.name),
    )
    return followers.flatMap((placement) => touches(placement, hub))
  }
  const own = refOf(object, hub)
  const placement = placementOf(object, hub)
  return [
    ...(own === undefined ? [] : [own]),
    ...(placement === undefined ? [] : [placementRef(placement)]),
    ...scaledBy(object, hub),
  ]
}

/** What an autoscaler scales is decided again when the autoscaler comes or goes. */
function scaledBy(object: KubeObject, hub: HubFacts): readonly ObjectRef[] {
  if (object.kind !== scalerType.kind) return []
  const { scaleTargetRef: target } = (object['spec'] ?? {}) as {
    scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string }
  }
  const type = hub.typeOf(target?.apiVersion ?? '', target?.kind ?? '')
  if (type === undefined || target?.name === undefined) return []
  return [{ type, namespace: object.metadata.namespace ?? '', name: target.name }]
}

/** Objects that name a Placement. */
function objectsOf(placement: KubeObject, hub: HubFacts): readonly KubeObject[] {
  const { namespace = '', name } = placement.metadata
  return labelledKinds(hub).flatMap((type) =>
    hub
      .objects(type, type.namespaced ? { namespace } : {})
      .filter(({ metadata: { labels } }) => labels?.[placementLabel] === name)
      .filter(({ metadata: { labels } }) => type.namespaced || (labels?.[placementNamespaceLabel] ?? 'default') === namespace),
  )
}

function isPlacement(object: KubeObject): object is PlacementObject {
  return object.kind === placementType.kind && object.apiVersion === 'flotilla.dev/v1alpha1'
}

function placementRef({ metadata: { name, namespace = '' } }: KubeObject): ObjectRef {
  return { type: placementType, namespace, name }
}

function refOf(object: KubeObject, hub: HubFacts): ObjectRef | undefined {
  if (isPlacement(object)) return placementRef(object)
  const type = hub.typeOf(object.apiVersion, object.kind)
  return type && { type, namespace: object.metadata.namespace ?? '', name: object.metadata.name }
}

import type { DeliveryRules, FailoverRules, Federated, HubFacts, Refused } from '../../delivery/federation/contract.js'
import { federatedId } from '../../delivery/federation/federated-id.js'
import type { Placement, PlacementPolicy, ResourceSelector } from '../../delivery/placement/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { followDecision } from './decisions/follow-decision.js'
import { isOwnedBy } from './decisions/publish-decision.js'
import type { PlacementObject, PlacementSpec } from './placement-kind.js'
import { readDivision } from './read-division.js'
import { readSelection } from './read-selection.js'

const axes = ['cluster', 'region', 'zone', 'provider'] as const

/** A Placement as the policy of the objects that name it; a Refused (less its id) where it says nothing that can be followed. */
export function readPolicy(
  placement: PlacementObject,
  selector: ResourceSelector,
  hub: HubFacts,
): PlacementPolicy | Pick<Refused, 'problem'> {
  const { name, namespace = '' } = placement.metadata
  const spec: PlacementSpec = placement.spec ?? {}
  let among: readonly string[] | undefined
  if (spec.decisionFrom !== undefined) {
    // Its own, published under its name, would only ever shrink.
    among = followDecision(hub, namespace, spec.decisionFrom.name, (slice) => !isOwnedBy(slice, placement))
    if (among === undefined) {
      const message = `Placement ${namespace}/${name} follows the decision ${spec.decisionFrom.name}, and no PlacementDecision in ${namespace} has that decision-key or name: what is in clusters stays as it is until its scheduler has written one; correct spec.decisionFrom.name or remove it to decide here`
      return { problem: { reason: 'DecisionMissing', message } }
    }
  }
  const affinity = readSelection(spec.clusters, among)
  const rules: Placement = {
    ...(Object.keys(affinity).length === 0 ? {} : { groups: [{ name: 'clusters', ...affinity }] }),
    ...(spec.tolerations === undefined ? {} : { tolerations: spec.tolerations }),
    ...(spec.spread === undefined
      ? {}
      : {
          spread: spec.spread.map(({ by, min, max }) => ({
            by: axes.find((axis) => axis === by) ?? { label: by },
            ...(min === undefined ? {} : { minGroups: min }),
            ...(max === undefined ? {} : { maxGroups: max }),
          })),
        }),
    division: readDivision(spec.replicas),
  }
  return {
    name,
    namespace,
    selectors: [selector],
    placement: rules,
    ...(spec.suspend === true ? { suspended: true } : spec.suspendIn === undefined ? {} : { suspended: spec.suspendIn }),
  }
}

/** How copies are written. */
export function readRules(spec: PlacementSpec = {}, autoscaled: boolean): DeliveryRules {
  return {
    existing: spec.existing === 'Adopt' ? 'adopt' : 'refuse',
    retain: autoscaled ? ['replicas'] : [],
    onRemoval: spec.onRemoval === 'Keep' ? 'orphan' : 'delete',
    drift: spec.drift === 'Report' ? 'report' : 'correct',
  }
}

export function readFailover({ failover }: PlacementSpec = {}): FailoverRules | undefined {
  if (failover === undefined) return undefined
  const purge = failover.mode ?? 'Gracefully'
  return {
    cluster: { purge, graceSeconds: 600, silence: { toleratedSeconds: failover.afterSeconds ?? 300 } },
    application: { toleratedSeconds: failover.afterSeconds ?? 300, purge, graceSeconds: 600 },
  }
}

/**
 * A Placement as a thing to be placed itself: decided as an object without replicas would be, and delivered nowhere (`paused`).
 * What it selects comes to its status and to its PlacementDecisions by that.
 */
export function readPlacement(source: PlacementObject, hub: HubFacts): Federated | Refused {
  const { name, namespace = '' } = source.metadata
  const id = federatedId('placement', source)
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } }
  const policy = readPolicy(source, { apiVersion: 'v1', kind: 'ConfigMap', name }, hub)
  if ('problem' in policy) return { id, ...policy }
  const published = followDecision(hub, namespace, name)
  return {
    id,
    workload: { object },
    policies: { placements: [policy] },
    previous: published === undefined ? {} : { replicas: Object.fromEntries(published.map((cluster) => [cluster, 0])) },
    rules: readRules({}, false),
    paused: 'a Placement itself goes nowhere',
  }
}

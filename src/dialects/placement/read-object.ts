import type { Federated, HubFacts, Refused } from '../../delivery/federation/contract.js'
import { federatedId } from '../../delivery/federation/federated-id.js'
import { completionsOf } from '../../delivery/placement/job-completions.js'
import { replicasOf } from '../../delivery/placement/replicas-of.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { movingAnnotation, parseMoving, parsePlaced } from './placed-record.js'
import { placedAnnotation, placementLabel, placementNamespaceLabel, placementStatusAnnotation } from './placement-kind.js'
import { readOverrides } from './read-overrides.js'
import { readFailover, readPolicy, readRules } from './read-placement.js'
import { stripAllotted } from './strip-allotted.js'
import { autoscalerOf, namedPlacement, placementOf } from './which-placement.js'

const ownAnnotations = new Set([
  placedAnnotation,
  placementStatusAnnotation,
  movingAnnotation,
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
])

/** An object of the hub with the label; undefined for one without it. */
export function readObject(source: KubeObject, hub: HubFacts): Federated | Refused | undefined {
  const named = namedPlacement(source)
  if (named === undefined) return undefined
  const { name, namespace = '' } = source.metadata
  const id = federatedId('placement', source)
  const placement = placementOf(source, hub)
  if (placement === undefined) {
    const where = `${named.namespace}/${named.name}`
    return {
      id,
      problem: {
        reason: 'PlacementNotFound',
        message: `there is no Placement ${where}: create it, or correct the label ${placementLabel}`,
      },
    }
  }
  const object = stripAllotted(templateOf(source), source)
  const selector = { apiVersion: object.apiVersion, kind: object.kind, name }
  const policy = readPolicy(placement, selector, hub)
  if ('problem' in policy) return { id, ...policy }
  const { namespace: scope, ...fleetWide } = policy
  const overrides = readOverrides(object, { name: named.name, namespace: named.namespace }, placement.spec?.overrides)
  const replicas = replicasOf(object)
  const autoscaler = replicas === undefined ? undefined : autoscalerOf(source, hub)
  const alongside = completionsOf(object)
  const placed = parsePlaced(source)
  const failover = readFailover(placement.spec)
  const evictions = parseMoving(source)
  return {
    id,
    workload: {
      object,
      ...(replicas === undefined ? {} : { replicas }),
      ...(autoscaler === undefined ? {} : { autoscaler }),
      ...(alongside === undefined ? {} : { alongside }),
    },
    policies: {
      // A policy of a namespace rules that namespace only: objects without one are ruled by it as one of the fleet.
      placements: [namespace === '' ? fleetWide : { ...fleetWide, ...(scope === undefined ? {} : { namespace: scope }) }],
      ...(overrides.policies.length === 0 ? {} : { overrides: overrides.policies }),
    },
    previous: placed === undefined ? {} : { replicas: placed },
    rules: readRules(placement.spec, autoscaler !== undefined),
    ...(failover === undefined ? {} : { failover }),
    ...(evictions.length === 0 ? {} : { evictions }),
    ...(namespace === '' ? {} : { namespace: {} }),
    ...(overrides.warnings.length === 0 ? {} : { warnings: overrides.warnings }),
  }
}

/** The object as it goes out: what belongs to the hub's copy alone stays behind. */
function templateOf(source: KubeObject): KubeObject {
  const { status: _status, metadata, ...rest } = source
  const labels = without(metadata.labels, (key) => key === placementLabel || key === placementNamespaceLabel)
  const annotations = without(metadata.annotations, (key) => ownAnnotations.has(key))
  return {
    ...rest,
    apiVersion: source.apiVersion,
    kind: source.kind,
    metadata: {
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  }
}

function without(
  map: Readonly<Record<string, string>> | undefined,
  drop: (key: string) => boolean,
): Record<string, string> | undefined {
  const kept = Object.entries(map ?? {}).filter(([key]) => !drop(key))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

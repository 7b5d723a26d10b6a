import type { Placement, SpreadConstraint, Toleration } from '../../../delivery/placement/contract.js'
import type { ApportionmentRule } from '../../../delivery/placement/division/apportion.js'
import type { DivisionRule } from '../../../delivery/placement/division/division-rules.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldsOf, numberAt, objectAt, objectsAt, textAt } from '../fields.js'
import { annotations } from '../names.js'
import { readAffinity, readGroups } from './read-affinity.js'

/** `spec.placement` of a policy or a binding. */
export function readPlacement(value: unknown, apportionment?: ApportionmentRule): Placement {
  const placement = fieldsOf(value)
  const groups = readGroups(placement)
  const spread = objectsAt(placement, 'spreadConstraints').map(readSpread)
  const tolerations = objectsAt(placement, 'clusterTolerations') as readonly Toleration[]
  return {
    ...(groups.length > 0 ? { groups } : {}),
    ...(tolerations.length > 0 ? { tolerations } : {}),
    ...(spread.length > 0 ? { spread } : {}),
    division: readDivision(objectAt(placement, 'replicaScheduling'), apportionment),
  }
}

/** A constraint that says neither a field nor a label counts clusters. */
function readSpread(constraint: Fields): SpreadConstraint {
  const field = textAt(constraint, 'spreadByField')
  const label = textAt(constraint, 'spreadByLabel')
  const by: SpreadConstraint['by'] =
    field === 'region' || field === 'zone' || field === 'provider' ? field : field === '' && label !== '' ? { label } : 'cluster'
  const minGroups = numberAt(constraint, 'minGroups') ?? 0
  const maxGroups = numberAt(constraint, 'maxGroups') ?? 0
  return { by, minGroups: Math.max(1, minGroups), ...(maxGroups > 0 ? { maxGroups } : {}) }
}

/** No strategy: every cluster gets all. `Divided` without a preference is weighted; weights that are not told are equal. */
function readDivision(scheduling: Fields | undefined, apportionment: ApportionmentRule | undefined): DivisionRule {
  const rule = apportionment === undefined ? {} : { apportionment }
  if (scheduling === undefined || textAt(scheduling, 'replicaSchedulingType') === 'Duplicated') return { strategy: 'duplicated' }
  if (textAt(scheduling, 'replicaDivisionPreference') === 'Aggregated') return { strategy: 'aggregated', ...rule }
  const preference = objectAt(scheduling, 'weightPreference')
  if (textAt(preference, 'dynamicWeight') !== '') return { strategy: 'dynamic-weights', ...rule }
  const weights = objectsAt(preference, 'staticWeightList').map((entry) => ({
    clusters: readAffinity(fieldsOf(entry['targetCluster'])),
    weight: numberAt(entry, 'weight') ?? 0,
  }))
  return { strategy: 'static-weights', ...rule, ...(weights.length > 0 ? { weights } : {}) }
}

/** By which rule shares are rounded; undefined where the policy does not say, or nothing that is known. */
export function apportionmentOf({ metadata }: KubeObject): ApportionmentRule | undefined {
  const value = metadata.annotations?.[annotations.apportionment]
  return value === 'largest-remainder' || value === 'webster' ? value : undefined
}

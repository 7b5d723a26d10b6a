import type { HubFacts } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { type PlacementObject, placementLabel, placementNamespaceLabel } from './placement-kind.js'
import { placementType } from './resource-types.js'

export const scalerType: ResourceType = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
}

/** Which Placement an object names; undefined where it names none. */
export function namedPlacement({ metadata }: KubeObject): { readonly namespace: string; readonly name: string } | undefined {
  const name = metadata.labels?.[placementLabel]
  if (name === undefined || name === '') return undefined
  return { namespace: metadata.namespace ?? metadata.labels?.[placementNamespaceLabel] ?? 'default', name }
}

export function placementOf(object: KubeObject, hub: HubFacts): PlacementObject | undefined {
  const named = namedPlacement(object)
  return named && (hub.objects(placementType, named)[0] as PlacementObject | undefined)
}

/** The autoscaler that goes to the clusters with a workload and scales it there. */
export function autoscalerOf(object: KubeObject, hub: HubFacts): string | undefined {
  const { namespace, name } = object.metadata
  if (namespace === undefined) return undefined
  const served = hub.typeOf('autoscaling/v2', scalerType.kind)
  if (served === undefined) return undefined
  const scaler = hub.objects(served, { namespace }).find((each) => {
    const { scaleTargetRef: target } = (each['spec'] ?? {}) as {
      scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string }
    }
    return (
      target?.kind === object.kind &&
      target.name === name &&
      target.apiVersion === object.apiVersion &&
      each.metadata.labels?.[placementLabel] !== undefined
    )
  })
  return scaler?.metadata.name
}

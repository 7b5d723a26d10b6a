import { defineCustomResource } from '../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

/** about.k8s.io ClusterProperty (KEP-2149): what a cluster says of itself. */
export interface ClusterProperty extends KubeObject {
  spec: { value: string }
}

export const clusterPropertyType: ResourceType = {
  group: 'about.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterProperty',
  plural: 'clusterproperties',
  singular: 'clusterproperty',
  namespaced: false,
}

/** Unique in the cluster set, and the same as long as the cluster is a member. */
export const clusterIdProperty = 'cluster.clusterset.k8s.io'
/** There only while the cluster is a member of a set. */
export const clusterSetProperty = 'clusterset.k8s.io'

/** On those that we have written: any other is somebody else's, and honoured as it is. */
export const managedByAnnotation = 'flotilla.dev/managed-by'

export const clusterPropertyCrd: KubeObject = defineCustomResource(clusterPropertyType, {
  approvedIn: 'https://github.com/kubernetes/enhancements/pull/2149',
  properties: {
    spec: {
      type: 'object',
      required: ['value'],
      properties: { value: { type: 'string', minLength: 1, maxLength: 128_000 } },
    },
    status: { type: 'object' },
  },
  required: ['spec'],
  columns: [
    { name: 'value', type: 'string', jsonPath: '.spec.value' },
    { name: 'age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
})

export interface PropertyStep {
  readonly write: 'create' | 'update'
  readonly object: ClusterProperty
}

/**
 * What shall be written on a cluster so that it says who it is and which set it belongs to. What is there already and not ours stays as it is:
 * the id of a cluster must not change while it is a member.
 */
export function planProperties(
  present: readonly ClusterProperty[],
  wanted: { readonly id: string; readonly clusterSet: string },
): readonly PropertyStep[] {
  const values = [
    [clusterIdProperty, wanted.id],
    [clusterSetProperty, wanted.clusterSet],
  ] as const
  return values.flatMap(([name, value]): PropertyStep[] => {
    const now = present.find(({ metadata }) => metadata.name === name)
    if (now === undefined) {
      const object: ClusterProperty = {
        apiVersion: 'about.k8s.io/v1beta1',
        kind: 'ClusterProperty',
        metadata: { name, annotations: { [managedByAnnotation]: 'flotilla' } },
        spec: { value },
      }
      return [{ write: 'create', object }]
    }
    const ours = now.metadata.annotations?.[managedByAnnotation] === 'flotilla'
    // Ours follow the set; the id stays what it was when the cluster came.
    if (!ours || name === clusterIdProperty || now.spec?.value === value) return []
    return [{ write: 'update', object: { ...now, spec: { value } } }]
  })
}

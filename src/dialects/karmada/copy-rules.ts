import type { DeliveryRules, RetainedField } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { type Fields, objectAt } from './fields.js'
import { annotations, bindingName, labels } from './names.js'

/** How copies of a template are written, with the labels and annotations that Karmada's tools look for. */
export function copyRules(of: {
  readonly source: KubeObject
  readonly policySpec: Fields
  readonly binding?: KubeObject
  readonly autoscaled: boolean
}): DeliveryRules {
  const { source, policySpec, binding } = of
  const { name, namespace = '', uid = '', generation, annotations: notes, labels: marks } = source.metadata
  const asked = notes?.[annotations.conflictResolution]
  const overwrites = asked === 'overwrite' || (asked !== 'abort' && policySpec['conflictResolution'] === 'Overwrite')
  const retain: RetainedField[] = []
  if (marks?.[labels.retainReplicas] === 'true' || of.autoscaled) retain.push('replicas')
  if (source.apiVersion === 'v1' && source.kind === 'Pod') {
    // The cluster's admission adds to these, and no Pod lets them be changed.
    for (const field of ['serviceAccountName', 'volumes']) retain.push({ pointer: `/spec/${field}` })
  }
  if (source.apiVersion === 'v1' && source.kind === 'ServiceAccount' && objectAt(source, 'secrets') === undefined)
    retain.push({ pointer: '/secrets' })
  const idLabel = namespace === '' ? labels.clusterBindingId : labels.bindingId
  return {
    existing: overwrites ? 'adopt' : 'refuse',
    // What Karmada itself has made goes on as a copy.
    predecessor: { label: labels.managed, value: 'true' },
    ...(uid === '' ? {} : { source: uid }),
    labels: { [labels.managed]: 'true', [idLabel]: binding?.metadata.labels?.[idLabel] ?? uid },
    annotations: {
      ...(namespace === ''
        ? { [annotations.clusterBindingName]: bindingName(source.kind, name) }
        : {
            [annotations.bindingNamespace]: namespace,
            [annotations.bindingName]: bindingName(source.kind, name),
          }),
      [annotations.templateUid]: uid,
      ...(generation === undefined || generation === 0 ? {} : { [annotations.templateGeneration]: String(generation) }),
      [annotations.conflictResolution]: overwrites ? 'overwrite' : 'abort',
    },
    retain,
    onRemoval: policySpec['preserveResourcesOnDeletion'] === true ? 'orphan' : 'delete',
  }
}

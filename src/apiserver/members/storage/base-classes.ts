import type { KubeObject } from '../../../kube/object/kube-object.js'
import { annotations, localProvisioner } from './storage-objects.js'

/** The storage classes of every cluster: `standard` binds at once, `standard-wait` when the scheduler has chosen a node. */
export const baseClasses: readonly KubeObject[] = [
  classOf('standard', 'Immediate', { [annotations.defaultClass]: 'true' }),
  classOf('standard-wait', 'WaitForFirstConsumer', undefined),
]

function classOf(name: string, volumeBindingMode: string, marks: Record<string, string> | undefined): KubeObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, ...(marks ? { annotations: marks } : {}) },
    provisioner: localProvisioner,
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: true,
    volumeBindingMode,
  }
}

import type { Condition, KubeObject } from '../../../kube/object/kube-object.js'
import type { LabelSelectorSpec } from '../../../kube/object/selector.js'
import type { NodeSelectorTerm } from '../scheduler/spec.js'

// Volumes, claims and classes, as far as their controllers and the scheduler read and write them.

export interface ClaimReference {
  apiVersion?: string
  kind?: string
  name: string
  namespace: string
  uid?: string
  resourceVersion?: string
}

export type Volume = KubeObject & {
  spec: {
    accessModes?: string[]
    capacity?: Record<string, string>
    claimRef?: ClaimReference
    nodeAffinity?: { required?: { nodeSelectorTerms?: NodeSelectorTerm[] } }
    persistentVolumeReclaimPolicy?: string
    storageClassName?: string
    volumeAttributesClassName?: string
    volumeMode?: string
    hostPath?: { path: string }
    nfs?: unknown
  }
  status?: { phase?: string; message?: string; reason?: string; lastPhaseTransitionTime?: string }
}

export type Claim = KubeObject & {
  spec: {
    accessModes?: string[]
    resources?: { requests?: Record<string, string> }
    selector?: LabelSelectorSpec
    storageClassName?: string
    volumeAttributesClassName?: string
    volumeMode?: string
    volumeName?: string
  }
  status?: { phase?: string; accessModes?: string[]; capacity?: Record<string, string>; conditions?: Condition[] }
}

export type StorageClass = KubeObject & {
  provisioner: string
  reclaimPolicy?: string
  volumeBindingMode?: string
  allowVolumeExpansion?: boolean
  allowedTopologies?: { matchLabelExpressions?: { key: string; values: string[] }[] }[]
}

export const resources = {
  claims: 'persistentvolumeclaims',
  volumes: 'persistentvolumes',
  classes: 'storageclasses.storage.k8s.io',
} as const

/** Makes volumes for claims of a class that names it. */
export const localProvisioner = 'flotilla.dev/local'
/** For classes whose volumes somebody makes by hand. */
export const noProvisioner = 'kubernetes.io/no-provisioner'

export const annotations = {
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  /** The scheduler has chosen this node for the first pod of the claim. */
  selectedNode: 'volume.kubernetes.io/selected-node',
  provisioner: 'volume.kubernetes.io/storage-provisioner',
  betaProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  betaClass: 'volume.beta.kubernetes.io/storage-class',
  defaultClass: 'storageclass.kubernetes.io/is-default-class',
} as const

/** '' when it wants none, or none has been given to it. */
export function classNameOf({ metadata, spec }: Claim | Volume): string {
  return metadata.annotations?.[annotations.betaClass] ?? spec.storageClassName ?? ''
}

export function isBound(claim: Claim): boolean {
  return Boolean(claim.spec.volumeName) && claim.metadata.annotations?.[annotations.bindCompleted] !== undefined
}

/** The claim that the volume is kept for, or bound to. */
export function refersTo({ spec: { claimRef } }: Volume, { metadata }: Claim): boolean {
  return (
    claimRef !== undefined &&
    claimRef.name === metadata.name &&
    claimRef.namespace === metadata.namespace &&
    (!claimRef.uid || claimRef.uid === metadata.uid)
  )
}

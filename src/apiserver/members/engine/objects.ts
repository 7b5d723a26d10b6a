import type { Condition, KubeObject, ObjectMeta } from '../../../kube/object/kube-object.js'
import type { LabelSelectorSpec } from '../../../kube/object/selector.js'

// The parts of the built-in kinds that the members' controllers read and write.

export interface Container {
  name: string
  image?: string
  ports?: { name?: string; containerPort: number; protocol?: string }[]
  resources?: { requests?: Record<string, string> }
  restartPolicy?: string
}

export interface PodSpec {
  nodeName?: string
  containers: Container[]
  initContainers?: Container[]
  restartPolicy?: string
  nodeSelector?: Record<string, string>
  tolerations?: Toleration[]
  hostNetwork?: boolean
  hostname?: string
  subdomain?: string
  serviceAccountName?: string
  terminationGracePeriodSeconds?: number
  volumes?: Record<string, unknown>[]
  schedulingGates?: unknown[]
  [field: string]: unknown
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
}

export interface PodStatus {
  phase?: string
  conditions?: PodCondition[]
  podIP?: string
  podIPs?: { ip: string }[]
  hostIP?: string
  startTime?: string
  reason?: string
  [field: string]: unknown
}

export interface PodCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string | null
  lastProbeTime?: null
}

export type Pod = KubeObject & { spec: PodSpec; status?: PodStatus }

export interface PodTemplate {
  metadata?: Partial<ObjectMeta>
  spec: PodSpec
}

export type ReplicaSet = KubeObject & {
  spec: { replicas?: number; selector: LabelSelectorSpec; template: PodTemplate; minReadySeconds?: number }
  status?: {
    replicas: number
    fullyLabeledReplicas?: number
    readyReplicas?: number
    availableReplicas?: number
    observedGeneration?: number
    conditions?: Condition[]
  }
}

export interface DeploymentStatus {
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  unavailableReplicas?: number
  collisionCount?: number
  conditions?: (Condition & { lastUpdateTime?: string })[]
}

export type Deployment = KubeObject & {
  spec: {
    replicas?: number
    paused?: boolean
    selector: LabelSelectorSpec
    template: PodTemplate
    minReadySeconds?: number
    revisionHistoryLimit?: number
    progressDeadlineSeconds?: number
    strategy?: { type?: string; rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } }
  }
  status?: DeploymentStatus
}

export type Service = KubeObject & {
  spec: {
    type?: string
    clusterIP?: string
    selector?: Record<string, string>
    publishNotReadyAddresses?: boolean
    ports?: { name?: string; protocol?: string; port: number; targetPort?: number | string; appProtocol?: string }[]
    [field: string]: unknown
  }
}

export type Node = KubeObject & {
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[]; podCIDR?: string }
  status?: { addresses?: { type: string; address: string }[]; conditions?: { type: string; status: string }[] }
}

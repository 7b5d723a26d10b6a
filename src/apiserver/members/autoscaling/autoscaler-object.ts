import type { Condition, KubeObject } from '../../../kube/object/kube-object.js'
import type { Behavior } from './scaling-rules.js'

// autoscaling/v2 HorizontalPodAutoscaler, as far as its controller reads and writes it.

export interface MetricTarget {
  readonly type?: string
  readonly averageUtilization?: number
  readonly averageValue?: string
  readonly value?: string
}

export interface MetricSpec {
  readonly type: string
  readonly resource?: { readonly name: string; readonly target: MetricTarget }
  readonly containerResource?: { readonly name: string; readonly container: string; readonly target: MetricTarget }
  readonly pods?: { readonly metric: { readonly name: string } }
  readonly object?: {
    readonly metric: { readonly name: string }
    readonly describedObject: { readonly kind: string; readonly name: string }
    readonly target: MetricTarget
  }
  readonly external?: { readonly metric: { readonly name: string; readonly selector?: unknown }; readonly target: MetricTarget }
}

export interface AutoscalerStatus {
  observedGeneration?: number
  lastScaleTime?: string
  currentReplicas?: number
  desiredReplicas: number
  currentMetrics: unknown[] | null
  conditions?: Condition[]
}

export type Autoscaler = KubeObject & {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string }
    minReplicas?: number
    maxReplicas: number
    metrics?: MetricSpec[]
    behavior?: Behavior
  }
  status?: AutoscalerStatus
}

export type Scale = KubeObject & {
  spec: { replicas?: number }
  status?: { replicas?: number; selector?: string }
}

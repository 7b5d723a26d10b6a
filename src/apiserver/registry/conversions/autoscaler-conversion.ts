import { isObject } from '../../../base/json.js'
import { parseJson, printJson } from '../../../base/json-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { VersionConversion } from '../resource.js'

/** Where a v1 view keeps what only v2 can say, as upstream does. */
const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics'
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior'

type Fields = Record<string, unknown>

interface Metric {
  type?: string
  resource?: { name?: string; target?: { type?: string; averageUtilization?: number }; current?: { averageUtilization?: number } }
}

const views = new WeakMap<KubeObject, KubeObject>()

/** autoscaling/v1, which knows one metric: the utilisation of the CPU. The others travel in annotations. */
export const convertAutoscalers: VersionConversion = {
  toStored(object) {
    const { targetCPUUtilizationPercentage: cpu, ...spec } = fields(object['spec'])
    const { currentCPUUtilizationPercentage: current, ...status } = fields(object['status'])
    const { [metricsAnnotation]: metrics, [behaviorAnnotation]: behavior, ...annotations } = object.metadata.annotations ?? {}
    const others = parsed(metrics)
    const all = [
      ...(typeof cpu === 'number' ? [cpuMetric('target', { type: 'Utilization', averageUtilization: cpu })] : []),
      ...(Array.isArray(others) ? others : []),
    ]
    const metadata = { ...object.metadata, annotations }
    if (Object.keys(annotations).length === 0) delete (metadata as { annotations?: unknown }).annotations
    return {
      ...object,
      apiVersion: 'autoscaling/v2',
      metadata,
      spec: { ...spec, ...(all.length > 0 ? { metrics: all } : {}), ...(behavior ? { behavior: parsed(behavior) } : {}) },
      status: {
        ...status,
        currentMetrics: typeof current === 'number' ? [cpuMetric('current', { averageUtilization: current })] : null,
      },
    }
  },
  fromStored(object) {
    if (object.apiVersion === 'autoscaling/v1') return object
    let view = views.get(object)
    if (view === undefined) views.set(object, (view = toV1(object)))
    return view
  },
}

function toV1(object: KubeObject): KubeObject {
  const { metrics, behavior, ...spec } = fields(object['spec'])
  const { currentMetrics, conditions: _, ...status } = fields(object['status'])
  const all = (Array.isArray(metrics) ? metrics : []) as Metric[]
  const isCpu = ({ type, resource }: Metric) => type === 'Resource' && resource?.name === 'cpu'
  const cpu = all.find((metric) => isCpu(metric) && metric.resource?.target?.type === 'Utilization')
  const current = ((Array.isArray(currentMetrics) ? currentMetrics : []) as Metric[]).find(isCpu)
  const others = all.filter((metric) => metric !== cpu)
  const annotations = {
    ...object.metadata.annotations,
    ...(others.length > 0 ? { [metricsAnnotation]: printJson(others) } : {}),
    ...(behavior === undefined ? {} : { [behaviorAnnotation]: printJson(behavior) }),
  }
  const percentage = current?.resource?.current?.averageUtilization
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: Object.keys(annotations).length > 0 ? { ...object.metadata, annotations } : object.metadata,
    spec: { ...spec, ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource?.target?.averageUtilization } : {}) },
    status: {
      currentReplicas: 0,
      ...status,
      ...(percentage === undefined ? {} : { currentCPUUtilizationPercentage: percentage }),
    },
  }
}

function cpuMetric(role: 'target' | 'current', value: object): Fields {
  return { type: 'Resource', resource: { name: 'cpu', [role]: value } }
}

function fields(value: unknown): Fields {
  return isObject(value) ? value : {}
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : parseJson(text)
  } catch {
    return undefined
  }
}

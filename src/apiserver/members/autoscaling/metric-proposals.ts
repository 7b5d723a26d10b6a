import { formatQuantity, parseQuantity, quantityMilliValue } from '../../../kube/object/quantity.js'
import type { Container, Pod } from '../engine/objects.js'
import { isTerminating } from '../workloads/pods.js'
import type { MetricSpec, MetricTarget } from './autoscaler-object.js'
import type { PodMeasurement } from './pod-measurements.js'
import {
  CalculationProblem,
  type PodUse,
  type Proposal,
  replicasForAverage,
  replicasForUtilization,
  type ScaledPod,
} from './replica-calculation.js'

export interface MetricProposal {
  readonly replicas: number
  /** How messages call the metric. */
  readonly metric: string
  /** The entry of status.currentMetrics. */
  readonly status: Record<string, unknown>
}

/** Why a metric says nothing: for the condition ScalingActive, for its Event, and for the Event about all metrics together. */
export class MetricProblem extends Error {
  readonly reason: string
  /** What stands before the message where it is one of several. */
  readonly prefix: string

  constructor(reason: string, prefix: string, message: string) {
    super(message)
    this.reason = reason
    this.prefix = prefix
  }
}

export interface MetricQuestion {
  readonly namespace: string
  readonly currentReplicas: number
  readonly pods: readonly Pod[]
  readonly measured: readonly PodMeasurement[]
  readonly nowMs: number
  readonly tolerance?: { readonly up: number; readonly down: number }
}

/** What one metric of an autoscaler asks for. Throws MetricProblem with upstream's texts. */
export function proposeFor(metric: MetricSpec, question: MetricQuestion): MetricProposal {
  if (metric.resource !== undefined) return ofResource(metric.resource, undefined, question)
  if (metric.containerResource !== undefined) {
    return ofResource(metric.containerResource, metric.containerResource.container, question)
  }
  throw unserved(metric, question.namespace)
}

function ofResource(
  { name, target }: { name: string; target: MetricTarget },
  container: string | undefined,
  question: MetricQuestion,
): MetricProposal {
  const own = container === undefined ? 'Resource' : 'ContainerResource'
  const reason = `FailedGet${own}Metric`
  const prefix =
    container === undefined ? `failed to get ${name} resource metric value` : `failed to get ${container} container metric value`
  const byAmount = target.averageValue !== undefined
  if (!byAmount && target.averageUtilization === undefined) {
    const message =
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set'
    throw new MetricProblem(reason, prefix, message)
  }
  let proposal: Proposal
  try {
    const input = {
      resource: name,
      currentReplicas: question.currentReplicas,
      pods: question.pods.map((pod) => scaledPod(pod, name, container)),
      uses: usesOf(question.measured, name, container),
      nowMs: question.nowMs,
      ...(question.tolerance === undefined ? {} : { tolerance: question.tolerance }),
    }
    proposal = byAmount
      ? replicasForAverage(input, quantityMilliValue(parseQuantity(target.averageValue as string)))
      : replicasForUtilization(input, target.averageUtilization as number)
  } catch (error) {
    if (!(error instanceof CalculationProblem)) throw error
    throw new MetricProblem(reason, prefix, `failed to get ${name} ${byAmount ? 'usage' : 'utilization'}: ${error.message}`)
  }
  const averageValue = formatQuantity({ unscaled: BigInt(proposal.average), exponent: -3, format: 'decimal-si' })
  const current = byAmount ? { averageValue } : { averageUtilization: proposal.utilization, averageValue }
  const member = container === undefined ? 'resource' : 'containerResource'
  return {
    replicas: proposal.replicas,
    metric: byAmount
      ? `${name} resource`
      : `${name} ${container === undefined ? '' : 'container '}resource utilization (percentage of request)`,
    status: { type: own, [member]: { name, ...(container === undefined ? {} : { container }), current } },
  }
}

/** There are no APIs for these here, as in a cluster that has no adapter for them. */
function unserved(metric: MetricSpec, namespace: string): MetricProblem {
  const noCustom = 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered'
  if (metric.pods !== undefined) {
    const message = `unable to get metric ${metric.pods.metric.name}: ${noCustom}`
    return new MetricProblem('FailedGetPodsMetric', 'failed to get pods metric value', message)
  }
  if (metric.object !== undefined) {
    const { describedObject, metric: what } = metric.object
    const message = `unable to get metric ${what.name}: ${describedObject.kind} on ${namespace} ${describedObject.name}/${noCustom}`
    const more = metric.object.target.averageValue === undefined ? '' : `: failed to get ${what.name} object metric`
    return new MetricProblem('FailedGetObjectMetric', `failed to get object metric value${more}`, message)
  }
  if (metric.external !== undefined) {
    const { name } = metric.external.metric
    const gone = `the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`
    const selector = selectorText(metric.external.metric.selector)
    const detail = `unable to get external metric ${namespace}/${name}/${selector}: unable to fetch metrics from external metrics API: ${gone}`
    const short = metric.external.target.averageValue === undefined ? `external metric ${name}` : `${name} external metric`
    return new MetricProblem(
      'FailedGetExternalMetric',
      `failed to get ${name} external metric value: failed to get ${short}`,
      detail,
    )
  }
  return new MetricProblem('InvalidMetricSourceType', '', `unknown metric source type ${JSON.stringify(metric.type)}`)
}

/** As Go prints a pointer to a selector. */
function selectorText(selector: unknown): string {
  if (selector === undefined || selector === null) return 'nil'
  const { matchLabels = {} } = selector as { matchLabels?: Record<string, string> }
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}: ${value},`)
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{},}`
}

function scaledPod(pod: Pod, resource: string, container: string | undefined): ScaledPod {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')
  const startMs = Date.parse(pod.status?.startTime ?? '')
  return {
    name: pod.metadata.name,
    phase: pod.status?.phase,
    terminating: isTerminating(pod),
    startMs: Number.isNaN(startMs) ? undefined : startMs,
    ready: ready && {
      isTrue: ready.status === 'True',
      isFalse: ready.status === 'False',
      sinceMs: Date.parse(ready.lastTransitionTime ?? '') || 0,
    },
    request: requestOf(pod, resource, container),
  }
}

function requestOf({ spec }: Pod, resource: string, container: string | undefined): ScaledPod['request'] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  let sum = 0
  for (const each of [...spec.containers, ...sidecars] as Container[]) {
    if (container !== undefined && each.name !== container) continue
    const amount = each.resources?.requests?.[resource]
    if (amount === undefined) return { missing: each.name }
    sum += quantityMilliValue(parseQuantity(amount))
  }
  return sum
}

function usesOf(measured: readonly PodMeasurement[], resource: string, container: string | undefined): Map<string, PodUse> {
  if (measured.length === 0) {
    throw new CalculationProblem(`unable to get metrics for resource ${resource}: no metrics returned from resource metrics API`)
  }
  const uses = new Map<string, PodUse>()
  for (const { pod, atMs, windowMs, containers } of measured) {
    const chosen = container === undefined ? containers : containers.filter(({ name }) => name === container)
    if (container !== undefined && chosen.length === 0) {
      const where = `metrics for pod ${pod.metadata.namespace}/${pod.metadata.name}`
      throw new CalculationProblem(
        `unable to get metrics for resource ${resource}: failed to get container metrics: container ${container} not present in ${where}`,
      )
    }
    // Of nothing else there are metrics.
    if (resource !== 'cpu' && resource !== 'memory') continue
    const value = chosen.reduce(
      (sum, each) => sum + (resource === 'cpu' ? Math.ceil(each.cpuNano / 1e6) : each.memoryBytes * 1000),
      0,
    )
    uses.set(pod.metadata.name, { value, atMs, windowMs })
  }
  return uses
}

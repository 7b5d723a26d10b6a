import { messageOf } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import { setCondition } from '../../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { type LabelSelector, matchesLabels, parseLabelSelector } from '../../../kube/object/selector.js'
import type { MemberController, Work } from '../contract.js'
import type { Pod } from '../engine/objects.js'
import { keyIn } from '../workloads/replica-sets.js'
import type { Autoscaler, AutoscalerStatus, Scale } from './autoscaler-object.js'
import { MetricProblem, type MetricProposal, proposeFor } from './metric-proposals.js'
import type { PodMeasurements } from './pod-measurements.js'
import { decide, noteScaling, type ScalingHistory } from './scaling-rules.js'

const resource = 'horizontalpodautoscalers.autoscaling'
const periodMs = 15_000

/** Remembered of an autoscaler while it is there, as upstream does: a restart forgets it. */
interface Memory extends ScalingHistory {
  readonly uid: string | undefined
  selector: LabelSelector | undefined
}

/**
 * Scales what HorizontalPodAutoscalers aim at by the use of the processor and memory of its pods, every 15 seconds. The engine's
 * one timer for this controller serves all of them.
 */
export function createHorizontalAutoscaler(measurements: PodMeasurements): MemberController {
  const memories = new Map<string, Map<string, Memory>>()
  const of = (cluster: string): Map<string, Memory> => {
    let known = memories.get(cluster)
    if (known === undefined) memories.set(cluster, (known = new Map()))
    return known
  }
  return {
    name: 'horizontal-pod-autoscaler',
    manager: 'kube-controller-manager',
    watches: {
      [resource](change, queue) {
        if (change.type === 'ADDED') queue.add(keyIn(change))
      },
    },
    async reconcile(work) {
      const scaler = work.cluster.peek(resource, work.key) as Autoscaler | undefined
      const known = of(work.cluster.name)
      if (scaler === undefined) {
        known.delete(work.key)
        return undefined
      }
      const memory = known.get(work.key)
      // Upstream looks at a new one after a period, too.
      const { uid } = scaler.metadata
      if (memory === undefined || memory.uid !== uid)
        known.set(work.key, { uid, selector: undefined, recommendations: [], ups: [], downs: [] })
      else await new Pass(work, scaler, memory, known, measurements).run()
      return periodMs
    },
    forget: (cluster) => void memories.delete(cluster),
  }
}

/** One look at one autoscaler. */
class Pass {
  readonly #work: Work
  readonly #scaler: Autoscaler
  readonly #memory: Memory
  readonly #all: ReadonlyMap<string, Memory>
  readonly #measurements: PodMeasurements
  #conditions: readonly Condition[]

  constructor(work: Work, scaler: Autoscaler, memory: Memory, all: ReadonlyMap<string, Memory>, measurements: PodMeasurements) {
    this.#work = work
    this.#scaler = scaler
    this.#memory = memory
    this.#all = all
    this.#measurements = measurements
    this.#conditions = scaler.status?.conditions ?? []
  }

  async run(): Promise<void> {
    const { spec, metadata } = this.#scaler
    const { kind, name, apiVersion = '' } = spec.scaleTargetRef
    let scale: Scale
    let type: ResourceType
    try {
      type = targetType(this.#work, apiVersion, kind)
      scale = (await this.#work.write.readScale(type, metadata.namespace ?? '', name)) as Scale
    } catch (error) {
      this.#record('FailedGetScale', messageOf(error), 'Warning')
      const message = `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`
      this.#set('AbleToScale', 'False', 'FailedGetScale', message)
      return this.#write(this.#scaler.status ?? { desiredReplicas: 0, currentMetrics: null })
    }
    this.#set('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale")
    const current = scale.spec?.replicas ?? 0
    const nowMs = this.#work.now()
    if (this.#memory.recommendations.length === 0) this.#memory.recommendations.push({ replicas: current, atMs: nowMs })
    const min = spec.minReplicas ?? 1
    let desired = current
    let reason = ''
    let metrics: unknown[] | null = null
    if (current === 0 && min !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero'
      this.#set('ScalingActive', 'False', 'ScalingDisabled', message)
    } else if (current > spec.maxReplicas) {
      reason = 'Current number of replicas above Spec.MaxReplicas'
      desired = spec.maxReplicas
    } else if (current < min) {
      reason = 'Current number of replicas below Spec.MinReplicas'
      desired = min
    } else {
      const computed = this.#compute(scale, current)
      metrics = computed.statuses
      if (computed.proposal === undefined) {
        await this.#write({
          currentReplicas: current,
          desiredReplicas: this.#scaler.status?.desiredReplicas ?? 0,
          currentMetrics: metrics,
        })
        this.#record('FailedComputeMetricsReplicas', computed.problem, 'Warning')
        return
      }
      const proposed = computed.proposal.replicas
      if (proposed > current) reason = `${computed.proposal.metric} above target`
      if (proposed < current) reason = 'All metrics below target'
      const question = { current, desired: proposed, min, max: spec.maxReplicas, behavior: spec.behavior, nowMs }
      const decision = decide(question, this.#memory)
      this.#set('AbleToScale', 'True', decision.ableToScale.reason, decision.ableToScale.message)
      const { isLimited, ...limit } = decision.limited
      this.#set('ScalingLimited', isLimited ? 'True' : 'False', limit.reason, limit.message)
      desired = decision.replicas
    }
    if (desired !== current) {
      try {
        await this.#work.write.writeScale(type, { ...scale, spec: { replicas: desired } } as KubeObject)
      } catch (error) {
        this.#record('FailedRescale', `New size: ${desired}; reason: ${reason}; error: ${messageOf(error)}`, 'Warning')
        const message = `the HPA controller was unable to update the target scale: ${messageOf(error)}`
        this.#set('AbleToScale', 'False', 'FailedUpdateScale', message)
        return this.#write({
          currentReplicas: current,
          desiredReplicas: this.#scaler.status?.desiredReplicas ?? 0,
          currentMetrics: metrics,
        })
      }
      const message = `the HPA controller was able to update the target scale to ${desired}`
      this.#set('AbleToScale', 'True', 'SucceededRescale', message)
      this.#record('SuccessfulRescale', `New size: ${desired}; reason: ${reason}`)
      noteScaling(this.#memory, spec.behavior, { from: current, to: desired, nowMs })
    }
    return this.#write({
      currentReplicas: current,
      desiredReplicas: desired,
      currentMetrics: metrics,
      ...(desired === current ? {} : { lastScaleTime: this.#work.nowText() }),
    })
  }

  /** What all metrics together ask for: the most. Without `proposal` nothing is to be done. */
  #compute(scale: Scale, current: number): { proposal?: MetricProposal; statuses: unknown[] | null; problem: string } {
    const { spec, metadata } = this.#scaler
    const namespace = metadata.namespace ?? ''
    const selected = this.#select(scale.status?.selector ?? '')
    if ('problem' in selected) return { statuses: null, problem: selected.problem }
    const { pods, selector } = selected
    const isChosen = (pod: Pod) => matchesLabels(selector, pod.metadata.labels)
    const measured = [...this.#measurements.all(this.#work.cluster, namespace, isChosen)]
    const question = { namespace, currentReplicas: current, pods, measured, nowMs: this.#work.now() }
    const statuses: unknown[] = []
    const problems: MetricProblem[] = []
    let best: MetricProposal | undefined
    for (const metric of spec.metrics ?? []) {
      try {
        const proposal = proposeFor(metric, question)
        statuses.push(proposal.status)
        if (best === undefined || proposal.replicas > best.replicas) best = proposal
      } catch (error) {
        if (!(error instanceof MetricProblem)) throw error
        // Go's zero value of a status.
        statuses.push({ type: '' })
        problems.push(error)
        this.#record(error.reason, error.message, 'Warning')
      }
    }
    const [first] = problems
    if (first !== undefined && (best === undefined || best.replicas < current)) {
      const message = `the HPA was unable to compute the replica count: ${first.message}`
      this.#set('ScalingActive', 'False', first.reason, message)
      const detail = first.prefix === '' ? first.message : `${first.prefix}: ${first.message}`
      const problem = `invalid metrics (${problems.length} invalid out of ${statuses.length}), first error is: ${detail}`
      return { statuses, problem }
    }
    if (best === undefined) return { statuses, problem: 'the autoscaler has no metrics' }
    const message = `the HPA was able to successfully calculate a replica count from ${best.metric}`
    this.#set('ScalingActive', 'True', 'ValidMetricFound', message)
    return { proposal: best, statuses, problem: '' }
  }

  /** The pods of the target, unless another autoscaler aims at some of them, too. */
  #select(text: string): { selector: LabelSelector; pods: Pod[] } | { problem: string } {
    const refuse = (reason: string, problem: string, message = problem, condition = reason) => {
      this.#record(reason, problem, 'Warning')
      this.#set('ScalingActive', 'False', condition, message)
      return { problem }
    }
    if (text === '') {
      const message = "the HPA target's scale is missing a selector"
      return refuse('SelectorRequired', 'selector is required', message, 'InvalidSelector')
    }
    let selector: LabelSelector
    try {
      selector = parseLabelSelector(text)
    } catch (error) {
      const problem = `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`
      return refuse('InvalidSelector', problem)
    }
    this.#memory.selector = selector
    const namespace = this.#scaler.metadata.namespace ?? ''
    const pods = ([...this.#work.cluster.peekAll('pods', namespace)] as Pod[]).filter((pod) =>
      matchesLabels(selector, pod.metadata.labels),
    )
    const rivals = [...this.#all].filter(
      ([key, memory]) =>
        key.startsWith(`${namespace}/`) &&
        memory.selector !== undefined &&
        pods.some((pod) => matchesLabels(memory.selector as LabelSelector, pod.metadata.labels)),
    )
    if (rivals.length > 1) {
      const keys = rivals.map(([key]) => `{${key.slice(namespace.length + 1)} ${namespace}}`).join(' ')
      return refuse('AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${keys}]`)
    }
    return { selector, pods }
  }

  #set(type: string, status: 'True' | 'False', reason: string, message: string): void {
    this.#conditions = setCondition(this.#conditions, { type, status, reason, message }, this.#work.nowText())
  }

  #record(reason: string, message: string, type?: 'Warning'): void {
    const event = { ...(type ? { type } : {}), reason, message, component: 'horizontal-pod-autoscaler' }
    void this.#work.write.record(this.#scaler, event, this.#work.nowText())
  }

  async #write(status: AutoscalerStatus): Promise<void> {
    const scaler = this.#scaler
    const lastScaleTime = status.lastScaleTime ?? scaler.status?.lastScaleTime
    const next = { ...(lastScaleTime ? { lastScaleTime } : {}), ...status, conditions: [...this.#conditions] }
    if (!equalJson(scaler.status, next)) await this.#work.write.status(scaler, { ...scaler, status: next })
  }
}

function targetType(work: Work, apiVersion: string, kind: string): ResourceType {
  const catalogue = work.cluster.api.catalogue()
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  // The version does not matter: whatever the group calls so is scaled.
  const type = catalogue.forKind(apiVersion, kind) ?? catalogue.all.find((each) => each.group === group && each.kind === kind)
  if (type === undefined) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
  if (!type.subresources?.includes('scale')) throw new Error('the server could not find the requested resource')
  return type
}

import { messageOf } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import { setCondition } from '../../../kube/object/condition.js'
import type { Condition, KubeObject, OwnerReference } from '../../../kube/object/kube-object.js'
import { controllerOf } from '../../../kube/object/owner.js'
import { formatLabelSelector, fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'
import type { MemberController, Work } from '../contract.js'
import type { Pod } from '../engine/objects.js'
import { resolveCount } from './deployment-scaling.js'
import { isReady, isTerminating } from './pods.js'
import { keyIn } from './replica-sets.js'

type DisruptionBudget = KubeObject & {
  spec: { selector?: LabelSelectorSpec; minAvailable?: number | string; maxUnavailable?: number | string }
  status?: { conditions?: Condition[]; disruptedPods?: Record<string, string>; [field: string]: unknown }
}

const component = 'controllermanager'
/** A pod that was evicted so long ago and still is there will not go any more. */
const evictionMs = 120_000

/** Tells how many pods of each PodDisruptionBudget may be evicted now. */
export function createDisruptionBudgets(
  peekAll: (cluster: string, resource: string, namespace: string) => Iterable<KubeObject>,
): MemberController {
  return {
    name: 'disruption-controller',
    manager: 'kube-controller-manager',
    watches: {
      'poddisruptionbudgets.policy': (change, queue) => queue.add(keyIn(change)),
      pods({ cluster, object, previous }, queue) {
        for (const budget of peekAll(cluster, 'poddisruptionbudgets.policy', object.metadata.namespace ?? '')) {
          const selector = fromLabelSelector((budget as DisruptionBudget).spec.selector, { validate: false })
          if (matchesLabels(selector, object.metadata.labels) || (previous && matchesLabels(selector, previous.metadata.labels)))
            queue.addSoon(`${budget.metadata.namespace}/${budget.metadata.name}`)
        }
      },
    },
    async reconcile(work) {
      const budget = work.cluster.peek('poddisruptionbudgets.policy', work.key) as DisruptionBudget | undefined
      if (budget === undefined) return undefined
      const selector = fromLabelSelector(budget.spec.selector, { validate: false })
      const pods = ([...work.cluster.peekAll('pods', budget.metadata.namespace)] as Pod[]).filter((pod) =>
        matchesLabels(selector, pod.metadata.labels),
      )
      const say = (reason: string, message: string, type?: 'Warning') =>
        void work.write.record(budget, { ...(type ? { type } : {}), reason, message, component }, work.nowText())
      if (pods.length === 0) say('NoPods', 'No matching pods found')
      const { disruptedPods, againMs } = stillDisrupted(budget, pods, work.now())
      let expectation: Expectation
      try {
        expectation = expect(work, budget, pods)
      } catch (error) {
        const message = `Failed to calculate the number of expected pods: ${messageOf(error)}`
        say('CalculateExpectedPodCountFailed', message, 'Warning')
        await report(work, budget, { ...noneAllowed(budget), reason: 'SyncFailed', message: messageOf(error) }, disruptedPods)
        return againMs
      }
      if (expectation.unmanaged > 0) {
        say(
          'UnmanagedPods',
          `Pods selected by this PodDisruptionBudget (selector: ${JSON.stringify(formatLabelSelector(selector))}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
          'Warning',
        )
      }
      const { expectedPods, desiredHealthy } = expectation
      const currentHealthy = pods.filter(
        (pod) => !isTerminating(pod) && !Object.hasOwn(disruptedPods, pod.metadata.name) && isReady(pod),
      ).length
      const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0
      const reason = disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods'
      await report(
        work,
        budget,
        { expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed, reason, message: '' },
        disruptedPods,
      )
      return againMs
    },
  }
}

/** Evicted pods that are about to go; the others are forgotten. */
function stillDisrupted(
  budget: DisruptionBudget,
  pods: readonly Pod[],
  now: number,
): { disruptedPods: Record<string, string>; againMs: number | undefined } {
  const disruptedPods: Record<string, string> = {}
  let againMs: number | undefined
  for (const [name, time] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = pods.find(({ metadata }) => metadata.name === name)
    if (pod === undefined || isTerminating(pod)) continue
    const left = Date.parse(time) + evictionMs - now
    if (!(left > 0)) continue
    disruptedPods[name] = time
    againMs = Math.min(againMs ?? left, left)
  }
  return { disruptedPods, againMs }
}

interface Counts {
  readonly expectedPods: number
  readonly desiredHealthy: number
  readonly currentHealthy: number
  readonly disruptionsAllowed: number
  readonly reason: string
  readonly message: string
}

function noneAllowed({ status }: DisruptionBudget): Omit<Counts, 'reason' | 'message'> {
  const number = (field: string) => Number(status?.[field] ?? 0)
  return {
    expectedPods: number('expectedPods'),
    desiredHealthy: number('desiredHealthy'),
    currentHealthy: number('currentHealthy'),
    disruptionsAllowed: 0,
  }
}

async function report(
  work: Work,
  budget: DisruptionBudget,
  { reason, message, ...counts }: Counts,
  disruptedPods: Record<string, string>,
): Promise<void> {
  const generation = budget.metadata.generation ?? 1
  const conditions = setCondition(
    budget.status?.conditions,
    {
      type: 'DisruptionAllowed',
      status: counts.disruptionsAllowed > 0 ? 'True' : 'False',
      reason,
      message,
      observedGeneration: generation,
    },
    work.nowText(),
  )
  const status = {
    observedGeneration: generation,
    ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
    ...counts,
    conditions: [...conditions],
  }
  if (!equalJson(budget.status, status)) await work.write.status(budget, { ...budget, status })
}

interface Expectation {
  readonly expectedPods: number
  readonly desiredHealthy: number
  /** Pods that nothing controls, which a share cannot be taken of. */
  readonly unmanaged: number
}

function expect(work: Work, { spec }: DisruptionBudget, pods: readonly Pod[]): Expectation {
  if (spec.maxUnavailable !== undefined) {
    const { total, unmanaged } = scaleOf(work, pods)
    const may = resolveCount(spec.maxUnavailable, total, 'up')
    return { expectedPods: total, desiredHealthy: Math.max(0, total - may), unmanaged }
  }
  if (typeof spec.minAvailable === 'string') {
    const { total, unmanaged } = scaleOf(work, pods)
    return { expectedPods: total, desiredHealthy: resolveCount(spec.minAvailable, total, 'up'), unmanaged }
  }
  return { expectedPods: pods.length, desiredHealthy: spec.minAvailable ?? 0, unmanaged: 0 }
}

/** The replicas that the controllers of the pods ask for, together. */
function scaleOf(work: Work, pods: readonly Pod[]): { total: number; unmanaged: number } {
  const sizes = new Map<string, number>()
  let unmanaged = 0
  for (const pod of pods) {
    const owner = controllerOf(pod)
    if (owner === undefined) unmanaged++
    else if (!sizes.has(owner.uid)) {
      const found = sizeOf(work, pod.metadata.namespace ?? '', owner)
      if (found === undefined) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`)
      const [uid, size] = found
      sizes.set(owner.uid, 0)
      sizes.set(uid, size)
    }
  }
  let total = 0
  for (const size of sizes.values()) total += size
  return { total, unmanaged }
}

/** What is scaled is the Deployment, not its ReplicaSets. */
function sizeOf(work: Work, namespace: string, owner: OwnerReference): [string, number] | undefined {
  const type = work.cluster.api.catalogue().forKind(owner.apiVersion, owner.kind)
  const resource = type === undefined ? '' : type.group === '' ? type.plural : `${type.plural}.${type.group}`
  const found = work.cluster.peek(resource, `${namespace}/${owner.name}`)
  if (found === undefined || found.metadata.uid !== owner.uid) return undefined
  const above = controllerOf(found)
  if (owner.kind === 'ReplicaSet' && above?.kind === 'Deployment') return sizeOf(work, namespace, above)
  const replicas = (found['spec'] as { replicas?: unknown } | undefined)?.replicas
  if (typeof replicas === 'number') return [owner.uid, replicas]
  throw new Error(`${type?.plural ?? owner.kind}.${type?.group ?? ''} does not implement the scale subresource`)
}

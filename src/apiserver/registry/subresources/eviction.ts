import { formatTime } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import type { DeleteOptions } from '../../../kube/client/kube-client.js'
import { setCondition } from '../../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../../kube/object/kube-object.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'
import { type StatusError, statusErrors } from '../../../kube/object/status-error.js'
import { admitWhole, subresourceBody } from '../admission.js'
import { valueAt } from '../lifecycles/strategy.js'
import { commit } from '../writes/commit.js'
import { deleteObject } from '../writes/delete-object.js'
import type { WriteRequest } from '../writes/write-request.js'
import { success } from './binding.js'
import { parentOf } from './parent.js'
import type { Subresource } from './subresource.js'

const budgets = 'poddisruptionbudgets.policy'
const violates = "Cannot evict pod as it would violate the pod's disruption budget."

/** pods/eviction: a deletion that PodDisruptionBudgets may refuse with 429. */
export const eviction: Subresource = {
  async create(request, body) {
    const admitting = admitWhole(request, 'CREATE', subresourceBody(request, body, 'policy/v1', 'Eviction'))
    if (admitting !== undefined) await admitting
    if (body.metadata?.name !== request.name) {
      throw statusErrors.badRequest('name in URL does not match name in Eviction object')
    }
    const pod = parentOf(request)
    const options = (isObject(body['deleteOptions']) ? body['deleteOptions'] : {}) as DeleteOptions & { dryRun?: unknown }
    const dryRun = request.options.dryRun === true || (Array.isArray(options.dryRun) && options.dryRun.includes('All'))
    if (needsBudget(pod)) await spend(request, pod, dryRun)
    const { gracePeriodSeconds, propagationPolicy } = options
    const preconditions = dryRun ? options.preconditions : await markEvicted(request, options.preconditions)
    await deleteObject(
      { ...request, subresource: '' },
      {
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
        ...(preconditions === undefined ? {} : { preconditions }),
        dryRun,
      },
    )
    return success(201)
  },
}

/** Says of the pod why it goes, before it goes; that is a new version of it, which the preconditions then mean. */
async function markEvicted(
  request: WriteRequest,
  preconditions: DeleteOptions['preconditions'],
): Promise<DeleteOptions['preconditions']> {
  // As it is now: it may have changed since its budget was asked.
  const pod = parentOf(request)
  const { uid, resourceVersion } = preconditions ?? {}
  // The deletion refuses what does not match.
  if ((uid && uid !== pod.metadata.uid) || (resourceVersion && resourceVersion !== pod.metadata.resourceVersion)) {
    return preconditions
  }
  const conditions = valueAt(pod, 'status.conditions')
  const present = (Array.isArray(conditions) ? conditions : []) as Condition[]
  const condition = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    lastProbeTime: null,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  const next = setCondition(present, condition, formatTime(request.scope.ports.clock.now()))
  if (next === present) return preconditions
  const status = isObject(pod['status']) ? pod['status'] : {}
  const marked = await commit(request.scope, request.resource, { ...pod, status: { ...status, conditions: [...next] } }, pod)
  return resourceVersion ? { ...preconditions, resourceVersion: marked.metadata.resourceVersion ?? '' } : preconditions
}

/** Pods that do no work any more, or none yet, disturb nobody. */
function needsBudget(pod: KubeObject): boolean {
  const phase = valueAt(pod, 'status.phase')
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending') return false
  return pod.metadata.deletionTimestamp === undefined
}

function isReady(pod: KubeObject): boolean {
  const conditions = valueAt(pod, 'status.conditions')
  return Array.isArray(conditions) && conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** Takes one disruption from the budget of the pod, if it has one. */
async function spend(request: WriteRequest, pod: KubeObject, dryRun: boolean): Promise<void> {
  const { scope, namespace } = request
  const matching = [...scope.storage.scan(budgets, `${namespace}/`)].filter((budget) => covers(budget, pod))
  const [budget] = matching
  if (budget === undefined) return
  if (matching.length > 1) {
    throw statusErrors.internal(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  }
  const number = (path: string) => Number(valueAt(budget, path) ?? 0)
  const { name } = budget.metadata
  if (!isReady(pod)) {
    const always = valueAt(budget, 'spec.unhealthyPodEvictionPolicy') === 'AlwaysAllow'
    const healthy = number('status.currentHealthy') >= number('status.desiredHealthy') && number('status.desiredHealthy') > 0
    if (always || healthy) return
  }
  if (number('status.observedGeneration') < (budget.metadata.generation ?? 0)) {
    throw refused(`The disruption budget ${name} is still being processed by the server.`, 10)
  }
  const allowed = number('status.disruptionsAllowed')
  if (allowed <= 0) {
    throw refused(
      `The disruption budget ${name} needs ${number('status.desiredHealthy')} healthy pods and has ${number(
        'status.currentHealthy',
      )} currently`,
      0,
    )
  }
  if (dryRun) return
  const status = budget['status'] as Record<string, unknown>
  const disruptedPods = isObject(status['disruptedPods']) ? status['disruptedPods'] : {}
  const next: KubeObject = {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: allowed - 1,
      disruptedPods: { ...disruptedPods, [pod.metadata.name]: formatTime(scope.ports.clock.now()) },
    },
  }
  const resource = scope.served.resolve({
    group: 'policy',
    version: 'v1',
    plural: 'poddisruptionbudgets',
    kind: '',
    namespaced: true,
  })
  // Not awaited before the deletion: both become durable in this order.
  void commit(scope, resource, next, budget).catch(() => undefined)
}

function covers(budget: KubeObject, pod: KubeObject): boolean {
  const selector = valueAt(budget, 'spec.selector') as LabelSelectorSpec | undefined
  return matchesLabels(fromLabelSelector(selector, { validate: false }), pod.metadata.labels)
}

function refused(why: string, retryAfterSeconds: number): StatusError {
  const error = statusErrors.tooManyRequests(violates, retryAfterSeconds, [{ reason: 'DisruptionBudget', message: why }])
  if (retryAfterSeconds === 0) delete error.status.details?.retryAfterSeconds
  return error
}

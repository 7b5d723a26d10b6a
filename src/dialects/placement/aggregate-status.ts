import { isObject } from '../../base/json.js'
import type { Outcome } from '../../delivery/federation/contract.js'
import { setCondition } from '../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'

/** Counters of status that add up over clusters, by kind. */
const counters: Readonly<Record<string, readonly string[] | undefined>> = {
  __proto__: null as never,
  Deployment: ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'],
  ReplicaSet: ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
  StatefulSet: ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
  DaemonSet: [
    'currentNumberScheduled',
    'desiredNumberScheduled',
    'numberAvailable',
    'numberMisscheduled',
    'numberReady',
    'numberUnavailable',
    'updatedNumberScheduled',
  ],
  Job: ['active', 'succeeded', 'failed', 'ready'],
}

/**
 * The status of the object on the hub out of those of its copies: what counts is added up, so that `kubectl rollout status` and
 * health checks work on it. `observedGeneration` is the hub's as soon as every cluster has taken in what it was given. Undefined for
 * kinds whose status means nothing in sum.
 */
export function aggregateStatus(template: KubeObject, outcome: Outcome, now: string): Record<string, unknown> | undefined {
  const wanted = outcome.clusters.filter((cluster) => cluster.wanted)
  const live = outcome.clusters.flatMap(({ result }) => (result?.live === undefined ? [] : [result.live]))
  const fields = counters[template.kind]
  if (fields === undefined) return ingressOf(template, live)
  const status: Record<string, unknown> = {}
  const before = statusOf(template)
  for (const field of fields) {
    const sum = live.reduce((total, object) => total + numberOf(statusOf(object)[field]), 0)
    // API servers leave zeros out; a merge patch takes away what was more.
    if (sum > 0) status[field] = sum
    else if (before[field] !== undefined) status[field] = null
  }
  if (template.kind === 'Job') return status
  if (template.kind === 'DaemonSet') for (const field of fields.slice(0, 5)) status[field] ??= 0
  const settled = wanted.every(
    ({ result }) => result?.state === 'Applied' && result.live !== undefined && isObserved(result.live),
  )
  if (settled && template.metadata.generation !== undefined) status['observedGeneration'] = template.metadata.generation
  if (template.kind === 'Deployment') status['conditions'] = deploymentConditions(template, live, wanted.length, now)
  return status
}

function deploymentConditions(template: KubeObject, live: readonly KubeObject[], wanted: number, now: string): unknown {
  const available = live.filter((object) =>
    conditionsOf(object).some(({ type, status }) => type === 'Available' && status === 'True'),
  )
  const all = wanted > 0 && available.length >= wanted
  return setCondition(
    conditionsOf(template),
    {
      type: 'Available',
      status: all ? 'True' : 'False',
      reason: all ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: `available in ${available.length} of ${wanted} clusters`,
    },
    now,
  )
}

function ingressOf(template: KubeObject, live: readonly KubeObject[]): Record<string, unknown> | undefined {
  const spec = template['spec']
  const balanced =
    template.kind === 'Ingress' || (template.kind === 'Service' && isObject(spec) && spec['type'] === 'LoadBalancer')
  if (!balanced) return undefined
  const seen = new Map<string, unknown>()
  for (const object of live) {
    const balancer = statusOf(object)['loadBalancer']
    const points = isObject(balancer) && Array.isArray(balancer['ingress']) ? balancer['ingress'] : []
    for (const point of points) seen.set(JSON.stringify(point), point)
  }
  return { loadBalancer: { ingress: [...seen.keys()].sort().map((key) => seen.get(key)) } }
}

function isObserved(object: KubeObject): boolean {
  const observed = statusOf(object)['observedGeneration']
  return observed === undefined || numberOf(observed) >= (object.metadata.generation ?? 0)
}

function statusOf(object: KubeObject): Record<string, unknown> {
  const status = object['status']
  return isObject(status) ? status : {}
}

function conditionsOf(object: KubeObject): Condition[] {
  const conditions = statusOf(object)['conditions']
  return Array.isArray(conditions) ? conditions : []
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0
}

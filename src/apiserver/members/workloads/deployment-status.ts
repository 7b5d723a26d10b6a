import { findCondition, removeCondition, setCondition } from '../../../kube/object/condition.js'
import type { Condition } from '../../../kube/object/kube-object.js'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../engine/objects.js'
import { availableOf, rollingLimits, sum } from './deployment-scaling.js'

type DeploymentCondition = Condition & { lastUpdateTime?: string }

/** The status that upstream's controller would report, with `nowText` for what changes. */
export function decideDeploymentStatus(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  nowText: string,
): DeploymentStatus {
  const all = fresh === undefined ? old : [...old, fresh]
  const wanted = deployment.spec.replicas ?? 1
  const replicas = sum(all, (replicaSet) => replicaSet.status?.replicas ?? 0)
  const ready = sum(all, (replicaSet) => replicaSet.status?.readyReplicas ?? 0)
  const available = sum(all, availableOf)
  const updated = fresh?.status?.replicas ?? 0
  const unavailable = Math.max(0, sum(all, (replicaSet) => replicaSet.spec.replicas ?? 1) - available)
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...(replicas > 0 ? { replicas } : {}),
    ...(updated > 0 ? { updatedReplicas: updated } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    ...(unavailable > 0 ? { unavailableReplicas: unavailable } : {}),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
  }
  let conditions = deployment.status?.conditions ?? []
  conditions = decideProgressing(deployment, { ...counts, conditions }, fresh, old, nowText)
  const enough = available >= wanted - rollingLimits(deployment).maxUnavailable
  conditions = stamped(
    conditions,
    enough
      ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    nowText,
  )
  return { ...counts, conditions: withFailures(conditions, fresh, old, nowText) }
}

/** What keeps a ReplicaSet from having its pods is told of the Deployment too. */
function withFailures(
  conditions: readonly DeploymentCondition[],
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  nowText: string,
): DeploymentCondition[] {
  const failures = [...(fresh ? [fresh] : []), ...old].flatMap(
    ({ status }) => findCondition(status?.conditions, 'ReplicaFailure') ?? [],
  )
  const [failure] = failures
  if (failure === undefined) return [...removeCondition(conditions, 'ReplicaFailure')]
  const { type, status, reason, message } = failure
  return stamped(conditions, { type, status, reason, message }, nowText)
}

function decideProgressing(
  deployment: Deployment,
  status: DeploymentStatus,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  nowText: string,
): DeploymentCondition[] {
  const conditions = status.conditions ?? []
  const deadline = deployment.spec.progressDeadlineSeconds
  if (deadline === 2_147_483_647) return [...removeCondition(conditions, 'Progressing')]
  const progressing = (state: Condition['status'], reason: string, message: string) =>
    stamped(conditions, { type: 'Progressing', status: state, reason, message }, nowText)
  const before = findCondition(conditions, 'Progressing')
  if (deployment.spec.paused === true) return progressing('Unknown', 'DeploymentPaused', 'Deployment is paused')
  if (before?.reason === 'DeploymentPaused') return progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed')
  const subject = fresh === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${fresh.metadata.name}"`
  if (isComplete(deployment, status, old)) {
    return progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`)
  }
  if (before === undefined)
    return progressing('True', 'NewReplicaSetCreated', `Created new replica set "${fresh?.metadata.name ?? ''}"`)
  if (hasMoved(deployment, status)) {
    const moved = setTimes(progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`), nowText)
    return moved
  }
  if (hasTimedOut(before, deadline ?? 600, nowText)) {
    return progressing('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`)
  }
  return conditions
}

/** Everything wanted is updated and available, and nothing of the old is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus, old: readonly ReplicaSet[]): boolean {
  const wanted = deployment.spec.replicas ?? 1
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    sum(old, (replicaSet) => replicaSet.spec.replicas ?? 1) === 0
  )
}

function hasMoved({ status: before = {} }: Deployment, now: DeploymentStatus): boolean {
  const oldReplicas = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0) ||
    oldReplicas(now) < oldReplicas(before)
  )
}

function hasTimedOut(progressing: DeploymentCondition, deadlineSeconds: number, nowText: string): boolean {
  if (progressing.reason === 'ProgressDeadlineExceeded') return true
  if (progressing.reason === 'NewReplicaSetAvailable') return false
  const since = Date.parse(progressing.lastUpdateTime ?? progressing.lastTransitionTime)
  return Date.parse(nowText) >= since + deadlineSeconds * 1000
}

/** When a rollout that does not move has to be called timed out (epoch ms); undefined when it cannot time out now. */
export function progressDeadlineAt(deployment: Deployment, status: DeploymentStatus): number | undefined {
  const deadline = deployment.spec.progressDeadlineSeconds ?? 600
  const progressing = findCondition(status.conditions, 'Progressing')
  if (progressing?.status !== 'True' || progressing.reason === 'NewReplicaSetAvailable' || deadline === 2_147_483_647)
    return undefined
  return Date.parse(progressing.lastUpdateTime ?? progressing.lastTransitionTime) + deadline * 1000
}

function stamped(
  conditions: readonly DeploymentCondition[],
  condition: Omit<Condition, 'lastTransitionTime'>,
  nowText: string,
): DeploymentCondition[] {
  const next = setCondition(conditions, condition, nowText)
  if (next === conditions) return [...conditions]
  return next.map((entry) => (entry.type === condition.type ? { ...entry, lastUpdateTime: nowText } : entry))
}

function setTimes(conditions: readonly DeploymentCondition[], nowText: string): DeploymentCondition[] {
  return conditions.map((entry) => (entry.type === 'Progressing' ? { ...entry, lastUpdateTime: nowText } : entry))
}

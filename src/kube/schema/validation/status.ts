import { groupOf, type KubeObject } from '../../object/kube-object.js'
import { type Findings, membersOf, structsOf, textOf } from './findings.js'

/** Counts that are never negative, by group and kind, in the order of upstream's checks. */
const counts: Readonly<Record<string, readonly string[]>> = {
  '/ReplicationController': ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
  'apps/DaemonSet': [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ],
  'apps/Deployment': [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'collisionCount',
    'terminatingReplicas',
  ],
  'apps/ReplicaSet': [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'terminatingReplicas',
    'observedGeneration',
  ],
  'apps/StatefulSet': [
    'replicas',
    'readyReplicas',
    'currentReplicas',
    'updatedReplicas',
    'observedGeneration',
    'collisionCount',
    'availableReplicas',
  ],
  'autoscaling/HorizontalPodAutoscaler': ['currentReplicas', 'desiredReplicas'],
  'batch/Job': ['active', 'succeeded', 'failed', 'ready', 'terminating'],
  'policy/PodDisruptionBudget': ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'],
}

/** Each of these counts some of all replicas. */
const parts: Readonly<Record<string, readonly (readonly [part: string, whole: string, text: string])[]>> = {
  '/ReplicationController': [
    ['fullyLabeledReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'],
  ],
  'apps/Deployment': [
    ['updatedReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'],
  ],
  'apps/StatefulSet': [
    ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['currentReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['updatedReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than status.readyReplicas'],
  ],
}
const partsOf: typeof parts = { ...parts, 'apps/ReplicaSet': parts['/ReplicationController'] ?? [] }

/** What is wrong with the status that a write to the subresource brings. */
export function checkStatus(object: KubeObject, to: Findings): void {
  const key = `${groupOf(object.apiVersion)}/${object.kind}`
  const status = membersOf(object['status'])
  const numberOf = (field: string) => (typeof status[field] === 'number' ? (status[field] as number) : 0)
  for (const field of counts[key] ?? []) to.notNegative(`status.${field}`, status[field])
  for (const [part, whole, text] of partsOf[key] ?? []) {
    if (numberOf(part) > numberOf(whole)) to.invalid(`status.${part}`, numberOf(part), text)
  }
  if (key === '/Node') {
    for (const [index, address] of structsOf(status['addresses']).entries()) {
      if (textOf(address['type']) === '') to.required(`status.addresses[${index}].type`)
    }
  }
}

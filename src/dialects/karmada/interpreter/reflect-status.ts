import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldAt, objectAt } from '../fields.js'
import { annotations } from '../names.js'

interface Reflection {
  /** Whether the generations of the copy and of its template go along. */
  readonly generations?: boolean
  /** Kept where they are not zero, as Go's `omitempty` has it. */
  readonly fields: readonly string[]
  /** Numbers that are told even when they are zero. */
  readonly always?: readonly string[]
}

const reflections: Readonly<Record<string, Reflection | undefined>> = {
  __proto__: null as never,
  'apps/v1/Deployment': {
    generations: true,
    fields: ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'observedGeneration'],
  },
  'apps/v1/ReplicaSet': {
    generations: true,
    always: ['replicas'],
    fields: ['readyReplicas', 'availableReplicas', 'observedGeneration'],
  },
  'apps/v1/StatefulSet': {
    generations: true,
    always: ['replicas', 'availableReplicas'],
    // Upstream leaves observedGeneration out, and then never finds the template's own to be reached.
    fields: ['currentReplicas', 'readyReplicas', 'updatedReplicas', 'observedGeneration'],
  },
  'apps/v1/DaemonSet': {
    generations: true,
    always: ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady'],
    fields: ['numberAvailable', 'updatedNumberScheduled', 'numberUnavailable', 'observedGeneration'],
  },
  'batch/v1/Job': { fields: ['active', 'succeeded', 'failed', 'conditions', 'startTime', 'completionTime'] },
  'policy/v1/PodDisruptionBudget': {
    always: ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'],
    fields: ['disruptedPods'],
  },
  'autoscaling/v2/HorizontalPodAutoscaler': { always: ['desiredReplicas'], fields: ['currentReplicas'] },
}

/** What of a copy's status goes back to the hub; undefined where there is nothing to tell (yet). */
export function reflectStatus(live: KubeObject): Fields | undefined {
  const status = objectAt(live, 'status')
  if (status === undefined) return undefined
  const kind = `${live.apiVersion}/${live.kind}`
  if (kind === 'v1/Service') {
    if (fieldAt(live, 'spec', 'type') !== 'LoadBalancer') return undefined
    return { loadBalancer: objectAt(status, 'loadBalancer') ?? {} }
  }
  const reflection = reflections[kind]
  if (reflection === undefined) return status
  const told: Record<string, unknown> = {}
  if (reflection.generations === true) {
    const generation = live.metadata.generation ?? 0
    const template = templateGeneration(live)
    if (generation !== 0) told['generation'] = generation
    if (template !== 0) told['resourceTemplateGeneration'] = template
  }
  for (const field of reflection.always ?? []) told[field] = status[field] ?? 0
  for (const field of reflection.fields) {
    const value = status[field]
    if (value !== undefined && value !== null && value !== 0) told[field] = value
  }
  return Object.keys(told).length === 0 ? undefined : told
}

function templateGeneration(live: KubeObject): number {
  const text = live.metadata.annotations?.[annotations.templateGeneration] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

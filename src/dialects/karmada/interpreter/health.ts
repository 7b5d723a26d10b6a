import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fieldAt, numberAt, objectsAt, textAt } from '../fields.js'

export type ResourceHealth = 'Healthy' | 'Unhealthy' | 'Unknown'

const checks: Readonly<Record<string, ((object: KubeObject) => boolean) | undefined>> = {
  __proto__: null as never,
  'apps/v1/Deployment': rolledOut,
  'apps/v1/StatefulSet': rolledOut,
  'apps/v1/ReplicaSet': (object) => observed(object) && count(object, 'availableReplicas') >= wanted(object),
  'apps/v1/DaemonSet': (object) =>
    observed(object) &&
    count(object, 'updatedNumberScheduled') >= count(object, 'desiredNumberScheduled') &&
    count(object, 'numberAvailable') >= count(object, 'updatedNumberScheduled'),
  'v1/Service': (object) => fieldAt(object, 'spec', 'type') !== 'LoadBalancer' || hasAddress(object),
  'networking.k8s.io/v1/Ingress': hasAddress,
  'v1/PersistentVolumeClaim': (object) => textAt(object, 'status', 'phase') === 'Bound',
  'v1/Pod': (object) => {
    const phase = textAt(object, 'status', 'phase')
    if (phase === 'Succeeded') return true
    const ready = objectsAt(object, 'status', 'conditions').find((condition) => condition['type'] === 'Ready')
    return phase === 'Running' && ready?.['status'] === 'True'
  },
  'policy/v1/PodDisruptionBudget': (object) => count(object, 'currentHealthy') >= count(object, 'desiredHealthy'),
}

/** Karmada's own verdict on an object of a cluster; Unknown for kinds that it has none for. */
export function healthOf(object: KubeObject): ResourceHealth {
  const check = checks[`${object.apiVersion}/${object.kind}`]
  if (check === undefined) return 'Unknown'
  return check(object) ? 'Healthy' : 'Unhealthy'
}

function rolledOut(object: KubeObject): boolean {
  const updated = count(object, 'updatedReplicas')
  return observed(object) && updated >= wanted(object) && count(object, 'availableReplicas') >= updated
}

function observed(object: KubeObject): boolean {
  return count(object, 'observedGeneration') === (object.metadata.generation ?? 0)
}

function wanted(object: KubeObject): number {
  return numberAt(object, 'spec', 'replicas') ?? 0
}

function count(object: KubeObject, field: string): number {
  return numberAt(object, 'status', field) ?? 0
}

function hasAddress(object: KubeObject): boolean {
  return objectsAt(object, 'status', 'loadBalancer', 'ingress').some(
    (ingress) => textAt(ingress, 'hostname') !== '' || textAt(ingress, 'ip') !== '',
  )
}

import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

/**
 * Whether a copy does its work, by its own status; undefined where that cannot be told: a status that is not of this generation,
 * a kind without one. `ofOthers`: for kinds that are not known here.
 */
export function isHealthy(
  live: KubeObject,
  ofOthers: (live: KubeObject) => boolean | undefined = () => undefined,
): boolean | undefined {
  const spec = fields(live['spec'])
  const status = fields(live['status'])
  const seen = status['observedGeneration']
  if (typeof seen === 'number' && typeof live.metadata.generation === 'number' && seen < live.metadata.generation)
    return undefined
  switch (live.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'ReplicaSet':
      return typeof seen === 'number' ? count(status['readyReplicas']) >= count(spec['replicas'], 1) : undefined
    case 'DaemonSet':
      return typeof seen === 'number' ? count(status['numberReady']) >= count(status['desiredNumberScheduled']) : undefined
    case 'Job':
      return !conditions(status).some(({ type, status: value }) => type === 'Failed' && value === 'True')
    default:
      return ofOthers(live)
  }
}

function conditions(status: Record<string, unknown>): Record<string, unknown>[] {
  const list = status['conditions']
  return Array.isArray(list) ? list.map(fields) : []
}

function fields(value: unknown): Record<string, unknown> {
  return isObject(value) ? (value as Record<string, unknown>) : {}
}

function count(value: unknown, otherwise = 0): number {
  return typeof value === 'number' ? value : otherwise
}

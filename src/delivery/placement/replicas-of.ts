import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

/** Where kinds keep how many pods they want. */
const fields: Readonly<Record<string, string | undefined>> = {
  __proto__: null as never,
  'apps/v1/Deployment': 'replicas',
  'apps/v1/ReplicaSet': 'replicas',
  'apps/v1/StatefulSet': 'replicas',
  'v1/ReplicationController': 'replicas',
  'batch/v1/Job': 'parallelism',
}

/** The field of `spec` that counts replicas: that of the kind, or `replicas` where any other kind has a number there. */
export function replicasField(object: KubeObject): string | undefined {
  const known = fields[`${object.apiVersion}/${object.kind}`]
  if (known !== undefined) return known
  const spec = object['spec']
  return isObject(spec) && Number.isInteger(spec['replicas']) ? 'replicas' : undefined
}

/** How many replicas an object asks for; 1 where the field is left out. Undefined for what has no replicas. */
export function replicasOf(object: KubeObject): number | undefined {
  const field = replicasField(object)
  if (field === undefined) return undefined
  const spec = object['spec']
  const value = isObject(spec) ? spec[field] : undefined
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 1
}

/** The object with so many replicas; what has none stays as it is. */
export function withReplicas(object: KubeObject, replicas: number): KubeObject {
  const field = replicasField(object)
  if (field === undefined) return object
  const spec = object['spec']
  return { ...object, spec: { ...(isObject(spec) ? spec : {}), [field]: replicas } }
}

import { cloneJson, equalJson, isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

/** What people see of an object: without what only the cluster says, so that two states differ in what somebody wants. */
export function presentable(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object
  const { managedFields, resourceVersion, uid, generation, creationTimestamp, selfLink, ...metadata } = object.metadata
  const annotations = { ...metadata.annotations }
  delete annotations['kubectl.kubernetes.io/last-applied-configuration']
  return { ...rest, metadata: { ...metadata, ...(metadata.annotations ? { annotations } : {}) } }
}

/**
 * Values of Secrets are replaced by plus signs: the same value by the same number of them, another value by another number,
 * so that a change is seen and a value is not.
 */
export function maskSecrets(
  desired: KubeObject | undefined,
  live: KubeObject | undefined,
): [KubeObject | undefined, KubeObject | undefined] {
  if ((desired ?? live)?.kind !== 'Secret' || (desired ?? live)?.apiVersion !== 'v1') return [desired, live]
  const left = desired && cloneJson(desired)
  const right = live && cloneJson(live)
  for (const field of ['data', 'stringData']) {
    const a = isObject(left?.[field]) ? (left[field] as Record<string, unknown>) : {}
    const b = isObject(right?.[field]) ? (right[field] as Record<string, unknown>) : {}
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const changed = Object.hasOwn(a, key) && Object.hasOwn(b, key) && !equalJson(a[key], b[key])
      if (Object.hasOwn(a, key)) a[key] = '++++++++'
      if (Object.hasOwn(b, key)) b[key] = changed ? '+++++++++' : '++++++++'
    }
  }
  return [left, right]
}

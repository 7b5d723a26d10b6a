import { formatTime } from '../../base/clock.js'
import { freezeJson } from '../../base/json.js'
import { createSeededRandom, uuid } from '../../base/random.js'
import { type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import type { BaseLayer } from '../storage/contract.js'
import { metricsObjects } from './autoscaling/metrics-objects.js'
import { baseClasses } from './storage/base-classes.js'
import { aggregatedRules } from './upkeep/role-aggregation.js'

const roles = 'clusterroles.rbac.authorization.k8s.io'
const resources: Readonly<Record<string, string>> = {
  APIService: 'apiservices.apiregistration.k8s.io',
  ClusterRole: roles,
  StorageClass: 'storageclasses.storage.k8s.io',
}

/**
 * The base layer with what distributions of Kubernetes bring: metrics and storage classes. The default roles have taken in the
 * role for metrics already. The same objects in every process.
 */
export function withMemberObjects(layer: BaseLayer, nowMs: number): BaseLayer {
  const random = createSeededRandom(0x0f10_7112)
  const creationTimestamp = formatTime(nowMs)
  const all = new Map([...layer].map(([resource, objects]) => [resource, new Map(objects)]))
  for (const object of [...metricsObjects(creationTimestamp), ...baseClasses]) {
    const resource = resources[object.kind] as string
    let objects = all.get(resource)
    if (objects === undefined) all.set(resource, (objects = new Map<string, KubeObject>()))
    const metadata = { ...object.metadata, uid: uuid(random), resourceVersion: '1', creationTimestamp }
    objects.set(keyOf(object), freezeJson({ ...object, metadata }))
  }
  const clusterRoles = all.get(roles) ?? new Map<string, KubeObject>()
  // Roles take in roles that take in others: from the inside out.
  for (const name of ['view', 'edit', 'admin']) {
    const role = clusterRoles.get(name)
    if (role === undefined) continue
    const rules = aggregatedRules({ peekAll: () => clusterRoles.values() }, role)
    clusterRoles.set(name, freezeJson({ ...role, rules }))
  }
  return all
}

import { formatTime } from '../../base/clock.js'
import { freezeJson } from '../../base/json.js'
import { LazyMap } from '../../base/lazy-map.js'
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
  const creationTimestamp = formatTime(nowMs)
  const more = [...metricsObjects(creationTimestamp), ...baseClasses].map((object) => ({
    resource: resources[object.kind] as string,
    object,
  }))
  return new LazyMap(new Set([...layer.keys(), ...more.map(({ resource }) => resource)]), (wanted) => {
    const objects = new Map(layer.get(wanted))
    for (const [index, { resource, object }] of more.entries()) {
      if (resource !== wanted) continue
      // A uid is 16 bytes of chance.
      const uid = uuid(createSeededRandom(0x0f10_7112, index * 16))
      const metadata = { ...object.metadata, uid, resourceVersion: '1', creationTimestamp }
      objects.set(keyOf(object), freezeJson({ ...object, metadata }))
    }
    if (wanted === roles) aggregate(objects)
    return objects
  })
}

/** Roles take in roles that take in others: from the inside out. */
function aggregate(clusterRoles: Map<string, KubeObject>): void {
  for (const name of ['view', 'edit', 'admin']) {
    const role = clusterRoles.get(name)
    if (role === undefined) continue
    const rules = aggregatedRules({ peekAll: () => clusterRoles.values() }, role)
    clusterRoles.set(name, freezeJson({ ...role, rules }))
  }
}

import { formatTime } from '../../base/clock.js'
import { freezeJson } from '../../base/json.js'
import { createSeededRandom, uuid } from '../../base/random.js'
import { type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import { bootstrapPolicy } from '../auth/bootstrap-policy.js'
import type { BaseLayer } from '../storage/contract.js'

const resources: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  Role: 'roles.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
  PriorityClass: 'priorityclasses.scheduling.k8s.io',
}

const priorityClasses: readonly KubeObject[] = [
  priorityClass('system-cluster-critical', 2_000_000_000, 'must not be moved from the cluster, but may move between nodes'),
  priorityClass('system-node-critical', 2_000_001_000, 'must not be moved from their node'),
]

function priorityClass(name: string, value: number, about: string): KubeObject {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name, generation: 1 },
    value,
    preemptionPolicy: 'PreemptLowerPriority',
    description: `For system pods that ${about}.`,
  }
}

/**
 * What every cluster has without holding it: default roles and bindings, system priority classes. Give it to the storage as
 * `base`. The uids are the same in every process, so that clients see the same objects after a restart.
 */
export function createBootstrapLayer(nowMs: number): BaseLayer {
  const random = createSeededRandom(0x0f10_7111)
  const creationTimestamp = formatTime(nowMs)
  const layer = new Map<string, Map<string, KubeObject>>()
  for (const object of [...bootstrapPolicy, ...priorityClasses]) {
    const resource = resources[object.kind]
    if (resource === undefined) continue
    let objects = layer.get(resource)
    if (objects === undefined) layer.set(resource, (objects = new Map()))
    const metadata = { ...object.metadata, uid: uuid(random), resourceVersion: '1', creationTimestamp }
    objects.set(keyOf(object), freezeJson({ ...object, metadata }))
  }
  return layer
}

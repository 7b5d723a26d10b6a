import { formatTime } from '../../base/clock.js'
import { freezeJson } from '../../base/json.js'
import { LazyMap } from '../../base/lazy-map.js'
import { createSeededRandom, uuid } from '../../base/random.js'
import { type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import { defaultServiceRange } from '../registry/allocation/allocations.js'
import type { BaseLayer } from '../storage/contract.js'
import { bootstrapObjectLines } from './bootstrap-objects.generated.js'

const resources: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  Role: 'roles.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
  PriorityClass: 'priorityclasses.scheduling.k8s.io',
  FlowSchema: 'flowschemas.flowcontrol.apiserver.k8s.io',
  PriorityLevelConfiguration: 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  APIService: 'apiservices.apiregistration.k8s.io',
  ServiceCIDR: 'servicecidrs.networking.k8s.io',
}

const serviceCidr: KubeObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: 'kubernetes' },
  spec: { cidrs: [defaultServiceRange] },
  status: {},
}

/** A uid is 16 bytes of chance. */
const uidBytes = 16

/**
 * What every cluster has without holding it: default roles and bindings, system priority classes,
 * flow control, the range of Service addresses. Give it to the storage as
 * `base`. The uids are the same in every process, so that clients see the same objects after a restart. The objects of a resource
 * are made when somebody first asks for one of them: a start asks for few.
 */
export function createBootstrapLayer(nowMs: number): BaseLayer {
  const creationTimestamp = formatTime(nowMs)
  const known = bootstrapObjectLines.flatMap((line) => {
    const resource = resources[/"kind":"(\w+)"/.exec(line)?.[1] ?? '']
    return resource === undefined ? [] : [{ resource, read: () => readBootstrapObject(line, creationTimestamp) }]
  })
  known.push({ resource: resources.ServiceCIDR!, read: () => serviceCidr })
  return new LazyMap(new Set(known.map(({ resource }) => resource)), (wanted) => {
    const objects = new Map<string, KubeObject>()
    for (const [index, { resource, read }] of known.entries()) {
      if (resource !== wanted) continue
      const object = read()
      const uid = uuid(createSeededRandom(0x0f10_7111, index * uidBytes))
      const metadata = { ...object.metadata, uid, resourceVersion: '1', creationTimestamp }
      objects.set(keyOf(object), freezeJson({ ...object, metadata }))
    }
    return objects
  })
}

/**
 * What a kube-apiserver makes by itself: roles and bindings, system priority classes, flow control and the list of its
 * APIs. The rules of aggregated roles are filled in, as the aggregation controller leaves them.
 */
export function readBootstrapObjects(creationTimestamp: string): KubeObject[] {
  return bootstrapObjectLines.map((line) => readBootstrapObject(line, creationTimestamp))
}

function readBootstrapObject(line: string, creationTimestamp: string): KubeObject {
  const object = JSON.parse(line) as KubeObject & { status?: { conditions?: { lastTransitionTime: string | null }[] } }
  for (const condition of object.status?.conditions ?? []) condition.lastTransitionTime = creationTimestamp
  return object
}

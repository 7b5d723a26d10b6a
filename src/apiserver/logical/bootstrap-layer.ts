import { formatTime } from '../../base/clock.js'
import { freezeJson } from '../../base/json.js'
import { createSeededRandom, uuid } from '../../base/random.js'
import { type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import { bootstrapPolicy } from '../auth/bootstrap-policy.js'
import { defaultServiceRange } from '../registry/allocation/allocations.js'
import type { BaseLayer } from '../storage/contract.js'

const resources: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  Role: 'roles.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
  PriorityClass: 'priorityclasses.scheduling.k8s.io',
  FlowSchema: 'flowschemas.flowcontrol.apiserver.k8s.io',
  PriorityLevelConfiguration: 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  ServiceCIDR: 'servicecidrs.networking.k8s.io',
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

/** The mandatory objects of priority and fairness. They are there to be read: requests are not queued by them. */
const flowControl: readonly KubeObject[] = [
  priorityLevel('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
  priorityLevel('catch-all', {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
  }),
  flowSchema('exempt', 1, ['system:masters']),
  flowSchema('catch-all', 10_000, ['system:unauthenticated', 'system:authenticated']),
]

function priorityLevel(name: string, spec: object): KubeObject {
  const metadata = { name, generation: 1, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } }
  return { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'PriorityLevelConfiguration', metadata, spec, status: {} }
}

function flowSchema(name: string, matchingPrecedence: number, groups: readonly string[]): KubeObject {
  const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }
  return {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'FlowSchema',
    metadata: { name, generation: 1, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } },
    spec: {
      priorityLevelConfiguration: { name },
      matchingPrecedence,
      ...(name === 'catch-all' ? { distinguisherMethod: { type: 'ByUser' } } : {}),
      rules: [
        {
          subjects: groups.map((group) => ({ kind: 'Group', group: { name: group } })),
          resourceRules: [everything],
          nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        },
      ],
    },
    status: {},
  }
}

const serviceCidr: KubeObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: 'kubernetes' },
  spec: { cidrs: [defaultServiceRange] },
  status: {},
}

/**
 * What every cluster has without holding it: default roles and bindings, system priority classes,
 * flow control, the range of Service addresses. Give it to the storage as
 * `base`. The uids are the same in every process, so that clients see the same objects after a restart.
 */
export function createBootstrapLayer(nowMs: number): BaseLayer {
  const random = createSeededRandom(0x0f10_7111)
  const creationTimestamp = formatTime(nowMs)
  const layer = new Map<string, Map<string, KubeObject>>()
  for (const object of [...bootstrapPolicy, ...priorityClasses, ...flowControl, serviceCidr]) {
    const resource = resources[object.kind]
    if (resource === undefined) continue
    let objects = layer.get(resource)
    if (objects === undefined) layer.set(resource, (objects = new Map()))
    const metadata = { ...object.metadata, uid: uuid(random), resourceVersion: '1', creationTimestamp }
    objects.set(keyOf(object), freezeJson({ ...object, metadata }))
  }
  return layer
}

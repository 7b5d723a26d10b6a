import { encodeBase64 } from '../base64.js'
import {
  type Defaulter,
  isMembers,
  isZero,
  type Members,
  type Put,
  putAbsent,
  putZero,
  structAt,
  structsAt,
} from './defaulter.js'

const core = 'io.k8s.api.core.v1.'
const networking = 'io.k8s.api.networking.v1.'
const rbac = 'io.k8s.api.rbac.v1.'
const storage = 'io.k8s.api.storage.v1.'
const flowcontrol = 'io.k8s.api.flowcontrol.v1.'
const admission = 'io.k8s.api.admissionregistration.v1.'
const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.'
const rbacGroup = 'rbac.authorization.k8s.io'

const service: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  putZero(spec, put, { sessionAffinity: 'None', type: 'ClusterIP' })
  const affinity = spec['sessionAffinity']
  if (affinity === 'None' && isMembers(spec['sessionAffinityConfig'])) put(spec, 'sessionAffinityConfig', undefined)
  if (affinity === 'ClientIP' && !hasTimeout(spec['sessionAffinityConfig'])) {
    put(spec, 'sessionAffinityConfig', { clientIP: { timeoutSeconds: 10_800 } })
  }
  for (const port of structsAt(spec, 'ports')) {
    putZero(port, put, { protocol: 'TCP' })
    if (isZero(port['targetPort']) && !isZero(port['port'])) put(port, 'targetPort', port['port'])
  }
  const type = spec['type']
  const reachable = type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && !isZero(spec['externalIPs']))
  if (reachable) putZero(spec, put, { externalTrafficPolicy: 'Cluster' })
  if (type === 'NodePort' || type === 'LoadBalancer' || type === 'ClusterIP')
    putAbsent(spec, put, { internalTrafficPolicy: 'Cluster' })
  if (type === 'LoadBalancer') loadBalancer(it, spec, put)
}

function hasTimeout(config: unknown): boolean {
  const clientIP = isMembers(config) ? config['clientIP'] : undefined
  return isMembers(clientIP) && typeof clientIP['timeoutSeconds'] === 'number'
}

function loadBalancer(it: Members, spec: Members, put: Put): void {
  putAbsent(spec, put, { allocateLoadBalancerNodePorts: true })
  const status = it['status']
  const balancer = isMembers(status) ? status['loadBalancer'] : undefined
  if (!isMembers(balancer)) return
  for (const ingress of structsAt(balancer, 'ingress')) if (!isZero(ingress['ip'])) putAbsent(ingress, put, { ipMode: 'VIP' })
}

const namespace: Defaulter = (it, put) => {
  const metadata = it['metadata']
  if (!isMembers(metadata) || isZero(metadata['name'])) return
  const labels = structAt(metadata, 'labels', put)
  const label = 'kubernetes.io/metadata.name'
  if (labels[label] !== metadata['name']) put(labels, label, metadata['name'])
}

const limitRangeItem: Defaulter = (it, put) => {
  if (it['type'] !== 'Container') return
  fill(it, 'default', it['max'], put)
  fill(it, 'defaultRequest', it['default'], put)
  fill(it, 'defaultRequest', it['min'], put)
}

function fill(it: Members, key: string, from: unknown, put: Put): void {
  if (isMembers(from) && Object.keys(from).length > 0) putAbsent(structAt(it, key, put), put, from)
}

/** The first of the list stands in the older field too, and the other way round. */
const nodeSpec: Defaulter = (it, put) => {
  const ranges = it['podCIDRs']
  const first = Array.isArray(ranges) ? ranges[0] : undefined
  if (!isZero(it['podCIDR']) && first !== it['podCIDR']) put(it, 'podCIDRs', [it['podCIDR']])
  else if (isZero(it['podCIDR']) && Array.isArray(ranges) && ranges.length > 0) put(it, 'podCIDR', ranges[0])
}

const nodeStatus: Defaulter = (it, put) => {
  if (isMembers(it['capacity']) && !isMembers(it['allocatable'])) put(it, 'allocatable', { ...it['capacity'] })
}

const networkPolicy: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  putZero(spec, put, { policyTypes: isZero(spec['egress']) ? ['Ingress'] : ['Ingress', 'Egress'] })
}

const autoscaler: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  putAbsent(spec, put, { minReplicas: 1 })
  putZero(spec, put, {
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  })
  const behavior = spec['behavior']
  if (!isMembers(behavior)) return
  putAbsent(structAt(behavior, 'scaleUp', put), put, {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  })
  putAbsent(structAt(behavior, 'scaleDown', put), put, {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  })
}

const roleBinding: Defaulter = (it, put) => putZero(structAt(it, 'roleRef', put), put, { apiGroup: rbacGroup })

const validatingWebhook: Defaulter = (it, put) =>
  putAbsent(it, put, {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  })

const port443: Defaulter = (it, put) => putAbsent(it, put, { port: 443 })

const customResourceDefinition: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  const names = structAt(spec, 'names', put)
  const kind = names['kind']
  if (typeof kind === 'string' && kind !== '') putZero(names, put, { singular: kind.toLowerCase(), listKind: `${kind}List` })
  putAbsent(spec, put, { conversion: { strategy: 'None' } })
  const stored = structsAt(spec, 'versions').find((version) => version['storage'] === true)
  if (stored !== undefined) putZero(structAt(it, 'status', put), put, { storedVersions: [stored['name'] ?? ''] })
}

/** `stringData` is for writing only: the conversions move it into `data`. */
const secret: Defaulter = (it, put) => {
  putZero(it, put, { type: 'Opaque' })
  const texts = it['stringData']
  if (texts === undefined) return
  if (isMembers(texts) && Object.keys(texts).length > 0) {
    const data = structAt(it, 'data', put)
    for (const [key, text] of Object.entries(texts)) {
      put(data, key, typeof text === 'string' ? encodeBase64(new TextEncoder().encode(text)) : text)
    }
  }
  put(it, 'stringData', undefined)
}

/** Defaults of the kinds that neither are Pods nor make them, by the OpenAPI name of the struct. */
export const clusterDefaults: Readonly<Record<string, Defaulter>> = {
  [`${core}Service`]: service,
  [`${core}Namespace`]: namespace,
  [`${core}NamespaceStatus`]: (it, put) => putZero(it, put, { phase: 'Active' }),
  [`${core}NodeSpec`]: nodeSpec,
  [`${core}NodeStatus`]: nodeStatus,
  [`${core}LimitRangeItem`]: limitRangeItem,
  [`${core}Secret`]: secret,
  [`${core}PersistentVolume`]: (it, put) => {
    putZero(structAt(it, 'status', put), put, { phase: 'Pending' })
    const spec = structAt(it, 'spec', put)
    putZero(spec, put, { persistentVolumeReclaimPolicy: 'Retain' })
    putAbsent(spec, put, { volumeMode: 'Filesystem' })
  },
  [`${core}PersistentVolumeClaim`]: (it, put) => putZero(structAt(it, 'status', put), put, { phase: 'Pending' }),
  [`${core}PersistentVolumeClaimSpec`]: (it, put) => putAbsent(it, put, { volumeMode: 'Filesystem' }),
  [`${core}EndpointPort`]: (it, put) => putZero(it, put, { protocol: 'TCP' }),
  'io.k8s.api.discovery.v1.EndpointPort': (it, put) => putAbsent(it, put, { name: '', protocol: 'TCP' }),
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': (it, put) => putAbsent(structAt(it, 'spec', put), put, { minReplicas: 1 }),
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler': autoscaler,
  [`${networking}NetworkPolicy`]: networkPolicy,
  [`${networking}NetworkPolicyPort`]: (it, put) => putAbsent(it, put, { protocol: 'TCP' }),
  [`${networking}IngressClassParametersReference`]: (it, put) => putAbsent(it, put, { scope: 'Cluster' }),
  [`${rbac}ClusterRoleBinding`]: roleBinding,
  [`${rbac}RoleBinding`]: roleBinding,
  [`${rbac}Subject`]: (it, put) => {
    if (it['kind'] === 'User' || it['kind'] === 'Group') putZero(it, put, { apiGroup: rbacGroup })
  },
  [`${storage}StorageClass`]: (it, put) => putAbsent(it, put, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  [`${storage}CSIDriver`]: (it, put) => {
    const spec = structAt(it, 'spec', put)
    putAbsent(spec, put, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
    })
    putZero(spec, put, { volumeLifecycleModes: ['Persistent'] })
  },
  'io.k8s.api.scheduling.v1.PriorityClass': (it, put) => putAbsent(it, put, { preemptionPolicy: 'PreemptLowerPriority' }),
  'io.k8s.api.authentication.v1.TokenRequestSpec': (it, put) => putAbsent(it, put, { expirationSeconds: 3600 }),
  [`${flowcontrol}FlowSchemaSpec`]: (it, put) => putZero(it, put, { matchingPrecedence: 1000 }),
  [`${flowcontrol}ExemptPriorityLevelConfiguration`]: (it, put) =>
    putAbsent(it, put, { nominalConcurrencyShares: 0, lendablePercent: 0 }),
  [`${flowcontrol}LimitedPriorityLevelConfiguration`]: (it, put) =>
    putAbsent(it, put, { nominalConcurrencyShares: 30, lendablePercent: 0 }),
  [`${flowcontrol}QueuingConfiguration`]: (it, put) => putZero(it, put, { handSize: 8, queues: 64, queueLengthLimit: 50 }),
  [`${admission}ValidatingWebhook`]: validatingWebhook,
  [`${admission}MutatingWebhook`]: (it, put) => {
    validatingWebhook(it, put)
    putAbsent(it, put, { reinvocationPolicy: 'Never' })
  },
  [`${admission}RuleWithOperations`]: (it, put) => putAbsent(it, put, { scope: '*' }),
  [`${admission}NamedRuleWithOperations`]: (it, put) => putAbsent(it, put, { scope: '*' }),
  [`${admission}ServiceReference`]: port443,
  [`${admission}ValidatingAdmissionPolicySpec`]: (it, put) => putAbsent(it, put, { failurePolicy: 'Fail' }),
  [`${admission}MatchResources`]: (it, put) =>
    putAbsent(it, put, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }),
  [`${apiextensions}CustomResourceDefinition`]: customResourceDefinition,
  [`${apiextensions}ServiceReference`]: port443,
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference': port443,
}

import { formatTime } from '../../../base/clock.js'
import { freezeJson } from '../../../base/json.js'
import { createSeededRandom, uuid } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { BaseLayer } from '../../storage/contract.js'
import { aggregatedRules } from '../upkeep/role-aggregation.js'
import { metricsGroup } from './metrics-api.js'

const roles = 'clusterroles.rbac.authorization.k8s.io'
const apiServices = 'apiservices.apiregistration.k8s.io'

/**
 * The base layer of clusters that serve metrics: the APIService, and the role that lets readers of a namespace read its
 * metrics, which the default roles have taken in already. The same objects in every process.
 */
export function withMetricsObjects(layer: BaseLayer, nowMs: number): BaseLayer {
  const random = createSeededRandom(0x0f10_7112)
  const creationTimestamp = formatTime(nowMs)
  const made = (object: KubeObject): KubeObject =>
    freezeJson({
      ...object,
      metadata: { ...object.metadata, uid: uuid(random), resourceVersion: '1', creationTimestamp },
    })
  const service = made({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1beta1.${metricsGroup}`, labels: { 'k8s-app': 'metrics-server' } },
    spec: { group: metricsGroup, groupPriorityMinimum: 100, version: 'v1beta1', versionPriority: 100 },
    status: {
      conditions: [
        {
          lastTransitionTime: creationTimestamp,
          message: 'Local APIServices are always available',
          reason: 'Local',
          status: 'True',
          type: 'Available',
        },
      ],
    },
  })
  const aggregateTo = (role: string) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']
  const reader = made({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'system:aggregated-metrics-reader',
      labels: { 'k8s-app': 'metrics-server', ...Object.fromEntries(['admin', 'edit', 'view'].map(aggregateTo)) },
    },
    rules: [{ apiGroups: [metricsGroup], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
  })
  const allRoles = new Map([...(layer.get(roles) ?? []), [reader.metadata.name, reader]])
  // Roles take in roles that take in others: from the inside out.
  for (const name of ['view', 'edit', 'admin']) {
    const role = allRoles.get(name)
    if (role === undefined) continue
    const rules = aggregatedRules({ peekAll: () => allRoles.values() }, role)
    allRoles.set(name, freezeJson({ ...role, rules }))
  }
  return new Map([
    ...layer,
    [roles, allRoles],
    [apiServices, new Map([...(layer.get(apiServices) ?? []), [service.metadata.name, service]])],
  ])
}

import type { KubeObject } from '../../../kube/object/kube-object.js'
import { metricsGroup } from './metrics-api.js'

/** What stands for metrics in every cluster: the APIService, and the role that lets readers of a namespace read its metrics. */
export function metricsObjects(creationTimestamp: string): readonly KubeObject[] {
  const aggregateTo = (role: string) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']
  const available = { reason: 'Local', message: 'Local APIServices are always available' }
  return [
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1beta1.${metricsGroup}`, labels: { 'k8s-app': 'metrics-server' } },
      spec: { group: metricsGroup, groupPriorityMinimum: 100, version: 'v1beta1', versionPriority: 100 },
      status: { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: creationTimestamp, ...available }] },
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: {
        name: 'system:aggregated-metrics-reader',
        labels: { 'k8s-app': 'metrics-server', ...Object.fromEntries(['admin', 'edit', 'view'].map(aggregateTo)) },
      },
      rules: [{ apiGroups: [metricsGroup], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
    },
  ]
}

import { freezeJson } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { PolicyRule } from './rbac-rules.js'

const apiVersion = 'rbac.authorization.k8s.io/v1'
const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']
const readWrite = [...read, ...write]

const rule = (apiGroups: string[], resources: string[], verbs: string[]): PolicyRule => ({ verbs, apiGroups, resources })

const editableCore = [
  'configmaps',
  'events',
  'persistentvolumeclaims',
  'pods',
  'pods/attach',
  'pods/eviction',
  'pods/exec',
  'pods/portforward',
  'pods/proxy',
  'replicationcontrollers',
  'replicationcontrollers/scale',
  'secrets',
  'serviceaccounts',
  'services',
  'services/proxy',
]
const apps = [
  'daemonsets',
  'deployments',
  'deployments/rollback',
  'deployments/scale',
  'replicasets',
  'replicasets/scale',
  'statefulsets',
  'statefulsets/scale',
]
const viewable: PolicyRule[] = [
  rule(
    [''],
    [
      'bindings',
      'configmaps',
      'endpoints',
      'events',
      'limitranges',
      'namespaces',
      'namespaces/status',
      'persistentvolumeclaims',
      'persistentvolumeclaims/status',
      'pods',
      'pods/log',
      'pods/status',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'replicationcontrollers/status',
      'resourcequotas',
      'resourcequotas/status',
      'serviceaccounts',
      'services',
      'services/status',
    ],
    read,
  ),
  rule(['discovery.k8s.io'], ['endpointslices'], read),
  rule(
    ['apps'],
    [
      'controllerrevisions',
      'daemonsets',
      'daemonsets/status',
      'deployments',
      'deployments/scale',
      'deployments/status',
      'replicasets',
      'replicasets/scale',
      'replicasets/status',
      'statefulsets',
      'statefulsets/scale',
      'statefulsets/status',
    ],
    read,
  ),
  rule(['autoscaling'], ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'], read),
  rule(['batch'], ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'], read),
  rule(['networking.k8s.io'], ['ingresses', 'ingresses/status', 'networkpolicies'], read),
  rule(['policy'], ['poddisruptionbudgets', 'poddisruptionbudgets/status'], read),
]
const editable: PolicyRule[] = [
  rule([''], editableCore, write),
  rule([''], ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'], read),
  rule([''], ['serviceaccounts'], ['impersonate']),
  rule([''], ['serviceaccounts/token'], ['create']),
  rule(['apps'], apps, write),
  rule(['autoscaling'], ['horizontalpodautoscalers'], write),
  rule(['batch'], ['cronjobs', 'jobs'], write),
  rule(['networking.k8s.io'], ['ingresses', 'networkpolicies'], write),
  rule(['policy'], ['poddisruptionbudgets'], write),
  rule(['coordination.k8s.io'], ['leases'], readWrite),
]
const administrable: PolicyRule[] = [
  rule(['authorization.k8s.io'], ['localsubjectaccessreviews'], ['create']),
  rule(['rbac.authorization.k8s.io'], ['rolebindings', 'roles'], readWrite),
]

const defaulting = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const aggregate = (to: string) => ({ [`rbac.authorization.k8s.io/aggregate-to-${to}`]: 'true' })
const autoupdate = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }

function clusterRole(name: string, rules: readonly PolicyRule[], labels: Record<string, string> = {}): KubeObject {
  const metadata = { name, labels: { ...defaulting, ...labels }, annotations: autoupdate }
  return { apiVersion, kind: 'ClusterRole', metadata, rules }
}

function aggregated(
  name: string,
  from: readonly string[],
  own: readonly PolicyRule[],
  labels: Record<string, string> = {},
): KubeObject {
  const clusterRoleSelectors = from.map((role) => ({ matchLabels: aggregate(role) }))
  return { ...clusterRole(name, own, labels), aggregationRule: { clusterRoleSelectors } }
}

function binding(role: string, ...groups: string[]): KubeObject {
  return {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: role, labels: defaulting, annotations: autoupdate },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: groups.map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name })),
  }
}

const publicInfo = ['/healthz', '/livez', '/readyz', '/version', '/version/']
const discovery = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
]

/**
 * The roles and bindings that a cluster has from its first moment, as upstream's RBAC bootstrap policy has them for users
 * (those of the control plane's own components are left out: they run inside this process). Shared and frozen.
 */
export const bootstrapPolicy: readonly KubeObject[] = freezeJson([
  clusterRole('cluster-admin', [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ]),
  // The rules stand in the aggregated roles as well, as the aggregation controller would write them: clients read them there.
  aggregated('admin', ['admin'], [...administrable, ...editable, ...viewable]),
  aggregated('edit', ['edit'], [...editable, ...viewable], aggregate('admin')),
  aggregated('view', ['view'], viewable, aggregate('edit')),
  clusterRole('system:aggregate-to-admin', administrable, aggregate('admin')),
  clusterRole('system:aggregate-to-edit', editable, aggregate('edit')),
  clusterRole('system:aggregate-to-view', viewable, aggregate('view')),
  clusterRole('system:discovery', [{ verbs: ['get'], nonResourceURLs: discovery }]),
  clusterRole('system:public-info-viewer', [{ verbs: ['get'], nonResourceURLs: publicInfo }]),
  clusterRole('system:monitoring', [
    { verbs: ['get'], nonResourceURLs: ['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/readyz', '/readyz/*'] },
  ]),
  clusterRole('system:basic-user', [
    rule(['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
    rule(['authentication.k8s.io'], ['selfsubjectreviews'], ['create']),
  ]),
  clusterRole('system:auth-delegator', [
    rule(['authentication.k8s.io'], ['tokenreviews'], ['create']),
    rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
  ]),
  binding('cluster-admin', 'system:masters'),
  binding('system:basic-user', 'system:authenticated'),
  binding('system:discovery', 'system:authenticated'),
  binding('system:monitoring', 'system:monitoring'),
  binding('system:public-info-viewer', 'system:authenticated', 'system:unauthenticated'),
])

const installOrder = [
  'PriorityClass',
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodSecurityPolicy',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'SecretList',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleList',
  'ClusterRoleBinding',
  'ClusterRoleBindingList',
  'Role',
  'RoleList',
  'RoleBinding',
  'RoleBindingList',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'IngressClass',
  'Ingress',
  'APIService',
]
const ranks = new Map(installOrder.map((kind, rank) => [kind, rank]))

/** The order in which Helm installs kinds; unknown kinds come last, by name. */
export function compareKinds(a: string, b: string): number {
  const left = ranks.get(a)
  const right = ranks.get(b)
  if (left === undefined && right === undefined) return a < b ? -1 : a > b ? 1 : 0
  if (left === undefined) return 1
  return right === undefined ? -1 : left - right
}

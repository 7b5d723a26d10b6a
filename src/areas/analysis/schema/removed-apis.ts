export interface RemovedApi {
  readonly apiVersion: string
  readonly kinds: readonly string[]
  /** The minor version of Kubernetes 1 that does not serve it any more. */
  readonly since: number
  /** The API version to write, where there is one; undefined where the kind is gone. */
  readonly now: string | undefined
  /** True where objects mean the same under the new version. */
  readonly isSame?: boolean
}

/** From kubernetes.io/docs/reference/using-api/deprecation-guide. */
export const removedApis: readonly RemovedApi[] = [
  { apiVersion: 'extensions/v1beta1', kinds: ['Deployment', 'DaemonSet', 'ReplicaSet'], since: 16, now: 'apps/v1' },
  { apiVersion: 'extensions/v1beta1', kinds: ['NetworkPolicy'], since: 16, now: 'networking.k8s.io/v1', isSame: true },
  { apiVersion: 'extensions/v1beta1', kinds: ['PodSecurityPolicy'], since: 16, now: undefined },
  { apiVersion: 'extensions/v1beta1', kinds: ['Ingress'], since: 22, now: 'networking.k8s.io/v1' },
  { apiVersion: 'apps/v1beta1', kinds: ['Deployment', 'StatefulSet', 'ReplicaSet'], since: 16, now: 'apps/v1' },
  {
    apiVersion: 'apps/v1beta2',
    kinds: ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
    since: 16,
    now: 'apps/v1',
    isSame: true,
  },
  { apiVersion: 'networking.k8s.io/v1beta1', kinds: ['Ingress'], since: 22, now: 'networking.k8s.io/v1' },
  { apiVersion: 'networking.k8s.io/v1beta1', kinds: ['IngressClass'], since: 22, now: 'networking.k8s.io/v1', isSame: true },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1beta1',
    kinds: ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    since: 22,
    now: 'rbac.authorization.k8s.io/v1',
    isSame: true,
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1alpha1',
    kinds: ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    since: 22,
    now: 'rbac.authorization.k8s.io/v1',
    isSame: true,
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1beta1',
    kinds: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
    since: 22,
    now: 'admissionregistration.k8s.io/v1',
  },
  { apiVersion: 'apiextensions.k8s.io/v1beta1', kinds: ['CustomResourceDefinition'], since: 22, now: 'apiextensions.k8s.io/v1' },
  {
    apiVersion: 'apiregistration.k8s.io/v1beta1',
    kinds: ['APIService'],
    since: 22,
    now: 'apiregistration.k8s.io/v1',
    isSame: true,
  },
  { apiVersion: 'certificates.k8s.io/v1beta1', kinds: ['CertificateSigningRequest'], since: 22, now: 'certificates.k8s.io/v1' },
  { apiVersion: 'coordination.k8s.io/v1beta1', kinds: ['Lease'], since: 22, now: 'coordination.k8s.io/v1', isSame: true },
  { apiVersion: 'scheduling.k8s.io/v1beta1', kinds: ['PriorityClass'], since: 22, now: 'scheduling.k8s.io/v1', isSame: true },
  {
    apiVersion: 'storage.k8s.io/v1beta1',
    kinds: ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'],
    since: 22,
    now: 'storage.k8s.io/v1',
    isSame: true,
  },
  { apiVersion: 'batch/v1beta1', kinds: ['CronJob'], since: 25, now: 'batch/v1', isSame: true },
  { apiVersion: 'discovery.k8s.io/v1beta1', kinds: ['EndpointSlice'], since: 25, now: 'discovery.k8s.io/v1' },
  { apiVersion: 'events.k8s.io/v1beta1', kinds: ['Event'], since: 25, now: 'events.k8s.io/v1' },
  { apiVersion: 'autoscaling/v2beta1', kinds: ['HorizontalPodAutoscaler'], since: 25, now: 'autoscaling/v2' },
  { apiVersion: 'policy/v1beta1', kinds: ['PodDisruptionBudget'], since: 25, now: 'policy/v1' },
  { apiVersion: 'policy/v1beta1', kinds: ['PodSecurityPolicy'], since: 25, now: undefined },
  { apiVersion: 'node.k8s.io/v1beta1', kinds: ['RuntimeClass'], since: 25, now: 'node.k8s.io/v1', isSame: true },
  { apiVersion: 'autoscaling/v2beta2', kinds: ['HorizontalPodAutoscaler'], since: 26, now: 'autoscaling/v2' },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta1',
    kinds: ['FlowSchema', 'PriorityLevelConfiguration'],
    since: 26,
    now: 'flowcontrol.apiserver.k8s.io/v1',
  },
  { apiVersion: 'storage.k8s.io/v1beta1', kinds: ['CSIStorageCapacity'], since: 27, now: 'storage.k8s.io/v1', isSame: true },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta2',
    kinds: ['FlowSchema', 'PriorityLevelConfiguration'],
    since: 29,
    now: 'flowcontrol.apiserver.k8s.io/v1',
  },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta3',
    kinds: ['FlowSchema', 'PriorityLevelConfiguration'],
    since: 32,
    now: 'flowcontrol.apiserver.k8s.io/v1',
  },
]

const byKind = new Map(removedApis.flatMap((api) => api.kinds.map((kind) => [`${api.apiVersion}/${kind}`, api])))

export function removedApi(apiVersion: string, kind: string): RemovedApi | undefined {
  return byKind.get(`${apiVersion}/${kind}`)
}

/** The oldest version that is still maintained: what it does not serve, nobody should. */
export const oldestMaintained = 33

export interface RemovedApi {
  readonly apiVersion: string
  readonly kinds: readonly string[]
  /** The minor version of Kubernetes 1 that deprecates it: from here on there is what takes its place. */
  readonly deprecated: number
  /** The minor version of Kubernetes 1 that does not serve it any more. */
  readonly since: number
  /** The API version to write, where there is one; undefined where the kind is gone. */
  readonly now: string | undefined
  /** True where objects mean the same under the new version. */
  readonly isSame?: boolean
}

const roles = ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']
const webhooks = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']
const validatingPolicies = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']
const mutatingPolicies = ['MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding']
const flowControl = ['FlowSchema', 'PriorityLevelConfiguration']
const devices = ['DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice']

type Row = readonly [
  apiVersion: string,
  kinds: readonly string[],
  deprecated: number,
  since: number,
  now: string | undefined,
  same?: 'same',
]

/**
 * Facts of kubernetes.io/docs/reference/using-api/deprecation-guide, and for what is not in it yet of the lifecycle that the types
 * of k8s.io/api declare (v0.37: `APILifecycleDeprecated`, `APILifecycleRemoved`).
 */
const rows: readonly Row[] = [
  ['extensions/v1beta1', ['Deployment', 'DaemonSet', 'ReplicaSet'], 8, 16, 'apps/v1'],
  ['extensions/v1beta1', ['NetworkPolicy'], 9, 16, 'networking.k8s.io/v1', 'same'],
  ['extensions/v1beta1', ['PodSecurityPolicy'], 10, 16, undefined],
  ['extensions/v1beta1', ['Ingress'], 19, 22, 'networking.k8s.io/v1'],
  ['apps/v1beta1', ['Deployment', 'StatefulSet', 'ReplicaSet', 'ControllerRevision'], 8, 16, 'apps/v1'],
  ['apps/v1beta2', ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ControllerRevision'], 9, 16, 'apps/v1', 'same'],
  ['networking.k8s.io/v1beta1', ['Ingress'], 19, 22, 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1beta1', ['IngressClass'], 19, 22, 'networking.k8s.io/v1', 'same'],
  ['networking.k8s.io/v1beta1', ['IPAddress', 'ServiceCIDR'], 34, 37, 'networking.k8s.io/v1', 'same'],
  ['rbac.authorization.k8s.io/v1beta1', roles, 17, 22, 'rbac.authorization.k8s.io/v1', 'same'],
  ['rbac.authorization.k8s.io/v1alpha1', roles, 17, 22, 'rbac.authorization.k8s.io/v1', 'same'],
  ['admissionregistration.k8s.io/v1beta1', webhooks, 16, 22, 'admissionregistration.k8s.io/v1'],
  ['admissionregistration.k8s.io/v1alpha1', validatingPolicies, 30, 32, 'admissionregistration.k8s.io/v1', 'same'],
  ['admissionregistration.k8s.io/v1beta1', validatingPolicies, 31, 34, 'admissionregistration.k8s.io/v1', 'same'],
  ['admissionregistration.k8s.io/v1beta1', mutatingPolicies, 37, 40, 'admissionregistration.k8s.io/v1', 'same'],
  ['apiextensions.k8s.io/v1beta1', ['CustomResourceDefinition'], 16, 22, 'apiextensions.k8s.io/v1'],
  ['apiregistration.k8s.io/v1beta1', ['APIService'], 19, 22, 'apiregistration.k8s.io/v1', 'same'],
  ['authentication.k8s.io/v1beta1', ['TokenReview'], 19, 22, 'authentication.k8s.io/v1', 'same'],
  [
    'authorization.k8s.io/v1beta1',
    ['LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SubjectAccessReview', 'SelfSubjectRulesReview'],
    19,
    22,
    'authorization.k8s.io/v1',
  ],
  ['certificates.k8s.io/v1beta1', ['CertificateSigningRequest'], 19, 22, 'certificates.k8s.io/v1'],
  ['certificates.k8s.io/v1beta1', ['ClusterTrustBundle', 'PodCertificateRequest'], 37, 40, 'certificates.k8s.io/v1'],
  ['coordination.k8s.io/v1beta1', ['Lease'], 19, 22, 'coordination.k8s.io/v1', 'same'],
  ['scheduling.k8s.io/v1beta1', ['PriorityClass'], 14, 22, 'scheduling.k8s.io/v1', 'same'],
  ['settings.k8s.io/v1alpha1', ['PodPreset'], 19, 20, undefined],
  ['storage.k8s.io/v1beta1', ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'], 19, 22, 'storage.k8s.io/v1', 'same'],
  ['storage.k8s.io/v1alpha1', ['VolumeAttachment', 'CSIStorageCapacity'], 21, 24, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', ['CSIStorageCapacity'], 24, 27, 'storage.k8s.io/v1', 'same'],
  ['storage.k8s.io/v1alpha1', ['VolumeAttributesClass'], 34, 35, 'storage.k8s.io/v1', 'same'],
  ['storage.k8s.io/v1beta1', ['VolumeAttributesClass'], 34, 37, 'storage.k8s.io/v1', 'same'],
  ['storagemigration.k8s.io/v1beta1', ['StorageVersionMigration'], 37, 40, 'storagemigration.k8s.io/v1'],
  ['batch/v2alpha1', ['CronJob'], 21, 21, 'batch/v1', 'same'],
  ['batch/v1beta1', ['CronJob'], 21, 25, 'batch/v1', 'same'],
  ['discovery.k8s.io/v1beta1', ['EndpointSlice'], 21, 25, 'discovery.k8s.io/v1'],
  ['events.k8s.io/v1beta1', ['Event'], 19, 25, 'events.k8s.io/v1'],
  ['autoscaling/v2beta1', ['HorizontalPodAutoscaler'], 23, 25, 'autoscaling/v2'],
  ['autoscaling/v2beta2', ['HorizontalPodAutoscaler'], 23, 26, 'autoscaling/v2', 'same'],
  ['policy/v1beta1', ['PodDisruptionBudget'], 21, 25, 'policy/v1'],
  ['policy/v1beta1', ['PodSecurityPolicy'], 21, 25, undefined],
  ['node.k8s.io/v1beta1', ['RuntimeClass'], 22, 25, 'node.k8s.io/v1', 'same'],
  ['flowcontrol.apiserver.k8s.io/v1beta1', flowControl, 23, 26, 'flowcontrol.apiserver.k8s.io/v1'],
  ['flowcontrol.apiserver.k8s.io/v1beta2', flowControl, 26, 29, 'flowcontrol.apiserver.k8s.io/v1'],
  ['flowcontrol.apiserver.k8s.io/v1beta3', flowControl, 29, 32, 'flowcontrol.apiserver.k8s.io/v1', 'same'],
  ['resource.k8s.io/v1beta1', devices, 35, 38, 'resource.k8s.io/v1'],
  ['resource.k8s.io/v1beta2', devices, 36, 39, 'resource.k8s.io/v1', 'same'],
]

const byKind = new Map<string, RemovedApi>(
  rows.flatMap(([apiVersion, kinds, deprecated, since, now, same]) => {
    const api: RemovedApi = { apiVersion, kinds, deprecated, since, now, ...(same === 'same' ? { isSame: true } : {}) }
    return kinds.map((kind) => [`${apiVersion}/${kind}`, api] as const)
  }),
)

export function removedApi(apiVersion: string, kind: string): RemovedApi | undefined {
  return byKind.get(`${apiVersion}/${kind}`)
}

/** The oldest version that is still maintained: what it does not serve, nobody should. */
export const oldestMaintained = 33

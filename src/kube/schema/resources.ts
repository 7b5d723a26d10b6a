import type { ResourceType } from '../object/resource-type.js'

const readWrite = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

interface Row {
  kind: string
  plural: string
  singular?: string
  shortNames?: string[]
  categories?: string[]
  namespaced?: boolean
  verbs?: string[]
  subresources?: string[]
}

const namespaced = (kind: string, plural: string, more: Partial<Row> = {}): Row => ({ kind, plural, namespaced: true, ...more })
const clusterWide = (kind: string, plural: string, more: Partial<Row> = {}): Row => ({ kind, plural, namespaced: false, ...more })
const createOnly = { verbs: ['create'] }
const status = ['status']

const served: Readonly<Record<string, readonly Row[]>> = {
  '/v1': [
    namespaced('Binding', 'bindings', createOnly),
    clusterWide('ComponentStatus', 'componentstatuses', { shortNames: ['cs'], verbs: ['get', 'list'] }),
    namespaced('ConfigMap', 'configmaps', { shortNames: ['cm'] }),
    namespaced('Endpoints', 'endpoints', { singular: 'endpoints', shortNames: ['ep'] }),
    namespaced('Event', 'events', { shortNames: ['ev'] }),
    namespaced('LimitRange', 'limitranges', { shortNames: ['limits'] }),
    // A collection of namespaces cannot be deleted at once.
    clusterWide('Namespace', 'namespaces', {
      shortNames: ['ns'],
      verbs: readWrite.filter((verb) => verb !== 'deletecollection'),
      subresources: ['finalize', 'status'],
    }),
    clusterWide('Node', 'nodes', { shortNames: ['no'], subresources: ['proxy', 'status'] }),
    namespaced('PersistentVolumeClaim', 'persistentvolumeclaims', { shortNames: ['pvc'], subresources: status }),
    clusterWide('PersistentVolume', 'persistentvolumes', { shortNames: ['pv'], subresources: status }),
    namespaced('Pod', 'pods', {
      shortNames: ['po'],
      categories: ['all'],
      subresources: [
        'attach',
        'binding',
        'ephemeralcontainers',
        'eviction',
        'exec',
        'log',
        'portforward',
        'proxy',
        'resize',
        'status',
      ],
    }),
    namespaced('PodTemplate', 'podtemplates'),
    namespaced('ReplicationController', 'replicationcontrollers', {
      shortNames: ['rc'],
      categories: ['all'],
      subresources: ['scale', 'status'],
    }),
    namespaced('ResourceQuota', 'resourcequotas', { shortNames: ['quota'], subresources: status }),
    namespaced('Secret', 'secrets'),
    namespaced('ServiceAccount', 'serviceaccounts', { shortNames: ['sa'], subresources: ['token'] }),
    namespaced('Service', 'services', { shortNames: ['svc'], categories: ['all'], subresources: ['proxy', 'status'] }),
  ],
  'admissionregistration.k8s.io/v1': [
    clusterWide('MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', { categories: ['api-extensions'] }),
    clusterWide('ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
      categories: ['api-extensions'],
      subresources: status,
    }),
    clusterWide('ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', { categories: ['api-extensions'] }),
    clusterWide('ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', { categories: ['api-extensions'] }),
  ],
  'apiextensions.k8s.io/v1': [
    clusterWide('CustomResourceDefinition', 'customresourcedefinitions', {
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      subresources: status,
    }),
  ],
  'apiregistration.k8s.io/v1': [
    clusterWide('APIService', 'apiservices', { categories: ['api-extensions'], subresources: status }),
  ],
  'apps/v1': [
    namespaced('ControllerRevision', 'controllerrevisions'),
    namespaced('DaemonSet', 'daemonsets', { shortNames: ['ds'], categories: ['all'], subresources: status }),
    namespaced('Deployment', 'deployments', { shortNames: ['deploy'], categories: ['all'], subresources: ['scale', 'status'] }),
    namespaced('ReplicaSet', 'replicasets', { shortNames: ['rs'], categories: ['all'], subresources: ['scale', 'status'] }),
    namespaced('StatefulSet', 'statefulsets', { shortNames: ['sts'], categories: ['all'], subresources: ['scale', 'status'] }),
  ],
  'authentication.k8s.io/v1': [
    clusterWide('SelfSubjectReview', 'selfsubjectreviews', createOnly),
    clusterWide('TokenReview', 'tokenreviews', createOnly),
  ],
  'authorization.k8s.io/v1': [
    namespaced('LocalSubjectAccessReview', 'localsubjectaccessreviews', createOnly),
    clusterWide('SelfSubjectAccessReview', 'selfsubjectaccessreviews', createOnly),
    clusterWide('SelfSubjectRulesReview', 'selfsubjectrulesreviews', createOnly),
    clusterWide('SubjectAccessReview', 'subjectaccessreviews', createOnly),
  ],
  'autoscaling/v2': [
    namespaced('HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
      shortNames: ['hpa'],
      categories: ['all'],
      subresources: status,
    }),
  ],
  'autoscaling/v1': [
    namespaced('HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
      shortNames: ['hpa'],
      categories: ['all'],
      subresources: status,
    }),
  ],
  'batch/v1': [
    namespaced('CronJob', 'cronjobs', { shortNames: ['cj'], categories: ['all'], subresources: status }),
    namespaced('Job', 'jobs', { categories: ['all'], subresources: status }),
  ],
  'certificates.k8s.io/v1': [
    clusterWide('CertificateSigningRequest', 'certificatesigningrequests', {
      shortNames: ['csr'],
      subresources: ['approval', 'status'],
    }),
  ],
  'coordination.k8s.io/v1': [namespaced('Lease', 'leases')],
  'discovery.k8s.io/v1': [namespaced('EndpointSlice', 'endpointslices')],
  'events.k8s.io/v1': [namespaced('Event', 'events', { shortNames: ['ev'] })],
  'flowcontrol.apiserver.k8s.io/v1': [
    clusterWide('FlowSchema', 'flowschemas', { subresources: status }),
    clusterWide('PriorityLevelConfiguration', 'prioritylevelconfigurations', { subresources: status }),
  ],
  'networking.k8s.io/v1': [
    clusterWide('IngressClass', 'ingressclasses'),
    namespaced('Ingress', 'ingresses', { shortNames: ['ing'], subresources: status }),
    clusterWide('IPAddress', 'ipaddresses', { shortNames: ['ip'] }),
    namespaced('NetworkPolicy', 'networkpolicies', { shortNames: ['netpol'] }),
    clusterWide('ServiceCIDR', 'servicecidrs', { subresources: status }),
  ],
  'node.k8s.io/v1': [clusterWide('RuntimeClass', 'runtimeclasses')],
  'policy/v1': [namespaced('PodDisruptionBudget', 'poddisruptionbudgets', { shortNames: ['pdb'], subresources: status })],
  'rbac.authorization.k8s.io/v1': [
    clusterWide('ClusterRoleBinding', 'clusterrolebindings'),
    clusterWide('ClusterRole', 'clusterroles'),
    namespaced('RoleBinding', 'rolebindings'),
    namespaced('Role', 'roles'),
  ],
  'scheduling.k8s.io/v1': [clusterWide('PriorityClass', 'priorityclasses', { shortNames: ['pc'] })],
  'storage.k8s.io/v1': [
    clusterWide('CSIDriver', 'csidrivers'),
    clusterWide('CSINode', 'csinodes'),
    namespaced('CSIStorageCapacity', 'csistoragecapacities'),
    clusterWide('StorageClass', 'storageclasses', { shortNames: ['sc'] }),
    clusterWide('VolumeAttachment', 'volumeattachments', { subresources: status }),
  ],
}

/**
 * Every resource of Kubernetes itself, as discovery of kube-apiserver lists it: scope, names, verbs, subresources.
 * `autoscaling/v2` stands before `v1` since it is the preferred version.
 */
export const builtInResources: readonly ResourceType[] = Object.entries(served).flatMap(([groupVersion, rows]) =>
  rows.map((row) => {
    const [group = '', version = ''] = groupVersion.split('/')
    return {
      group,
      version,
      kind: row.kind,
      plural: row.plural,
      namespaced: row.namespaced === true,
      singular: row.singular ?? row.kind.toLowerCase(),
      verbs: row.verbs ?? readWrite,
      ...(row.shortNames ? { shortNames: row.shortNames } : {}),
      ...(row.categories ? { categories: row.categories } : {}),
      ...(row.subresources ? { subresources: row.subresources } : {}),
    }
  }),
)

/** The body that a subresource takes and gives, where it is not the resource's own kind. */
export const subresourceKinds: Readonly<
  Record<string, { group: string; version: string; kind: string; verbs: readonly string[] }>
> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] },
  binding: { group: '', version: 'v1', kind: 'Binding', verbs: ['create'] },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  exec: { group: '', version: 'v1', kind: 'PodExecOptions', verbs: ['create', 'get'] },
  attach: { group: '', version: 'v1', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  portforward: { group: '', version: 'v1', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
}

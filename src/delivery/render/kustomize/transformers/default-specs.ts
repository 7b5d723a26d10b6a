import type { Gvk } from '../resources/gvk.js'
import type { FieldSpec } from './field-spec.js'

/** A kind whose name other kinds refer to, and where. */
export interface NameReference extends Gvk {
  readonly fieldSpecs: readonly FieldSpec[]
}

/** Where each transformer works: kustomize's built-in configuration, to which `configurations` and `crds` add. */
export interface TransformerConfig {
  readonly namePrefix: readonly FieldSpec[]
  readonly nameSuffix: readonly FieldSpec[]
  readonly namespace: readonly FieldSpec[]
  readonly commonLabels: readonly FieldSpec[]
  readonly labels: readonly FieldSpec[]
  readonly templateLabels: readonly FieldSpec[]
  readonly volumeClaimTemplateLabels: readonly FieldSpec[]
  readonly commonAnnotations: readonly FieldSpec[]
  readonly nameReference: readonly NameReference[]
  readonly varReference: readonly FieldSpec[]
  readonly images: readonly FieldSpec[]
  readonly replicas: readonly FieldSpec[]
}

/** Where the pod spec of each kind is. */
const podSpec: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  Job: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
}
const withEnvironment = ['Pod', 'PodTemplate', 'Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job', 'CronJob']
const withAccount = ['Pod', 'StatefulSet', 'Deployment', 'ReplicationController', 'CronJob', 'Job', 'DaemonSet']
const withVars = ['CronJob', 'DaemonSet', 'Deployment', 'Job', 'Pod', 'ReplicaSet', 'StatefulSet']

function at(kind: string, ...paths: readonly string[]): FieldSpec[] {
  return paths.map((path) => ({ kind, path }))
}

function creates(path: string, selector: Omit<FieldSpec, 'path' | 'create'> = {}): FieldSpec {
  return { ...selector, path, create: true }
}

function inPods(kinds: readonly string[], ...paths: readonly string[]): FieldSpec[] {
  return kinds.flatMap((kind) => at(kind, ...paths.map((path) => `${podSpec[kind]}/${path}`)))
}

/** Only pods of v1 refer to ConfigMaps and Secrets; the other kinds do in any version. */
function asCorePods(specs: readonly FieldSpec[]): FieldSpec[] {
  return specs.map((spec) => (spec.kind === 'Pod' ? { ...spec, version: 'v1' } : spec))
}

function refersTo(kind: string, version: string, group: string, fieldSpecs: readonly FieldSpec[]): NameReference {
  return { kind, version, group, fieldSpecs }
}

const scaled = at('HorizontalPodAutoscaler', 'spec/scaleTargetRef/name')
const grantedNames = [...at('Role', 'rules/resourceNames'), ...at('ClusterRole', 'rules/resourceNames')]
const rbac = 'rbac.authorization.k8s.io'
const binding = (kind: string, path: string): FieldSpec => ({ kind, group: rbac, path })

const nameReference: readonly NameReference[] = [
  refersTo('Deployment', '', '', scaled),
  refersTo('ReplicationController', '', '', scaled),
  refersTo('ReplicaSet', '', '', scaled),
  refersTo('StatefulSet', '', '', scaled),
  refersTo('ConfigMap', 'v1', '', [
    ...asCorePods(
      inPods(
        withEnvironment,
        'volumes/configMap/name',
        'containers/env/valueFrom/configMapKeyRef/name',
        'initContainers/env/valueFrom/configMapKeyRef/name',
        'containers/envFrom/configMapRef/name',
        'initContainers/envFrom/configMapRef/name',
        'volumes/projected/sources/configMap/name',
      ),
    ),
    ...at('Node', 'spec/configSource/configMap'),
    ...grantedNames,
    ...at('Ingress', 'metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap'),
  ]),
  refersTo('Secret', 'v1', '', [
    ...asCorePods(
      inPods(
        withEnvironment,
        'volumes/secret/secretName',
        'containers/env/valueFrom/secretKeyRef/name',
        'initContainers/env/valueFrom/secretKeyRef/name',
        'containers/envFrom/secretRef/name',
        'initContainers/envFrom/secretRef/name',
        'imagePullSecrets/name',
        'volumes/projected/sources/secret/name',
      ),
    ),
    ...at(
      'Ingress',
      'spec/tls/secretName',
      'metadata/annotations/ingress.kubernetes.io\\/auth-secret',
      'metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret',
      'metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret',
    ),
    ...at('ServiceAccount', 'imagePullSecrets/name'),
    ...at(
      'StorageClass',
      'parameters/secretName',
      'parameters/adminSecretName',
      'parameters/userSecretName',
      'parameters/secretRef',
    ),
    ...grantedNames,
    {
      kind: 'Service',
      group: 'serving.knative.dev',
      version: 'v1',
      path: 'spec/template/spec/containers/env/valueFrom/secretKeyRef/name',
    },
    ...at('PersistentVolume', 'spec/azureFile/secretName'),
  ]),
  refersTo('Service', 'v1', '', [
    { kind: 'StatefulSet', group: 'apps', path: 'spec/serviceName' },
    ...at(
      'Ingress',
      'spec/rules/http/paths/backend/serviceName',
      'spec/backend/serviceName',
      'spec/rules/http/paths/backend/service/name',
      'spec/defaultBackend/service/name',
    ),
    { kind: 'APIService', group: 'apiregistration.k8s.io', path: 'spec/service/name' },
    { kind: 'ValidatingWebhookConfiguration', group: 'admissionregistration.k8s.io', path: 'webhooks/clientConfig/service' },
    { kind: 'MutatingWebhookConfiguration', group: 'admissionregistration.k8s.io', path: 'webhooks/clientConfig/service' },
  ]),
  refersTo('Role', '', rbac, [binding('RoleBinding', 'roleRef/name')]),
  refersTo('ClusterRole', '', rbac, [binding('RoleBinding', 'roleRef/name'), binding('ClusterRoleBinding', 'roleRef/name')]),
  refersTo('ServiceAccount', 'v1', '', [
    binding('RoleBinding', 'subjects'),
    binding('ClusterRoleBinding', 'subjects'),
    ...inPods(withAccount, 'serviceAccountName'),
  ]),
  refersTo('PersistentVolumeClaim', 'v1', '', inPods(withAccount, 'volumes/persistentVolumeClaim/claimName')),
  refersTo('PersistentVolume', 'v1', '', [
    ...at('PersistentVolumeClaim', 'spec/volumeName'),
    ...at('ClusterRole', 'rules/resourceNames'),
  ]),
  refersTo('StorageClass', 'v1', 'storage.k8s.io', [
    ...at('PersistentVolume', 'spec/storageClassName'),
    ...at('PersistentVolumeClaim', 'spec/storageClassName'),
    ...at('StatefulSet', 'spec/volumeClaimTemplates/spec/storageClassName'),
  ]),
  refersTo('PriorityClass', 'v1', 'scheduling.k8s.io', inPods(withAccount, 'priorityClassName')),
  refersTo('IngressClass', 'v1', 'networking.k8s.io/v1', at('Ingress', 'spec/ingressClassName')),
  refersTo('ValidatingAdmissionPolicy', '', 'admissionregistration.k8s.io', [
    { kind: 'ValidatingAdmissionPolicyBinding', group: 'admissionregistration.k8s.io', path: 'spec/policyName' },
  ]),
]

const templateLabels: readonly FieldSpec[] = [
  creates('metadata/labels'),
  creates('spec/template/metadata/labels', { version: 'v1', kind: 'ReplicationController' }),
  creates('spec/template/metadata/labels', { kind: 'Deployment' }),
  creates('spec/template/metadata/labels', { kind: 'ReplicaSet' }),
  creates('spec/template/metadata/labels', { kind: 'DaemonSet' }),
  creates('spec/template/metadata/labels', { group: 'apps', kind: 'StatefulSet' }),
  creates('spec/template/metadata/labels', { group: 'batch', kind: 'Job' }),
  creates('spec/jobTemplate/metadata/labels', { group: 'batch', kind: 'CronJob' }),
  creates('spec/jobTemplate/spec/template/metadata/labels', { group: 'batch', kind: 'CronJob' }),
]

const volumeClaimTemplateLabels: readonly FieldSpec[] = [
  creates('spec/volumeClaimTemplates[]/metadata/labels', { group: 'apps', kind: 'StatefulSet' }),
]

const affinitySelectors = ['podAffinity', 'podAntiAffinity'].flatMap((affinity) => [
  `spec/template/spec/affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `spec/template/spec/affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
])
const schedulingSelectors = ['Deployment', 'StatefulSet'].flatMap((kind) =>
  [...affinitySelectors, 'spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels'].map((path) => ({
    group: 'apps',
    kind,
    path,
  })),
)

export const defaultConfig: TransformerConfig = {
  namePrefix: [{ path: 'metadata/name' }],
  nameSuffix: [{ path: 'metadata/name' }],
  namespace: [
    creates('metadata/name', { kind: 'Namespace' }),
    creates('spec/service/namespace', { group: 'apiregistration.k8s.io', kind: 'APIService' }),
    {
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
      path: 'spec/conversion/webhook/clientConfig/service/namespace',
    },
  ],
  commonLabels: [
    creates('spec/selector', { version: 'v1', kind: 'Service' }),
    creates('spec/selector', { version: 'v1', kind: 'ReplicationController' }),
    creates('spec/selector/matchLabels', { kind: 'Deployment' }),
    creates('spec/selector/matchLabels', { kind: 'ReplicaSet' }),
    creates('spec/selector/matchLabels', { kind: 'DaemonSet' }),
    creates('spec/selector/matchLabels', { group: 'apps', kind: 'StatefulSet' }),
    ...schedulingSelectors,
    { group: 'batch', kind: 'Job', path: 'spec/selector/matchLabels' },
    { group: 'batch', kind: 'CronJob', path: 'spec/jobTemplate/spec/selector/matchLabels' },
    { group: 'policy', kind: 'PodDisruptionBudget', path: 'spec/selector/matchLabels' },
    ...[
      'spec/podSelector/matchLabels',
      'spec/ingress/from/podSelector/matchLabels',
      'spec/egress/to/podSelector/matchLabels',
    ].map((path) => ({ group: 'networking.k8s.io', kind: 'NetworkPolicy', path })),
    ...templateLabels,
    ...volumeClaimTemplateLabels,
  ],
  labels: [],
  templateLabels,
  volumeClaimTemplateLabels,
  commonAnnotations: [
    creates('metadata/annotations'),
    creates('spec/template/metadata/annotations', { version: 'v1', kind: 'ReplicationController' }),
    ...['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].map((kind) =>
      creates('spec/template/metadata/annotations', { kind }),
    ),
    creates('spec/template/metadata/annotations', { group: 'batch', kind: 'Job' }),
    creates('spec/jobTemplate/metadata/annotations', { group: 'batch', kind: 'CronJob' }),
    creates('spec/jobTemplate/spec/template/metadata/annotations', { group: 'batch', kind: 'CronJob' }),
  ],
  nameReference,
  varReference: [
    ...withVars.flatMap((kind) =>
      inPods(
        [kind],
        ...['containers', 'initContainers'].flatMap((list) => [
          `${list}/args`,
          `${list}/command`,
          `${list}/env/value`,
          `${list}/volumeMounts/mountPath`,
        ]),
      ),
    ),
    ...inPods(['DaemonSet', 'Deployment', 'Job', 'Pod', 'ReplicaSet'], 'volumes/nfs/server'),
    ...at('CronJob', 'spec/jobTemplate/spec/template/volumes/nfs/server'),
    ...at('Deployment', 'spec/template/metadata/annotations'),
    ...at('Ingress', 'spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'),
    ...at('Service', 'spec/ports/port', 'spec/ports/targetPort'),
    ...at('StatefulSet', 'spec/volumeClaimTemplates/spec/nfs/server'),
    ...at('PersistentVolume', 'spec/nfs/server'),
    { path: 'metadata/labels' },
    { path: 'metadata/annotations' },
  ],
  images: [
    'spec/containers[]/image',
    'spec/initContainers[]/image',
    'spec/template/spec/containers[]/image',
    'spec/template/spec/initContainers[]/image',
    'spec/volumes[]/image/reference',
    'spec/template/spec/volumes[]/image/reference',
    'spec/jobTemplate/spec/template/spec/volumes[]/image/reference',
  ].map((path) => creates(path)),
  replicas: ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) =>
    creates('spec/replicas', { kind }),
  ),
}

import { equalJson } from '../../../base/json.js'
import { groupOf, type KubeObject } from '../../object/kube-object.js'
import type { StatusCause } from '../../object/status-error.js'
import { checkDefinitionUpdate, checkNewDefinition } from '../definitions/check-definition.js'
import { checkAdmissionPolicy, checkAdmissionPolicyBinding } from './admission-policies.js'
import {
  checkConfigMap,
  checkDataUpdate,
  checkNamespace,
  checkNamespaceFinalizers,
  checkNode,
  checkNodeUpdate,
  checkSecret,
  checkSecretUpdate,
} from './configuration.js'
import { checkEventUpdate, checkNewEvent } from './events.js'
import { Findings, type Members } from './findings.js'
import {
  checkCertificateRequest,
  checkControllerRevision,
  checkControllerRevisionUpdate,
  checkFlowSchema,
  checkIngressClass,
  checkIngressClassUpdate,
  checkPriorityClassUpdate,
  checkPriorityLevel,
  checkRuntimeClass,
  checkRuntimeClassUpdate,
} from './fixed-fields.js'
import { checkCronJob, checkJob, checkJobUpdate, checkNewJob } from './jobs.js'
import { checkLimitRange } from './limit-ranges.js'
import { checkMetadata, checkMetadataUpdate, type MetadataOptions, metadataOf } from './metadata.js'
import { checkIngress, checkNetworkPolicy } from './networking.js'
import { checkEphemeralUpdate, checkResize } from './pod-parts.js'
import { checkNewPod, checkPodUpdate } from './pods.js'
import { checkAutoscaler, checkDisruptionBudget, checkLease, checkQuota, checkQuotaUpdate } from './policies.js'
import { checkRole, checkRoleBinding, checkRoleBindingUpdate } from './rbac.js'
import { checkEndpointSlice, checkEndpoints, checkService, checkServiceUpdate } from './services.js'
import { checkStatus } from './status.js'
import { checkClaim, checkClaimUpdate, checkVolume, checkVolumeUpdate } from './storage.js'
import {
  checkCsiDriver,
  checkCsiDriverUpdate,
  checkCsiNode,
  checkCsiNodeUpdate,
  checkPriorityClass,
  checkStorageCapacity,
  checkStorageCapacityUpdate,
  checkStorageClass,
  checkStorageClassUpdate,
  checkVolumeAttachment,
  checkVolumeAttachmentUpdate,
} from './storage-kinds.js'
import { checkWebhookConfiguration, checkWebhookConfigurationUpdate } from './webhook-configurations.js'
import {
  checkDaemonSet,
  checkDeployment,
  checkReplicaSet,
  checkReplicationController,
  checkSelectorUpdate,
  checkStatefulSet,
  checkStatefulSetChange,
  checkTemplateObject,
} from './workloads.js'

interface Rules {
  /** What an object of the kind must be, whenever it is written. */
  readonly check?: (object: Members, to: Findings) => void
  /** Instead of `check` on create. */
  readonly create?: (object: Members, to: Findings) => void
  /** What may not change. Runs after `check`. */
  readonly update?: (object: Members, old: Members, to: Findings) => void
}

/** By group and kind. */
const rules: Readonly<Record<string, Rules>> = {
  '/ConfigMap': { check: checkConfigMap, update: checkDataUpdate },
  '/Endpoints': { check: checkEndpoints },
  '/Event': { create: checkNewEvent, update: checkEventUpdate },
  '/LimitRange': { check: checkLimitRange },
  '/Namespace': { check: checkNamespace },
  '/Node': { check: checkNode, update: checkNodeUpdate },
  '/PersistentVolume': { check: checkVolume, update: checkVolumeUpdate },
  '/PersistentVolumeClaim': { create: checkClaim, update: checkClaimUpdate },
  '/PodTemplate': { check: checkTemplateObject },
  '/ReplicationController': { check: checkReplicationController },
  '/Pod': { create: checkNewPod, update: checkPodUpdate },
  '/ResourceQuota': { check: checkQuota, update: checkQuotaUpdate },
  '/Secret': { check: checkSecret, update: checkSecretUpdate },
  '/Service': { check: checkService, update: checkServiceUpdate },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': {
    create: checkWebhookConfiguration,
    update: checkWebhookConfigurationUpdate,
  },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': { check: checkAdmissionPolicy },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': { check: checkAdmissionPolicyBinding },
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': {
    create: checkWebhookConfiguration,
    update: checkWebhookConfigurationUpdate,
  },
  'apiextensions.k8s.io/CustomResourceDefinition': { create: checkNewDefinition, update: checkDefinitionUpdate },
  'apps/DaemonSet': { check: checkDaemonSet, update: checkSelectorUpdate },
  'apps/Deployment': { check: checkDeployment, update: checkSelectorUpdate },
  'apps/ReplicaSet': { check: checkReplicaSet, update: checkSelectorUpdate },
  'apps/StatefulSet': { check: checkStatefulSet, update: checkStatefulSetChange },
  'autoscaling/HorizontalPodAutoscaler': { check: checkAutoscaler },
  'batch/CronJob': { check: checkCronJob },
  'batch/Job': { check: checkJob, create: checkNewJob, update: checkJobUpdate },
  'coordination.k8s.io/Lease': { check: checkLease },
  'discovery.k8s.io/EndpointSlice': {
    create: checkEndpointSlice,
    update: (slice, old, to) => {
      // Endpoints that stay as they were are good enough.
      const same = equalJson(slice['endpoints'] ?? null, old['endpoints'] ?? null)
      checkEndpointSlice(same ? { ...slice, endpoints: [] } : slice, to)
      to.immutable('addressType', slice['addressType'], !equalJson(slice['addressType'], old['addressType']))
    },
  },
  'networking.k8s.io/Ingress': { check: checkIngress },
  'networking.k8s.io/NetworkPolicy': { check: checkNetworkPolicy },
  'policy/PodDisruptionBudget': { check: checkDisruptionBudget },
  'events.k8s.io/Event': { create: checkNewEvent, update: checkEventUpdate },
  'apps/ControllerRevision': { check: checkControllerRevision, update: checkControllerRevisionUpdate },
  'certificates.k8s.io/CertificateSigningRequest': { check: checkCertificateRequest },
  'flowcontrol.apiserver.k8s.io/FlowSchema': { check: checkFlowSchema },
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': { check: checkPriorityLevel },
  'networking.k8s.io/IngressClass': { check: checkIngressClass, update: checkIngressClassUpdate },
  'node.k8s.io/RuntimeClass': { create: checkRuntimeClass, update: checkRuntimeClassUpdate },
  'scheduling.k8s.io/PriorityClass': { create: checkPriorityClass, update: checkPriorityClassUpdate },
  'storage.k8s.io/CSIDriver': { check: checkCsiDriver, update: checkCsiDriverUpdate },
  'storage.k8s.io/CSINode': { check: checkCsiNode, update: checkCsiNodeUpdate },
  'storage.k8s.io/CSIStorageCapacity': { create: checkStorageCapacity, update: checkStorageCapacityUpdate },
  'storage.k8s.io/StorageClass': { create: checkStorageClass, update: checkStorageClassUpdate },
  'storage.k8s.io/VolumeAttachment': { create: checkVolumeAttachment, update: checkVolumeAttachmentUpdate },
  'rbac.authorization.k8s.io/ClusterRole': { check: checkRole },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { check: checkRoleBinding, update: checkRoleBindingUpdate },
  'rbac.authorization.k8s.io/Role': { check: checkRole },
  'rbac.authorization.k8s.io/RoleBinding': { check: checkRoleBinding, update: checkRoleBindingUpdate },
}

function rulesOf(object: KubeObject): Rules {
  const key = `${groupOf(object.apiVersion)}/${object.kind}`
  return Object.hasOwn(rules, key) ? (rules[key] as Rules) : {}
}

/**
 * What is wrong with a new object, as the causes of a Status of reason Invalid; empty when nothing is. The object has its
 * defaults. Every kind's metadata is checked, custom resources' too; of the spec what `rules` knows.
 *
 * Reference: k8s.io/kubernetes/pkg/apis/.../validation, k8s.io/apimachinery/pkg/api/validation.
 */
export function validateCreate(object: KubeObject, options: MetadataOptions = {}): StatusCause[] {
  const to = new Findings()
  // Newer events look at it themselves, after what all events must be.
  if (groupOf(object.apiVersion) !== 'events.k8s.io') checkMetadata(object.kind, metadataOf(object), options, to)
  const { check, create } = rulesOf(object)
  ;(create ?? check)?.(object, to)
  return to.causes
}

/** Kinds whose rules run twice on update: causes are there twice. */
const checkedTwice: ReadonlySet<string> = new Set([
  '/ReplicationController',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
  'batch/Job',
])

/** What is wrong with a write to the status of an object. */
export function validateStatus(object: KubeObject, old: KubeObject): StatusCause[] {
  const to = new Findings()
  const metadata = metadataOf(object)
  checkMetadata(object.kind, metadata, { anyFinalizer: true, anyName: true }, to)
  checkMetadataUpdate(metadata, metadataOf(old), to)
  if (!statusOnly.has(`${groupOf(object.apiVersion)}/${object.kind}`)) checkMetadataUpdate(metadata, metadataOf(old), to)
  checkStatus(object, to)
  return to.causes
}

/** What is wrong with the list of finalizers that a namespace gets from its own endpoint. */
export function validateNamespaceFinalize(namespace: KubeObject, old: KubeObject): StatusCause[] {
  const to = new Findings()
  checkMetadata(namespace.kind, metadataOf(namespace), { anyFinalizer: true, anyName: true }, to)
  checkMetadataUpdate(metadataOf(namespace), metadataOf(old), to)
  checkMetadataUpdate(metadataOf(namespace), metadataOf(old), to)
  checkNamespaceFinalizers(namespace, to)
  return to.causes
}

/** What is wrong with a write to the part of a Pod that has an endpoint of its own. */
export function validatePodPart(pod: KubeObject, old: KubeObject, subresource: 'ephemeralcontainers' | 'resize'): StatusCause[] {
  const to = new Findings()
  const change = () => checkMetadataUpdate(metadataOf(pod), metadataOf(old), to)
  checkMetadata(pod.kind, metadataOf(pod), { anyFinalizer: true, anyName: true }, to)
  change()
  change()
  if (subresource === 'resize') checkResize(pod, old, to)
  else checkEphemeralUpdate(pod, old, to)
  return to.causes
}

/** Kinds that look at their metadata no second time when their status is written. */
const statusOnly: ReadonlySet<string> = new Set(['policy/PodDisruptionBudget'])

/**
 * How often kinds look at their metadata on update: `v` as on create, `u` what may not change. Others do both; then `check`
 * runs between. Where it is done twice, causes are there twice.
 */
const metadataChecks: Readonly<Record<string, string>> = {
  '/Event': '',
  '/LimitRange': 'v',
  '/PersistentVolume': 'vv',
  '/PersistentVolumeClaim': 'vvu',
  '/PodTemplate': 'u',
  '/ResourceQuota': 'u',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': 'v',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': 'v',
  'apps/Deployment': 'u',
  'apps/StatefulSet': 'u',
  'autoscaling/HorizontalPodAutoscaler': 'u',
  'batch/CronJob': 'u',
  'coordination.k8s.io/Lease': 'u',
  'discovery.k8s.io/EndpointSlice': 'v',
  'events.k8s.io/Event': 'u',
  'flowcontrol.apiserver.k8s.io/FlowSchema': 'v',
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': 'v',
  'policy/PodDisruptionBudget': '',
  'rbac.authorization.k8s.io/ClusterRole': 'vvu',
  'rbac.authorization.k8s.io/ClusterRoleBinding': 'vvu',
  'rbac.authorization.k8s.io/Role': 'vvu',
  'rbac.authorization.k8s.io/RoleBinding': 'vvu',
  'scheduling.k8s.io/PriorityClass': 'u',
  'storage.k8s.io/CSIDriver': 'u',
  'storage.k8s.io/CSINode': 'vv',
  'storage.k8s.io/VolumeAttachment': 'vv',
}

/**
 * What is wrong with the change of an object: what may not change, and what the new object may not be. Both have their
 * defaults. For writes to the object itself, not to its subresources.
 */
export function validateUpdate(object: KubeObject, old: KubeObject, options: MetadataOptions = {}): StatusCause[] {
  const to = new Findings()
  const metadata = metadataOf(object)
  const whole = () => checkMetadata(object.kind, metadata, options, to)
  const change = () => checkMetadataUpdate(metadata, metadataOf(old), to)
  // What every kind goes through first.
  checkMetadata(object.kind, metadata, { ...options, anyFinalizer: true, anyName: true }, to)
  change()
  const { check, update } = rulesOf(object)
  const custom = options.anyFinalizer === true
  const steps = custom ? 'u' : (metadataChecks[`${groupOf(object.apiVersion)}/${object.kind}`] ?? 'vu')
  for (const step of steps) if (step === 'v') whole()
  if (steps === 'u') change()
  check?.(object, to)
  if (checkedTwice.has(`${groupOf(object.apiVersion)}/${object.kind}`)) check?.(object, to)
  if (steps.endsWith('u') && steps !== 'u') change()
  update?.(object, old, to)
  return to.causes
}

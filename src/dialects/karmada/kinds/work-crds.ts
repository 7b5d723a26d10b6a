import type { KubeObject } from '../../../kube/object/kube-object.js'
import {
  clusterResourceBindingType,
  interpreterCustomizationType,
  karmadaClusterType,
  resourceBindingType,
  workloadRebalancerType,
} from '../resource-types.js'
import { defineCrd } from './define-crd.js'
import {
  choice,
  componentRequirements,
  conditions,
  conflictResolution,
  failover,
  flag,
  int32,
  int64,
  integer,
  list,
  object,
  placement,
  quantities,
  replicaRequirements,
  suspension,
  text,
  textMap,
  time,
} from './schema-parts.js'

const targetClusters = list(object({ name: text, replicas: int32 }, ['name']))

const bindingSpec = object(
  {
    resource: object({ apiVersion: text, kind: text, namespace: text, name: text, uid: text, resourceVersion: text }, [
      'apiVersion',
      'kind',
      'name',
    ]),
    propagateDeps: flag,
    replicaRequirements,
    replicas: int32,
    components: list(
      object({ name: { type: 'string', maxLength: 32 }, replicas: int32, replicaRequirements: componentRequirements }, [
        'name',
        'replicas',
      ]),
    ),
    clusters: targetClusters,
    placement,
    gracefulEvictionTasks: list(
      object(
        {
          fromCluster: text,
          purgeMode: choice(['Immediately', 'Directly', 'Graciously', 'Gracefully', 'Never']),
          replicas: int32,
          reason: { type: 'string', minLength: 1, maxLength: 32, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' },
          message: { type: 'string', maxLength: 1024 },
          producer: text,
          gracePeriodSeconds: int32,
          suppressDeletion: flag,
          preservedLabelState: textMap,
          creationTimestamp: time,
          clustersBeforeFailover: list(text),
        },
        ['fromCluster', 'producer', 'reason'],
      ),
    ),
    requiredBy: list(object({ namespace: text, name: text, clusters: targetClusters }, ['name'])),
    schedulerName: text,
    failover,
    conflictResolution,
    rescheduleTriggeredAt: time,
    suspension: object({ ...suspension, scheduling: flag }),
    preserveResourcesOnDeletion: flag,
    schedulePriority: object({ priority: { ...int32, default: 0 } }),
  },
  ['resource'],
)

const bindingParts = {
  description: 'Where an object goes, and what became of it there. Written by the hub.',
  spec: bindingSpec,
  status: object({
    schedulerObservedGeneration: int64,
    schedulerObservingAffinityName: text,
    lastScheduledTime: time,
    conditions,
    aggregatedStatus: list(
      object(
        {
          clusterName: text,
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          applied: flag,
          appliedMessage: text,
          health: choice(['Healthy', 'Unhealthy', 'Unknown']),
        },
        ['clusterName'],
      ),
    ),
  }),
  columns: [
    ['SCHEDULED', '.status.conditions[?(@.type=="Scheduled")].status'],
    ['FULLYAPPLIED', '.status.conditions[?(@.type=="FullyApplied")].status'],
  ],
} as const

const secretReference = object({ namespace: text, name: text }, ['namespace', 'name'])
/** `cel` is ours: the same in an expression. */
const script = object({ luaScript: text, cel: text })
const reference = object({ apiVersion: text, kind: text, name: text, namespace: text }, ['apiVersion', 'kind', 'name'])
const modelRange = object(
  { name: text, min: quantities.additionalProperties as never, max: quantities.additionalProperties as never },
  ['name', 'min', 'max'],
)

export const workCrds: readonly KubeObject[] = [
  defineCrd(resourceBindingType, bindingParts),
  defineCrd(clusterResourceBindingType, bindingParts),
  defineCrd(karmadaClusterType, {
    description: 'A cluster of the fleet: how it is reached, where it stands, what keeps work away from it.',
    spec: object(
      {
        id: text,
        syncMode: choice(['Push', 'Pull']),
        apiEndpoint: text,
        secretRef: secretReference,
        impersonatorSecretRef: secretReference,
        insecureSkipTLSVerification: flag,
        proxyURL: text,
        proxyHeader: textMap,
        provider: text,
        region: text,
        zone: text,
        zones: list(text),
        taints: list(object({ key: text, value: text, effect: text, timeAdded: time }, ['key', 'effect'])),
        resourceModels: list(object({ grade: integer, ranges: list(modelRange) }, ['grade', 'ranges'])),
      },
      ['syncMode'],
    ),
    status: object({
      kubernetesVersion: text,
      apiEnablements: list(
        object({ groupVersion: text, resources: list(object({ name: text, kind: text }, ['name', 'kind'])) }, ['groupVersion']),
      ),
      conditions,
      nodeSummary: object({ totalNum: int32, readyNum: int32 }),
      resourceSummary: object({
        allocatable: quantities,
        allocating: quantities,
        allocated: quantities,
        allocatableModelings: list(object({ grade: integer, count: integer }, ['grade', 'count'])),
      }),
      remedyActions: list(text),
    }),
    columns: [
      ['VERSION', '.status.kubernetesVersion'],
      ['MODE', '.spec.syncMode'],
      ['READY', '.status.conditions[?(@.type=="Ready")].status'],
    ],
  }),
  defineCrd(workloadRebalancerType, {
    description: 'Places the workloads named anew, as if for the first time, once.',
    spec: object({ workloads: list(reference, { minItems: 1 }), ttlSecondsAfterFinished: int32 }, ['workloads']),
    status: object({
      observedGeneration: int64,
      finishTime: time,
      observedWorkloads: list(object({ workload: reference, result: text, reason: text }, ['workload'])),
    }),
  }),
  defineCrd(interpreterCustomizationType, {
    description: 'How objects of a kind are read: health, replicas, status and what they depend on.',
    spec: object(
      {
        target: object({ apiVersion: text, kind: text }, ['apiVersion', 'kind']),
        customizations: object({
          retention: script,
          replicaResource: script,
          componentResource: script,
          replicaRevision: script,
          statusReflection: script,
          statusAggregation: script,
          healthInterpretation: script,
          dependencyInterpretation: script,
        }),
      },
      ['target', 'customizations'],
    ),
    columns: [
      ['TARGET-API-VERSION', '.spec.target.apiVersion'],
      ['TARGET-KIND', '.spec.target.kind'],
    ],
  }),
]

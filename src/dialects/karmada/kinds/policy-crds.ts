import type { KubeObject } from '../../../kube/object/kube-object.js'
import {
  clusterOverridePolicyType,
  clusterPropagationPolicyType,
  clusterTaintPolicyType,
  federatedResourceQuotaType,
  overridePolicyType,
  propagationPolicyType,
} from '../resource-types.js'
import { defineCrd } from './define-crd.js'
import {
  anything,
  choice,
  clusterAffinity,
  conflictResolution,
  failover,
  flag,
  int32,
  list,
  object,
  placement,
  quantities,
  resourceSelector,
  suspension,
  text,
  textMap,
} from './schema-parts.js'

const propagationSpec = object(
  {
    resourceSelectors: list(resourceSelector, { minItems: 1 }),
    association: flag,
    propagateDeps: flag,
    placement,
    priority: { ...int32, default: 0 },
    preemption: choice(['Always', 'Never'], { default: 'Never' }),
    dependentOverrides: list(text),
    schedulerName: { type: 'string', default: 'default-scheduler' },
    failover,
    conflictResolution,
    activationPreference: choice(['Lazy']),
    suspension: object(suspension),
    preserveResourcesOnDeletion: flag,
    schedulePriority: object({ priorityClassSource: choice(['KubePriorityClass']), priorityClassName: text }, [
      'priorityClassSource',
      'priorityClassName',
    ]),
  },
  ['resourceSelectors'],
)

const anyOperator = choice(['add', 'remove', 'replace'])
const listOverriders = list(
  object({ containerName: text, operator: choice(['add', 'remove']), value: list(text) }, ['containerName', 'operator']),
)
const mapOverriders = list(object({ operator: anyOperator, value: textMap }, ['operator', 'value']))
const fieldPatches = list(object({ operator: anyOperator, subPath: text, value: anything }, ['operator', 'subPath']))

const overriders = object({
  plaintext: list(object({ path: text, operator: anyOperator, value: anything }, ['operator', 'path'])),
  imageOverrider: list(
    object(
      {
        predicate: object({ path: text }, ['path']),
        component: choice(['Registry', 'Repository', 'Tag']),
        operator: anyOperator,
        value: text,
      },
      ['component', 'operator'],
    ),
  ),
  commandOverrider: listOverriders,
  argsOverrider: listOverriders,
  labelsOverrider: mapOverriders,
  annotationsOverrider: mapOverriders,
  fieldOverrider: list(object({ fieldPath: text, json: fieldPatches, yaml: fieldPatches }, ['fieldPath'])),
})

const overrideSpec = object({
  resourceSelectors: list(resourceSelector),
  overrideRules: list(object({ targetCluster: clusterAffinity, overriders }, ['overriders'])),
  targetCluster: clusterAffinity,
  overriders,
})

const matchConditions = list(
  object({ conditionType: text, operator: text, statusValues: list(text) }, ['conditionType', 'operator', 'statusValues']),
)

const policyColumns = [
  ['CONFLICT-RESOLUTION', '.spec.conflictResolution'],
  ['PRIORITY', '.spec.priority'],
] as const

export const policyCrds: readonly KubeObject[] = [
  defineCrd(propagationPolicyType, {
    description: 'Which objects of the namespace go to which clusters, and how replicas are divided.',
    spec: propagationSpec,
    columns: policyColumns,
  }),
  defineCrd(clusterPropagationPolicyType, {
    description: 'Which objects of any namespace, and cluster-scoped ones, go to which clusters.',
    spec: propagationSpec,
    columns: policyColumns,
  }),
  defineCrd(overridePolicyType, {
    description: 'What differs from cluster to cluster, for objects of the namespace.',
    spec: overrideSpec,
  }),
  defineCrd(clusterOverridePolicyType, {
    description: 'What differs from cluster to cluster, for all objects.',
    spec: overrideSpec,
  }),
  defineCrd(clusterTaintPolicyType, {
    description: 'Taints that clusters get and lose by their conditions.',
    spec: object(
      {
        targetClusters: clusterAffinity,
        addOnConditions: matchConditions,
        removeOnConditions: matchConditions,
        taints: list(object({ key: text, effect: text, value: text }, ['key', 'effect']), { minItems: 1 }),
      },
      ['taints'],
    ),
  }),
  defineCrd(federatedResourceQuotaType, {
    description:
      'How much a namespace may use of the fleet: each cluster gets the part that is assigned to it as a ResourceQuota.',
    spec: object(
      {
        overall: quantities,
        staticAssignments: list(object({ clusterName: text, hard: quantities }, ['clusterName', 'hard'])),
      },
      ['overall'],
    ),
    status: object({
      overall: quantities,
      overallUsed: quantities,
      aggregatedStatus: list(object({ clusterName: text, hard: quantities, used: quantities }, ['clusterName'])),
    }),
    columns: [
      ['OVERALL', '.status.overall'],
      ['OVERALL_USED', '.status.overallUsed'],
    ],
  }),
]

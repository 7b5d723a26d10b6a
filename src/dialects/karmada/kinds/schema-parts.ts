import type { JsonObject } from '../../../base/json.js'

// Building blocks of the definitions. Fields, defaults and limits are those of Karmada v1.16.

export const text: JsonObject = { type: 'string' }
export const flag: JsonObject = { type: 'boolean' }
export const int32: JsonObject = { type: 'integer', format: 'int32' }
export const int64: JsonObject = { type: 'integer', format: 'int64' }
export const integer: JsonObject = { type: 'integer' }
export const time: JsonObject = { type: 'string', format: 'date-time' }
export const anything: JsonObject = { 'x-kubernetes-preserve-unknown-fields': true }
export const textMap: JsonObject = { type: 'object', additionalProperties: text }

export const list = (items: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'array', items, ...more })
export const choice = (values: string[], more: JsonObject = {}): JsonObject => ({ type: 'string', enum: values, ...more })

export function object(properties: JsonObject, required: string[] = [], more: JsonObject = {}): JsonObject {
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), ...more }
}

const atomicTexts = list(text, { 'x-kubernetes-list-type': 'atomic' })
const expression = object({ key: text, operator: text, values: atomicTexts }, ['key', 'operator'])

export const labelSelector = object(
  { matchLabels: textMap, matchExpressions: list(expression, { 'x-kubernetes-list-type': 'atomic' }) },
  [],
  { 'x-kubernetes-map-type': 'atomic' },
)

const affinityFields: JsonObject = {
  clusterNames: list(text),
  exclude: list(text),
  labelSelector,
  fieldSelector: object({ matchExpressions: list(expression) }),
}

export const clusterAffinity = object(affinityFields)

const affinityTerm: JsonObject = { affinityName: { type: 'string', minLength: 1, maxLength: 32 }, ...affinityFields }

export const resourceSelector = object({ apiVersion: text, kind: text, namespace: text, name: text, labelSelector }, [
  'apiVersion',
  'kind',
])

const toleration = object({ key: text, operator: text, value: text, effect: text, tolerationSeconds: int64 })

export const placement = object({
  clusterAffinity,
  clusterAffinities: list(
    object({ ...affinityTerm, overflowAffinities: list(object(affinityTerm, ['affinityName'])) }, ['affinityName']),
  ),
  clusterTolerations: list(toleration),
  spreadConstraints: list(
    object({
      spreadByField: choice(['cluster', 'region', 'zone', 'provider']),
      spreadByLabel: text,
      minGroups: integer,
      maxGroups: integer,
    }),
  ),
  replicaScheduling: object({
    replicaSchedulingType: choice(['Duplicated', 'Divided'], { default: 'Divided' }),
    replicaDivisionPreference: choice(['Aggregated', 'Weighted']),
    weightPreference: object({
      staticWeightList: list(
        object({ targetCluster: clusterAffinity, weight: { ...int64, minimum: 1 } }, ['targetCluster', 'weight']),
      ),
      dynamicWeight: choice(['AvailableReplicas']),
    }),
  }),
})

const statePreservation = object(
  { rules: list(object({ aliasLabelName: text, jsonPath: text }, ['aliasLabelName', 'jsonPath'])) },
  ['rules'],
)

export const failover = object({
  application: object(
    {
      decisionConditions: object({ tolerationSeconds: { ...int32, default: 300 } }),
      purgeMode: choice(['Directly', 'Gracefully', 'Never', 'Immediately', 'Graciously'], { default: 'Gracefully' }),
      gracePeriodSeconds: int32,
      statePreservation,
    },
    ['decisionConditions'],
  ),
  cluster: object({ purgeMode: choice(['Directly', 'Gracefully'], { default: 'Gracefully' }), statePreservation }),
})

export const suspension: JsonObject = {
  dispatching: flag,
  dispatchingOnClusters: object({ clusterNames: list(text) }),
}

export const conflictResolution = choice(['Abort', 'Overwrite'], { default: 'Abort' })

export const quantities: JsonObject = {
  type: 'object',
  additionalProperties: {
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    pattern:
      '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
    'x-kubernetes-int-or-string': true,
  },
}

const nodeTerm = object({ matchExpressions: list(expression), matchFields: list(expression) }, [], {
  'x-kubernetes-map-type': 'atomic',
})

const claimFields: JsonObject = {
  nodeClaim: object({
    hardNodeAffinity: object(
      { nodeSelectorTerms: list(nodeTerm, { 'x-kubernetes-list-type': 'atomic' }) },
      ['nodeSelectorTerms'],
      { 'x-kubernetes-map-type': 'atomic' },
    ),
    nodeSelector: textMap,
    tolerations: list(toleration),
  }),
  resourceRequest: quantities,
  priorityClassName: text,
}

export const replicaRequirements = object({ ...claimFields, namespace: text })
export const componentRequirements = object(claimFields)

export const conditions = list(
  object(
    {
      type: {
        type: 'string',
        maxLength: 316,
        pattern:
          '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
      },
      status: choice(['True', 'False', 'Unknown']),
      reason: { type: 'string', minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' },
      message: { type: 'string', maxLength: 32_768 },
      lastTransitionTime: time,
      observedGeneration: { ...int64, minimum: 0 },
    },
    ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  ),
)

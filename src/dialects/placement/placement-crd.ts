import { ageColumn, defineCustomResource } from '../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { residencyRuleType } from './residency/residency-rule.js'
import { placementDecisionType, placementType } from './resource-types.js'

const text = { type: 'string' } as const
const texts = { type: 'array', maxItems: 1000, items: { type: 'string', minLength: 1, maxLength: 253 } } as const
const count = { type: 'integer', format: 'int32', minimum: 0 } as const

const selection = {
  names: { ...texts, description: 'Clusters by name.' },
  exclude: { ...texts, description: 'Clusters that never take part.' },
  labels: { type: 'object', additionalProperties: text, description: 'Labels that a cluster must have.' },
  matchExpressions: {
    type: 'array',
    maxItems: 100,
    items: {
      type: 'object',
      required: ['key', 'operator'],
      properties: { key: text, operator: { type: 'string', enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] }, values: texts },
    },
  },
  regions: texts,
  zones: texts,
  providers: texts,
} as const
const clusters = {
  type: 'object',
  properties: selection,
  description: 'Which clusters: every part that is given must hold. Without any part: all.',
}
/** A part counts with one strategy only; the strategy may be left out then. */
const only = (part: string, strategy: string) => ({
  rule: `!has(self.${part}) || !has(self.strategy) || self.strategy == '${strategy}'`,
  message: `${part} count with strategy ${strategy} only: remove ${part}, or set strategy to ${strategy}`,
})
const needs = (strategy: string, part: string) => ({
  rule: `!has(self.strategy) || self.strategy != '${strategy}' || has(self.${part})`,
  message: `strategy ${strategy} needs ${part}: add ${part}, or choose strategy Even`,
})

const replicas = {
  type: 'object',
  description: 'How replicas are divided. Without it every cluster gets all of them.',
  properties: {
    strategy: {
      type: 'string',
      enum: ['Duplicated', 'Even', 'Weighted', 'ByRoom', 'Fewest', 'Cheapest', 'Tiers', 'MinMax'],
    },
    weights: {
      type: 'array',
      minItems: 1,
      maxItems: 200,
      items: {
        type: 'object',
        required: ['weight'],
        properties: { ...selection, weight: { ...count, maximum: 1_000_000 } },
      },
    },
    tiers: {
      type: 'array',
      minItems: 1,
      maxItems: 20,
      items: { type: 'object', properties: { ...selection, name: text } },
    },
    limits: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['cluster'],
      items: {
        type: 'object',
        required: ['cluster'],
        properties: { cluster: text, min: count, max: count, weight: count },
        'x-kubernetes-validations': [
          {
            rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
            message: 'min is greater than max: lower min or raise max',
          },
        ],
      },
    },
    rebalance: { type: 'boolean' },
    maxPrice: { type: 'number', minimum: 0 },
    moveForSavingPercent: { type: 'number', minimum: 0, maximum: 100 },
  },
  'x-kubernetes-validations': [
    only('weights', 'Weighted'),
    only('tiers', 'Tiers'),
    only('limits', 'MinMax'),
    needs('Weighted', 'weights'),
    needs('Tiers', 'tiers'),
    needs('MinMax', 'limits'),
    {
      rule: '(has(self.weights) ? 1 : 0) + (has(self.tiers) ? 1 : 0) + (has(self.limits) ? 1 : 0) <= 1',
      message: 'weights, tiers and limits are three ways of dividing: keep one of them',
    },
  ],
}

const override = {
  type: 'object',
  properties: {
    clusters,
    replicas: count,
    images: {
      type: 'array',
      maxItems: 50,
      items: { type: 'object', required: ['image'], properties: { container: text, image: { type: 'string', minLength: 1 } } },
    },
    patch: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        required: ['op', 'path'],
        properties: {
          op: { type: 'string', enum: ['add', 'replace', 'remove'] },
          path: { type: 'string', maxLength: 1024 },
          value: { 'x-kubernetes-preserve-unknown-fields': true },
        },
        'x-kubernetes-validations': [
          { rule: "self.path.startsWith('/')", message: 'path is a JSON pointer: write /spec/replicas, not spec.replicas' },
          {
            rule: "!(self.path in ['/kind', '/apiVersion', '/metadata/name', '/metadata/namespace'])",
            message: 'an object keeps its kind, name and namespace in every cluster: remove this step',
          },
        ],
      },
    },
  },
}

const spec = {
  type: 'object',
  description: 'Where the objects go that name this Placement by the label flotilla.dev/placement. Empty: everywhere.',
  properties: {
    clusters,
    decisionFrom: {
      type: 'object',
      description: 'Follow PlacementDecisions of another scheduler in this namespace.',
      required: ['name'],
      properties: { name: { type: 'string', minLength: 1 } },
    },
    tolerations: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        properties: {
          key: text,
          operator: text,
          value: text,
          effect: text,
          tolerationSeconds: { type: 'integer', format: 'int64' },
        },
      },
    },
    spread: {
      type: 'array',
      maxItems: 10,
      items: {
        type: 'object',
        required: ['by'],
        properties: {
          by: { type: 'string', minLength: 1, description: 'cluster, region, zone, provider, or the key of a cluster label.' },
          min: { ...count, minimum: 1 },
          max: { ...count, minimum: 1 },
        },
        'x-kubernetes-validations': [
          {
            rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
            message: 'min is greater than max: lower min or raise max',
          },
        ],
      },
    },
    replicas,
    overrides: { type: 'array', maxItems: 100, items: override },
    suspend: { type: 'boolean', description: 'Nothing is written to clusters while true; what is there stays.' },
    suspendIn: texts,
    existing: { type: 'string', enum: ['Refuse', 'Adopt'] },
    onRemoval: { type: 'string', enum: ['Delete', 'Keep'] },
    drift: { type: 'string', enum: ['Correct', 'Report'] },
    failover: {
      type: 'object',
      properties: {
        afterSeconds: { ...count, minimum: 30 },
        mode: { type: 'string', enum: ['Gracefully', 'Directly'] },
      },
    },
    kinds: {
      type: 'array',
      maxItems: 50,
      items: { type: 'object', required: ['apiVersion', 'kind'], properties: { apiVersion: text, kind: text } },
    },
  },
}

const status = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    clusters: count,
    objects: count,
    applied: count,
    conditions: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: {
        type: 'object',
        required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
        properties: {
          type: text,
          status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
          reason: text,
          message: text,
          lastTransitionTime: { type: 'string', format: 'date-time' },
          observedGeneration: { type: 'integer', format: 'int64' },
        },
      },
    },
  },
}

/** The CustomResourceDefinition of our own kind. */
export const placementCrd: KubeObject = defineCustomResource(
  { ...placementType, shortNames: ['pl'] },
  {
    description: 'Says where objects go that carry the label flotilla.dev/placement with its name.',
    properties: { spec, status },
    columns: [
      { name: 'Clusters', type: 'integer', jsonPath: '.status.clusters' },
      { name: 'Objects', type: 'integer', jsonPath: '.status.objects' },
      { name: 'Applied', type: 'integer', jsonPath: '.status.applied' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
      { name: 'Message', type: 'string', priority: 1, jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
      ageColumn,
    ],
    status: true,
  },
)

/** Where data may lie. A rule that would allow every cluster is a slip. */
export const residencyRuleCrd: KubeObject = defineCustomResource(residencyRuleType, {
  description: 'Where data may lie, whatever Placements, policies of Karmada and objects of KubeFed say.',
  properties: {
    spec: {
      type: 'object',
      required: ['clusters'],
      properties: {
        namespaces: { ...texts, description: 'Of objects in these namespaces. Default: of all.' },
        objects: {
          type: 'array',
          maxItems: 100,
          description: 'Of objects that one of these matches. Default: of all.',
          items: {
            type: 'object',
            properties: {
              apiVersion: text,
              kind: text,
              name: text,
              labels: { type: 'object', additionalProperties: text },
            },
          },
        },
        clusters: {
          ...clusters,
          description: 'They may lie in these clusters, and nowhere else. Every part that is given must hold.',
          minProperties: 1,
        },
      },
    },
  },
  required: ['spec'],
  columns: [
    { name: 'Namespaces', type: 'string', jsonPath: '.spec.namespaces' },
    { name: 'Regions', type: 'string', jsonPath: '.spec.clusters.regions' },
    { name: 'Clusters', type: 'string', priority: 1, jsonPath: '.spec.clusters.names' },
    ageColumn,
  ],
})

/** multicluster.x-k8s.io PlacementDecision (KEP-5313): data only, written by any scheduler, read by anybody. */
export const placementDecisionCrd: KubeObject = defineCustomResource(placementDecisionType, {
  approvedIn: 'https://github.com/kubernetes/enhancements/pull/5314',
  properties: {
    decisions: {
      type: 'array',
      minItems: 0,
      maxItems: 100,
      items: {
        type: 'object',
        required: ['clusterProfileRef'],
        properties: {
          clusterProfileRef: {
            type: 'object',
            required: ['name'],
            properties: { name: text, namespace: text },
          },
          reason: text,
        },
      },
    },
    schedulerName: text,
  },
  required: ['decisions'],
  columns: [
    { name: 'Scheduler', type: 'string', jsonPath: '.schedulerName' },
    { name: 'Placement', type: 'string', jsonPath: '.metadata.labels.multicluster\\.x-k8s\\.io/placement-key' },
    ageColumn,
  ],
})

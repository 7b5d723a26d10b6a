import type { JsonObject } from '../../base/json.js'
import { defineCustomResource, type PrinterColumn } from '../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { brokerType, clusterGlobalEgressIpType, globalEgressIpType, globalIngressIpType } from './resource-types.js'

const text = { type: 'string' } as const
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const
const texts = { type: 'array', items: text } as const
const count = { type: 'integer', minimum: 0, maximum: 20 } as const

const conditions: JsonObject = {
  type: 'array',
  items: {
    type: 'object',
    required: ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
    properties: {
      lastTransitionTime: { type: 'string', format: 'date-time' },
      message: text,
      observedGeneration: { type: 'integer', format: 'int64' },
      reason: text,
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      type: text,
    },
  },
}

const selector: JsonObject = {
  type: 'object',
  properties: {
    matchExpressions: {
      type: 'array',
      items: { type: 'object', required: ['key', 'operator'], properties: { key: text, operator: text, values: texts } },
    },
    matchLabels: { type: 'object', additionalProperties: text },
  },
}

const reference: JsonObject = { type: 'object', properties: { name: text } }
const egressStatus: JsonObject = { type: 'object', properties: { allocatedIPs: texts, conditions } }
const ingressStatus: JsonObject = { type: 'object', properties: { allocatedIP: text, conditions } }

function object(properties: JsonObject): JsonObject {
  return { type: 'object', properties }
}

function definition(type: ResourceType, spec: JsonObject, status: JsonObject, description: string): KubeObject {
  const columns: PrinterColumn[] =
    status === ingressStatus ? [{ name: 'IP', type: 'string', jsonPath: '.status.allocatedIP' }] : []
  return defineCustomResource(type, { description, properties: { spec, status }, columns, status: true })
}

/** Submariner's broker and the objects of Globalnet. */
export const submarinerCrds: readonly KubeObject[] = [
  definition(
    brokerType,
    object({
      clustersetIPCIDRRange: text,
      clustersetIPEnabled: { type: 'boolean' },
      components: texts,
      defaultCustomDomains: texts,
      defaultGlobalnetClusterSize: { type: 'integer', minimum: 0 },
      globalnetCIDRRange: text,
      globalnetEnabled: { type: 'boolean' },
    }),
    open,
    'What the clusters that are connected have in common.',
  ),
  definition(
    globalIngressIpType,
    {
      ...object({
        podRef: reference,
        serviceRef: reference,
        target: { type: 'string', enum: ['ClusterIPService', 'HeadlessServicePod', 'HeadlessServiceEndpoints'] },
      }),
      required: ['target'],
    },
    ingressStatus,
    'The global address under which other clusters reach a service or a pod.',
  ),
  definition(
    globalEgressIpType,
    object({ numberOfIPs: { ...count, default: 1 }, podSelector: selector }),
    egressStatus,
    'The global addresses that connections of pods to other clusters come from.',
  ),
  definition(
    clusterGlobalEgressIpType,
    object({ numGlobalIPs: { ...count, default: 8 } }),
    egressStatus,
    'The global addresses that connections of a cluster come from unless a pod has others.',
  ),
]

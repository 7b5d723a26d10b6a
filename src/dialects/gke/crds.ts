import type { JsonObject } from '../../base/json.js'
import { ageColumn, defineCustomResource } from '../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { multiClusterIngressType, multiClusterServiceType } from './resource-types.js'

const text = { type: 'string' } as const
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const
const port: JsonObject = {
  type: 'object',
  required: ['port'],
  properties: {
    appProtocol: text,
    name: text,
    port: { type: 'integer', format: 'int32', minimum: 1, maximum: 65_535 },
    protocol: { type: 'string', enum: ['TCP', 'UDP', 'SCTP'] },
    targetPort: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
  },
}

const serviceSpec: JsonObject = {
  type: 'object',
  required: ['template'],
  properties: {
    clusters: { type: 'array', items: { type: 'object', required: ['link'], properties: { link: text } } },
    template: {
      type: 'object',
      required: ['spec'],
      properties: {
        spec: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: {
            ports: { type: 'array', items: port },
            selector: { type: 'object', additionalProperties: text },
          },
        },
      },
    },
  },
}

const ingressSpec: JsonObject = {
  type: 'object',
  required: ['template'],
  properties: { template: { type: 'object', required: ['spec'], properties: { spec: open } } },
}

function definition(type: ResourceType, spec: JsonObject, description: string): KubeObject {
  return defineCustomResource(type, {
    description,
    properties: { spec, status: open },
    required: ['spec'],
    columns: [ageColumn],
    status: true,
  })
}

/** MultiClusterService and MultiClusterIngress. Nothing carries out the latter: it is stored. */
export const gkeCrds: readonly KubeObject[] = [
  definition(multiClusterServiceType, serviceSpec, 'Pods of several clusters, selected by their labels, as one service.'),
  definition(multiClusterIngressType, ingressSpec, 'How requests from outside come to MultiClusterServices.'),
]

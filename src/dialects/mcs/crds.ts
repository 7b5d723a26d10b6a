import type { JsonObject } from '../../base/json.js'
import {
  ageColumn,
  type CustomResourceParts,
  defineCustomResource,
  type PrinterColumn,
} from '../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { serviceExportType, serviceImportType } from '../../services/model/multi-cluster-kinds.js'

/** The release of the standard whose fields these are. */
const release = 'v0.5.0'

type Shape = Pick<CustomResourceParts, 'description' | 'properties'>

const text = { type: 'string' } as const
const number32 = { type: 'integer', format: 'int32' } as const
const textMap = { type: 'object', additionalProperties: text } as const

function object(properties: JsonObject, required: string[] = [], description?: string): JsonObject {
  return {
    ...(description === undefined ? {} : { description }),
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    properties,
  }
}

const conditions: JsonObject = {
  type: 'array',
  items: object(
    {
      lastTransitionTime: { type: 'string', format: 'date-time' },
      message: { type: 'string', maxLength: 32_768 },
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
      reason: { type: 'string', maxLength: 1024, minLength: 1, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      type: {
        type: 'string',
        maxLength: 316,
        pattern:
          '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
      },
    },
    ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
  ),
  'x-kubernetes-list-map-keys': ['type'],
  'x-kubernetes-list-type': 'map',
}

const exported: Shape = {
  description: 'Offers the Service of the same namespace and name to the other clusters of the cluster set.',
  properties: {
    spec: object({ exportedAnnotations: textMap, exportedLabels: textMap }, [], 'What goes over to the ServiceImports.'),
    status: object({ conditions }, [], 'Whether the service is valid, exported, and in conflict with other clusters.'),
  },
}

const importSpec = object(
  {
    internalTrafficPolicy: text,
    ipFamilies: { type: 'array', maxItems: 2, items: text },
    ips: { type: 'array', maxItems: 2, items: text },
    ports: {
      type: 'array',
      items: object({ appProtocol: text, name: text, port: number32, protocol: text }, ['port']),
      'x-kubernetes-list-type': 'atomic',
    },
    sessionAffinity: text,
    sessionAffinityConfig: object({ clientIP: object({ timeoutSeconds: number32 }) }),
    trafficDistribution: text,
    type: { type: 'string', enum: ['ClusterSetIP', 'Headless'] },
  },
  ['ports', 'type'],
  'The service as the cluster set sees it.',
)

const imported: Shape = {
  description: 'A service that clusters of the cluster set export.',
  properties: {
    spec: importSpec,
    status: object({
      clusters: {
        type: 'array',
        items: object({ cluster: text }, ['cluster']),
        'x-kubernetes-list-map-keys': ['cluster'],
        'x-kubernetes-list-type': 'map',
      },
      conditions,
    }),
  },
}

function definition(type: ResourceType, shape: Shape, columns: readonly PrinterColumn[]): KubeObject {
  return defineCustomResource(type, {
    ...shape,
    columns,
    labels: {
      'multicluster.x-k8s.io/release-version': release,
      'multicluster.x-k8s.io/crd-schema-revision': '0',
    },
    versions: ['v1alpha1', 'v1beta1'],
    status: true,
  })
}

/** ServiceExport and ServiceImport in both served versions, for clusters that do not have them. */
export const mcsCrds: readonly KubeObject[] = [
  definition(serviceExportType, exported, [ageColumn]),
  definition(serviceImportType, imported, [
    { name: 'Type', type: 'string', description: 'The type of this ServiceImport', jsonPath: '.spec.type' },
    { name: 'IP', type: 'string', description: 'The VIP for this ServiceImport', jsonPath: '.spec.ips' },
    ageColumn,
  ]),
]

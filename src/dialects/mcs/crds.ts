import type { JsonObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { mcsGroup, serviceExportType, serviceImportType } from '../../services/model/multi-cluster-kinds.js'

/** The release of the standard whose fields these are. */
const release = 'v0.5.0'

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

const exportSchema = object(
  {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    spec: object({ exportedAnnotations: textMap, exportedLabels: textMap }, [], 'What goes over to the ServiceImports.'),
    status: object({ conditions }, [], 'Whether the service is valid, exported, and in conflict with other clusters.'),
  },
  [],
  'Offers the Service of the same namespace and name to the other clusters of the cluster set.',
)

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

const importSchema = object(
  {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
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
  [],
  'A service that clusters of the cluster set export.',
)

const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

function definition(type: ResourceType, schema: JsonObject, columns: JsonObject[]): KubeObject {
  const version = (name: string, storage: boolean): JsonObject => ({
    name,
    served: true,
    storage,
    subresources: { status: {} },
    additionalPrinterColumns: columns,
    schema: { openAPIV3Schema: schema },
  })
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${type.plural}.${type.group}`,
      labels: {
        'multicluster.x-k8s.io/release-version': release,
        'multicluster.x-k8s.io/crd-schema-revision': '0',
      },
    },
    spec: {
      group: mcsGroup,
      scope: 'Namespaced',
      names: {
        plural: type.plural,
        singular: type.singular,
        kind: type.kind,
        listKind: `${type.kind}List`,
        shortNames: [...(type.shortNames ?? [])],
      },
      versions: [version('v1alpha1', false), version('v1beta1', true)],
    },
  }
}

/** ServiceExport and ServiceImport in both served versions, for clusters that do not have them. */
export const mcsCrds: readonly KubeObject[] = [
  definition(serviceExportType, exportSchema, [age]),
  definition(serviceImportType, importSchema, [
    { name: 'Type', type: 'string', description: 'The type of this ServiceImport', jsonPath: '.spec.type' },
    { name: 'IP', type: 'string', description: 'The VIP for this ServiceImport', jsonPath: '.spec.ips' },
    age,
  ]),
]

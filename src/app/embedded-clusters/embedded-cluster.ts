import { ageColumn, defineCustomResource } from '../../kube/object/custom-resource-definition.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { kubernetesVersion } from '../../kube/schema/tables.generated.js'

/**
 * flotilla.dev/v1alpha1 EmbeddedCluster: a member of the fleet that runs in the fleet's own process. Making one makes the
 * cluster, deleting it deletes the cluster with everything in it. Stands on the hub of an embedded fleet, cluster-scoped.
 */
export interface EmbeddedCluster extends KubeObject {
  kind: 'EmbeddedCluster'
  spec?: EmbeddedClusterSpec
  status?: { conditions?: Condition[]; server?: string; version?: string }
}

export interface EmbeddedClusterSpec {
  /** `member` (default): nodes, workload controllers, kubelets. `bare`: an API server alone. */
  profile?: 'member' | 'bare'
  /** Minor version of Kubernetes. */
  version?: string
  /** As `flotilla up --nodes` takes them: `3`, `3xm5.large,2xc5.xlarge`. */
  nodes?: string
  /** `Port` (default): a port of its own at the fleet's address. `Own`: port 6443 at a loopback address of its own. */
  address?: 'Port' | 'Own'
  /** `Push` (default): the hub has its address and a token for it. `Pull`: the hub reaches it by its agent alone. */
  reach?: 'Push' | 'Pull'
  /** Labels that its cluster Secret starts with. */
  labels?: Record<string, string>
}

/** Minors whose schemas this build has. */
export const servedMinors: readonly string[] = [kubernetesVersion]

export const embeddedClusterType: ResourceType = {
  group: 'flotilla.dev',
  version: 'v1alpha1',
  kind: 'EmbeddedCluster',
  plural: 'embeddedclusters',
  singular: 'embeddedcluster',
  namespaced: false,
  subresources: ['status'],
}

const fixed = (field: string) => [{ rule: `self == oldSelf`, message: `${field} cannot be changed: make another cluster` }]

export const embeddedClusterCrd: KubeObject = defineCustomResource(
  { ...embeddedClusterType, shortNames: ['ec'] },
  {
    description: 'A member of the fleet that runs in the fleet\u2019s own process.',
    properties: {
      spec: {
        type: 'object',
        properties: {
          profile: {
            type: 'string',
            enum: ['member', 'bare'],
            default: 'member',
            description: 'member: nodes, workload controllers and kubelets. bare: an API server alone.',
            'x-kubernetes-validations': fixed('profile'),
          },
          version: {
            type: 'string',
            enum: [...servedMinors],
            default: servedMinors[0]!,
            description: 'Minor version of Kubernetes.',
          },
          nodes: {
            type: 'string',
            maxLength: 1000,
            description: 'How many nodes, or their types: 3xm5.large,2xc5.xlarge. Default: those of the fleet.',
            'x-kubernetes-validations': fixed('nodes'),
          },
          reach: {
            type: 'string',
            enum: ['Push', 'Pull'],
            default: 'Push',
            description: 'Push: the hub has its address and a token for it. Pull: the hub reaches it by its agent alone.',
            'x-kubernetes-validations': fixed('reach'),
          },
          address: {
            type: 'string',
            enum: ['Port', 'Own'],
            default: 'Port',
            description: 'Port: a port of its own. Own: port 6443 at a loopback address of its own.',
            'x-kubernetes-validations': fixed('address'),
          },
          labels: {
            type: 'object',
            maxProperties: 64,
            additionalProperties: { type: 'string', maxLength: 63 },
            description: 'Labels that its cluster Secret starts with.',
          },
        },
      },
      status: {
        type: 'object',
        properties: {
          server: { type: 'string' },
          version: { type: 'string' },
          conditions: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['type'],
            items: {
              type: 'object',
              required: ['type', 'status'],
              properties: {
                type: { type: 'string' },
                status: { type: 'string' },
                reason: { type: 'string' },
                message: { type: 'string' },
                lastTransitionTime: { type: 'string', format: 'date-time' },
                observedGeneration: { type: 'integer', format: 'int64' },
              },
            },
          },
        },
      },
    },
    columns: [
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Version', type: 'string', jsonPath: '.status.version' },
      { name: 'Server', type: 'string', jsonPath: '.status.server' },
      { name: 'Message', type: 'string', priority: 1, jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
      ageColumn,
    ],
    status: true,
  },
)

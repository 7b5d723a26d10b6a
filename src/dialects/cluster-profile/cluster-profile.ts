import { formatTime } from '../../base/clock.js'
import type { Cluster, ClusterState } from '../../inventory/cluster.js'
import { setCondition } from '../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import { isDns1123Subdomain } from '../../kube/object/names.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

/**
 * multicluster.x-k8s.io/v1alpha1 ClusterProfile (KEP-4322): how the fleet's clusters stand, for people and for other
 * tools. Written by Flotilla, read by nobody here: the sources of clusters stay what they are.
 */
export interface ClusterProfile extends KubeObject {
  kind: 'ClusterProfile'
  spec: { displayName?: string; clusterManager: { name: string } }
  status?: {
    conditions?: Condition[]
    version?: { kubernetes?: string }
    properties?: { name: string; value: string }[]
  }
}

export const clusterProfileType: ResourceType = {
  group: 'multicluster.x-k8s.io',
  version: 'v1alpha1',
  kind: 'ClusterProfile',
  plural: 'clusterprofiles',
  singular: 'clusterprofile',
  namespaced: true,
  subresources: ['status'],
}

/** The CustomResourceDefinition, with columns that say what matters. */
export const clusterProfileCrd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'clusterprofiles.multicluster.x-k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/enhancements/pull/4322' },
  },
  spec: {
    group: clusterProfileType.group,
    scope: 'Namespaced',
    names: { kind: 'ClusterProfile', listKind: 'ClusterProfileList', plural: 'clusterprofiles', singular: 'clusterprofile' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Healthy', type: 'string', jsonPath: '.status.conditions[?(@.type=="ControlPlaneHealthy")].status' },
          { name: 'Version', type: 'string', jsonPath: '.status.version.kubernetes' },
          {
            name: 'Message',
            type: 'string',
            priority: 1,
            jsonPath: '.status.conditions[?(@.type=="ControlPlaneHealthy")].message',
          },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: {
                type: 'object',
                required: ['clusterManager'],
                properties: {
                  displayName: { type: 'string' },
                  clusterManager: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
                },
              },
              status: {
                type: 'object',
                properties: {
                  conditions: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['type'],
                    items: {
                      type: 'object',
                      required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
                      properties: {
                        type: { type: 'string' },
                        status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
                        reason: { type: 'string' },
                        message: { type: 'string' },
                        lastTransitionTime: { type: 'string', format: 'date-time' },
                        observedGeneration: { type: 'integer', format: 'int64' },
                      },
                    },
                  },
                  version: { type: 'object', properties: { kubernetes: { type: 'string' } } },
                  properties: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['name', 'value'],
                      properties: { name: { type: 'string' }, value: { type: 'string' } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}

/** Whose profile it is (KEP-4322). */
export const managerLabel = 'x-k8s.io/cluster-manager'
export const managerName = 'flotilla'

/**
 * The name of a cluster's profile: the cluster's own where that is a name for an object, else one made from it (clusters of
 * Argo CD may be called `Prod_EU`). The profile's displayName is always the cluster's name.
 */
export function profileNameOf(cluster: string): string {
  if (isDns1123Subdomain(cluster)) return cluster
  const slug = cluster
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/\.+/g, '.')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 200)
  // FNV-1a: tells names apart that the slug makes equal.
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(cluster)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return `${slug === '' ? 'cluster' : slug.replace(/[-.]+$/, '')}-${hash.toString(16).padStart(8, '0')}`
}

export const lastSeenProperty = 'flotilla.dev/last-seen'
/** What the cluster serves: `admissionregistration.k8s.io/v1,apps/v1,...`. */
export const apiVersionsProperty = 'flotilla.dev/api-versions'
export const serverProperty = 'flotilla.dev/server'
export const healthProperty = 'flotilla.dev/health'

/** What the profile of a cluster shall be; `now` is what it is. Pure; equal input gives equal output, so no write follows. */
export function toClusterProfile(options: {
  cluster: Cluster
  state: ClusterState
  namespace: string
  nowMs: number
  now: ClusterProfile | undefined
}): ClusterProfile {
  const { cluster, state, namespace, now } = options
  const status = state.health === 'Healthy' ? 'True' : state.health === 'Degraded' ? 'False' : 'Unknown'
  const condition = { type: 'ControlPlaneHealthy', status, reason: state.reason || state.health, message: state.message } as const
  const properties = [
    { name: healthProperty, value: state.health },
    { name: serverProperty, value: cluster.server },
    ...(state.apiVersions === undefined ? [] : [{ name: apiVersionsProperty, value: state.apiVersions.join(',') }]),
    ...(state.lastSeen === undefined ? [] : [{ name: lastSeenProperty, value: formatTime(state.lastSeen) }]),
  ]
  return {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: {
      name: profileNameOf(cluster.name),
      namespace,
      labels: { ...cluster.labels, [managerLabel]: managerName },
    },
    spec: { displayName: cluster.name, clusterManager: { name: managerName } },
    status: {
      conditions: [...setCondition<Condition>(now?.status?.conditions, condition, formatTime(options.nowMs))],
      ...(state.version ? { version: { kubernetes: state.version.gitVersion } } : {}),
      properties,
    },
  }
}

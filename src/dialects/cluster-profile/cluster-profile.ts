import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import { isDns1123Subdomain } from '../../kube/object/names.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

/**
 * multicluster.x-k8s.io/v1alpha1 ClusterProfile (KEP-4322): how the fleet's clusters stand, for people and for other
 * tools. Those of other managers can be a source of clusters (`createProfileSource`).
 */
export interface ClusterProfile extends KubeObject {
  kind: 'ClusterProfile'
  spec: { displayName?: string; clusterManager: { name: string } }
  status?: {
    conditions?: Condition[]
    version?: { kubernetes?: string }
    properties?: { name: string; value: string; lastObservedTime?: string }[]
    accessProviders?: AccessProvider[]
    /** Deprecated; read, never written. */
    credentialProviders?: AccessProvider[]
  }
}

/** One way to reach the cluster (KEP-5339): no secrets here, a consumer's own plugin brings the credentials. */
export interface AccessProvider {
  name: string
  /** clientcmd/v1 Cluster, as in a kubeconfig. */
  cluster: ProfileCluster
}

export interface ProfileCluster {
  server?: string
  'tls-server-name'?: string
  'insecure-skip-tls-verify'?: boolean
  /** base64 of PEM. */
  'certificate-authority-data'?: string
  'proxy-url'?: string
  'disable-compression'?: boolean
  extensions?: { name: string; extension: unknown }[]
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

/** Which namespaces hold the profiles of a cluster set: by the API's own constant, and by the text of KEP-4322. Both are written, either is read. */
export const clusterSetLabels = ['multicluster.x-k8s.io/clusterset', 'clusterset.multicluster.x-k8s.io'] as const
/** Tells which profiles, of any manager, are of one cluster: the UID of its kube-system. */
export const memberIdLabel = 'multicluster.x-k8s.io/inventory-member-id'
/** The name under which a consumer configures the plugin that knows our clusters: `flotilla credential-plugin`. */
export const accessProviderName = 'flotilla'
/** Reserved: its value reaches an exec plugin as `spec.cluster.config`. */
export const execExtension = 'client.authentication.k8s.io/exec'

/** Annotations on what a cluster came from that keep workloads away; they are shown as properties of the same names. */
export const markNames = ['flotilla.dev/cordoned', 'flotilla.dev/taints', 'flotilla.dev/price'] as const

export const lastSeenProperty = 'flotilla.dev/last-seen'
/** What the cluster serves: `admissionregistration.k8s.io/v1,apps/v1,...`. */
export const apiVersionsProperty = 'flotilla.dev/api-versions'
export const serverProperty = 'flotilla.dev/server'
export const healthProperty = 'flotilla.dev/health'

import type { JsonObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

/** argoproj.io/v1alpha1 AppProject, fields as upstream names them. */
export interface AppProject extends KubeObject {
  kind: 'AppProject'
  spec: AppProjectSpec
  status?: JsonObject
}

export interface AppProjectSpec {
  description?: string
  /** Globs; a leading `!` denies. */
  sourceRepos?: string[]
  destinations?: { server?: string; name?: string; namespace?: string }[]
  clusterResourceWhitelist?: GroupKind[]
  clusterResourceBlacklist?: GroupKind[]
  namespaceResourceWhitelist?: GroupKind[]
  namespaceResourceBlacklist?: GroupKind[]
  orphanedResources?: JsonObject
  roles?: JsonObject[]
  syncWindows?: JsonObject[]
  sourceNamespaces?: string[]
  permitOnlyProjectScopedClusters?: boolean
  destinationServiceAccounts?: JsonObject[]
  signatureKeys?: JsonObject[]
  sourceIntegrity?: JsonObject
}

export interface GroupKind {
  group: string
  kind: string
  name?: string
}

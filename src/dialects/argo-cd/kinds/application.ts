import type { HealthStatus } from '../../../delivery/delivery.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

/** argoproj.io/v1alpha1 Application, fields as upstream names them. */
export interface Application extends KubeObject {
  kind: 'Application'
  spec: ApplicationSpec
  status?: ApplicationStatus
  /** A sync that was asked for; removed when it starts. */
  operation?: Operation
}

export interface ApplicationSpec {
  project: string
  destination: ApplicationDestination
  source?: ApplicationSource
  /** Wins over `source`. */
  sources?: ApplicationSource[]
  syncPolicy?: SyncPolicy
  ignoreDifferences?: ResourceIgnoreDifferences[]
  info?: { name: string; value: string }[]
  revisionHistoryLimit?: number
}

export interface ApplicationDestination {
  server?: string
  name?: string
  namespace?: string
}

export interface ApplicationSource {
  repoURL: string
  path?: string
  targetRevision?: string
  chart?: string
  ref?: string
  name?: string
  directory?: { recurse?: boolean; include?: string; exclude?: string; jsonnet?: Record<string, unknown> }
  kustomize?: KustomizeSource
  helm?: Record<string, unknown>
  plugin?: Record<string, unknown>
}

export interface KustomizeSource {
  namePrefix?: string
  nameSuffix?: string
  images?: string[]
  commonLabels?: Record<string, string>
  commonAnnotations?: Record<string, string>
  commonAnnotationsEnvsubst?: boolean
  forceCommonLabels?: boolean
  forceCommonAnnotations?: boolean
  labelWithoutSelector?: boolean
  labelIncludeTemplates?: boolean
  namespace?: string
  replicas?: { name: string; count: number | string }[]
  patches?: { path?: string; patch?: string; target?: Record<string, string>; options?: Record<string, boolean> }[]
  components?: string[]
  ignoreMissingComponents?: boolean
  version?: string
  kubeVersion?: string
  apiVersions?: string[]
}

export interface SyncPolicy {
  automated?: { prune?: boolean; selfHeal?: boolean; allowEmpty?: boolean; enabled?: boolean }
  syncOptions?: string[]
  retry?: RetryStrategy
  managedNamespaceMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
}

export interface RetryStrategy {
  /** Negative: without end. */
  limit?: number
  backoff?: { duration?: string; factor?: number; maxDuration?: string }
  refresh?: boolean
}

export interface ResourceIgnoreDifferences {
  group?: string
  kind: string
  name?: string
  namespace?: string
  jsonPointers?: string[]
  jqPathExpressions?: string[]
  managedFieldsManagers?: string[]
}

export interface Operation {
  sync?: SyncOperation
  initiatedBy?: { username?: string; automated?: boolean }
  info?: { name: string; value: string }[]
  retry?: RetryStrategy
}

export interface SyncOperation {
  revision?: string
  revisions?: string[]
  prune?: boolean
  dryRun?: boolean
  syncStrategy?: { apply?: { force?: boolean }; hook?: { force?: boolean } }
  resources?: { group?: string; kind: string; name: string; namespace?: string }[]
  source?: ApplicationSource
  sources?: ApplicationSource[]
  manifests?: string[]
  syncOptions?: string[]
  /** Set by the controller on syncs that heal drift. */
  selfHealAttemptsCount?: number
  autoHealAttemptsCount?: number
}

export interface ApplicationStatus {
  sync?: {
    status: 'Synced' | 'OutOfSync' | 'Unknown'
    comparedTo?: {
      source?: ApplicationSource
      sources?: ApplicationSource[]
      destination: ApplicationDestination
      ignoreDifferences?: ResourceIgnoreDifferences[]
    }
    revision?: string
    revisions?: string[]
  }
  health?: { status?: HealthStatus; message?: string; lastTransitionTime?: string }
  resources?: ResourceStatus[]
  history?: RevisionHistory[]
  conditions?: ApplicationCondition[]
  operationState?: OperationState
  reconciledAt?: string
  sourceType?: string
  sourceTypes?: string[]
  summary?: { externalURLs?: string[]; images?: string[]; isAppOfApps?: boolean }
  resourceHealthSource?: 'inline' | 'appTree'
  controllerNamespace?: string
}

export interface ResourceStatus {
  group?: string
  version?: string
  kind: string
  namespace?: string
  name: string
  status?: 'Synced' | 'OutOfSync' | 'Unknown'
  health?: { status?: HealthStatus; message?: string; lastTransitionTime?: string }
  hook?: boolean
  requiresPruning?: boolean
  requiresDeletionConfirmation?: boolean
  syncWave?: number
}

export interface RevisionHistory {
  id: number
  revision?: string
  revisions?: string[]
  deployedAt: string
  deployStartedAt?: string
  source?: ApplicationSource
  sources?: ApplicationSource[]
  initiatedBy?: { username?: string; automated?: boolean }
}

/** Types that end in Error or Warning; upstream's conditions have no status. */
export interface ApplicationCondition {
  type: string
  message: string
  lastTransitionTime?: string
}

export interface OperationState {
  operation: Operation
  phase: 'Running' | 'Terminating' | 'Succeeded' | 'Failed' | 'Error'
  message?: string
  startedAt: string
  finishedAt?: string
  retryCount?: number
  syncResult?: {
    resources?: SyncedResource[]
    revision?: string
    revisions?: string[]
    source?: ApplicationSource
    sources?: ApplicationSource[]
    managedNamespaceMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  }
}

export interface SyncedResource {
  group: string
  version: string
  kind: string
  namespace: string
  name: string
  status?: 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped'
  message?: string
  hookType?: string
  hookPhase?: 'Running' | 'Terminating' | 'Failed' | 'Error' | 'Succeeded'
  syncPhase?: 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail'
}

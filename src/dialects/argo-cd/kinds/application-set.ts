import type { JsonObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ApplicationSpec, ResourceStatus } from './application.js'

/** argoproj.io/v1alpha1 ApplicationSet, fields as upstream names them. */
export interface ApplicationSet extends KubeObject {
  kind: 'ApplicationSet'
  spec: ApplicationSetSpec
  status?: ApplicationSetStatus
}

export interface ApplicationSetSpec {
  goTemplate?: boolean
  goTemplateOptions?: string[]
  generators: Generator[]
  template: ApplicationSetTemplate
  templatePatch?: string
  syncPolicy?: {
    preserveResourcesOnDeletion?: boolean
    applicationsSync?: 'create-only' | 'create-update' | 'create-delete' | 'sync'
  }
  preservedFields?: { annotations?: string[]; labels?: string[] }
  ignoreApplicationDifferences?: { name?: string; jsonPointers?: string[]; jqPathExpressions?: string[] }[]
  strategy?: { type?: string; rollingSync?: JsonObject; deletionOrder?: string }
  applyNestedSelectors?: boolean
}

export interface ApplicationSetTemplate {
  metadata: ApplicationSetTemplateMeta
  spec: Partial<ApplicationSpec>
}

export interface ApplicationSetTemplateMeta {
  name?: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
}

/** One entry of `generators`: exactly one of its generator fields is set, beside `selector`. */
export interface Generator {
  list?: { elements?: JsonObject[]; elementsYaml?: string; template?: ApplicationSetTemplate }
  clusters?: {
    selector?: Selector
    values?: Record<string, string>
    flatList?: boolean
    template?: ApplicationSetTemplate
  }
  git?: GitGenerator
  clusterDecisionResource?: ClusterDecisionResourceGenerator
  matrix?: { generators: Generator[]; template?: ApplicationSetTemplate }
  merge?: { generators: Generator[]; mergeKeys: string[]; template?: ApplicationSetTemplate }
  selector?: Selector
  /** Generators that Flotilla does not serve yet arrive here by their own names. */
  [other: string]: unknown
}

export interface GitGenerator {
  repoURL: string
  revision?: string
  directories?: { path: string; exclude?: boolean }[]
  files?: { path: string; exclude?: boolean }[]
  values?: Record<string, string>
  pathParamPrefix?: string
  requeueAfterSeconds?: number
  template?: ApplicationSetTemplate
}

export interface ClusterDecisionResourceGenerator {
  configMapRef?: string
  name?: string
  labelSelector?: Selector
  requeueAfterSeconds?: number
  values?: Record<string, string>
  template?: ApplicationSetTemplate
}

export interface Selector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

export interface ApplicationSetStatus {
  conditions?: ApplicationSetCondition[]
  applicationStatus?: JsonObject[]
  resources?: ResourceStatus[]
  resourcesCount?: number
  health?: { status?: string; message?: string; lastTransitionTime?: string }
}

export interface ApplicationSetCondition {
  type:
    | 'ErrorOccurred'
    | 'ParametersGenerated'
    | 'ResourcesUpToDate'
    | 'RolloutProgressing'
    | 'InvalidRolloutConfig'
    | (string & {})
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
  lastTransitionTime?: string
}

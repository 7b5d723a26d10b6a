import { apiVersionOf } from './kube-object.js'

/** One served resource: what discovery says of it, and what a client needs to address it. */
export interface ResourceType {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  readonly singular?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly verbs?: readonly string[]
  /** Names such as `status` and `scale`. */
  readonly subresources?: readonly string[]
}

/** Identifies a resource across versions: `deployments.apps`, `pods`. */
export function groupResourceOf(type: { group: string; plural: string }): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`
}

/** Identifies a kind of one version: `apps/v1/Deployment`, `v1/Pod`. */
export function kindKeyOf(type: { group: string; version: string; kind: string }): string {
  return `${apiVersionOf(type.group, type.version)}/${type.kind}`
}

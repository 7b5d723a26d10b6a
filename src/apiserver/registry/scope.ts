import type { AdmissionChain } from '../admission/contract.js'
import type { Authenticator, Authorizer, ClusterNetwork, LogicalCluster, NetworkOf, ServerPorts, UserInfo } from '../contract.js'
import type { ClusterStorage } from '../storage/contract.js'
import type { Allocations } from './allocation/allocations.js'
import type { ComputedResource } from './computed-resource.js'
import type { WatchHub } from './reads/watch-hub.js'
import type { ServedResources } from './served-resources.js'

/** What the verbs of one cluster work with. */
export interface ClusterScope {
  /** The cluster that the verbs belong to, as ports want to see it. */
  readonly cluster: LogicalCluster
  readonly storage: ClusterStorage
  readonly served: ServedResources
  readonly watches: WatchHub
  readonly ports: ServerPorts
  readonly admission: AdmissionChain
  readonly extensions: ServerExtensions
  readonly allocations: Allocations
  /** Undefined: the cluster shares the default ranges with all others. */
  readonly network: ClusterNetwork | undefined
}

/** Parts of the server that other rooms bring. What is absent answers as a cluster without it. */
export interface ServerExtensions {
  readonly authorizer?: Authorizer
  readonly authenticator?: Authenticator
  /** What a user may do in a namespace, for SelfSubjectRulesReview. */
  readonly rulesFor?: (cluster: LogicalCluster, user: UserInfo, namespace: string) => SubjectRules
  /** The addresses that a cluster has of its own (default: none). */
  readonly networkOf?: NetworkOf
  /** Where a cluster's API is served, for the endpoints of the Service `kubernetes` (default: 127.0.0.1:6443). */
  readonly apiAddressOf?: (cluster: string) => { host: string; port: number } | undefined
  /** Resources that are made when they are asked for, in every cluster (default: none). */
  readonly computed?: readonly ComputedResource[]
  readonly askConversion?: AskConversion
  /** Signs a service account token. */
  readonly issueToken?: (cluster: LogicalCluster, request: TokenRequest) => Promise<IssuedToken>
}

/** Posts a ConversionReview to what the `clientConfig` of a definition names, and gives the answer as it came. */
export type AskConversion = (storage: ClusterStorage, clientConfig: object, review: string) => Promise<unknown>

export interface SubjectRules {
  readonly resourceRules: readonly { verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] }[]
  readonly nonResourceRules: readonly { verbs: string[]; nonResourceURLs?: string[] }[]
  readonly incomplete: boolean
  readonly evaluationError?: string
}

export interface IssuedToken {
  readonly token: string
  readonly expiresAtMs: number
  /** Whom it is for, when the request did not say. */
  readonly audiences?: readonly string[]
}

export interface TokenRequest {
  readonly namespace: string
  readonly serviceAccount: string
  readonly uid: string
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
  readonly boundObject?: { kind: string; apiVersion: string; name: string; uid: string }
}

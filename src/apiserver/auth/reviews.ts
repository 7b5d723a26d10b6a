import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AccessAttributes, Authorizer, LogicalCluster, UserInfo } from '../contract.js'
import { checkEscalation } from './escalation.js'
import type { Rbac } from './rbac.js'
import type { PolicyRule } from './rbac-rules.js'
import type { IssuedToken, ReviewedToken, ServiceAccountTokens, TokenRequest } from './service-account-tokens.js'

/**
 * What the registry needs of authorization and authentication, for the review kinds (SubjectAccessReview and its siblings,
 * SelfSubjectRulesReview, TokenReview), for serviceaccounts/token, and for writes of roles and bindings.
 */
export interface ReviewPorts extends Authorizer {
  authorize(cluster: LogicalCluster, user: UserInfo, attributes: AccessAttributes): { allowed: boolean; reason: string }
  /** Split as SelfSubjectRulesReview has them. */
  rulesFor(cluster: LogicalCluster, user: UserInfo, namespace: string): SubjectRules
  issueToken(cluster: LogicalCluster, request: TokenRequest): Promise<IssuedToken>
  reviewToken(cluster: LogicalCluster, token: string, audiences: readonly string[]): Promise<ReviewedToken | undefined>
  /**
   * Throws Forbidden when the user would give away rights that he has not. `resource` is the plural of one of the four
   * kinds of RBAC (others pass); `object` as it would be stored.
   */
  checkEscalation(
    cluster: LogicalCluster,
    user: UserInfo,
    resource: string,
    object: KubeObject,
    previous: KubeObject | undefined,
  ): void
}

export interface SubjectRules {
  readonly resourceRules: readonly PolicyRule[]
  readonly nonResourceRules: readonly PolicyRule[]
}

export function createReviewPorts(rbac: Rbac, tokens: ServiceAccountTokens): ReviewPorts {
  return {
    authorize: rbac.authorize,
    rulesFor(cluster, user, namespace) {
      const resourceRules: PolicyRule[] = []
      const nonResourceRules: PolicyRule[] = []
      for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rbac.rulesFor(cluster, user, namespace)) {
        if (resources?.length) {
          const names = resourceNames?.length ? { resourceNames } : {}
          resourceRules.push({ verbs, apiGroups: apiGroups ?? [], resources, ...names })
        }
        if (nonResourceURLs?.length) nonResourceRules.push({ verbs, nonResourceURLs })
      }
      return { resourceRules, nonResourceRules }
    },
    issueToken: (cluster, request) => tokens.issue(cluster, request),
    reviewToken: (cluster, token, audiences) => tokens.review(cluster, token, audiences),
    checkEscalation: (cluster, user, resource, object, previous) =>
      checkEscalation(rbac, cluster, user, resource, object, previous),
  }
}

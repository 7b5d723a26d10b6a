import type { AdmissionPlugin } from '../admission/contract.js'
import type { Authenticator, LogicalCluster } from '../contract.js'
import type { ServerExtensions } from '../registry/scope.js'
import { withAuthenticatedGroup } from './authenticate.js'
import { checkEscalation } from './escalation.js'
import type { Rbac } from './rbac.js'
import type { ServiceAccountTokens } from './service-account-tokens.js'

/**
 * What the registry takes from authentication and authorization: for the review kinds (SubjectAccessReview and its siblings,
 * SelfSubjectRulesReview, TokenReview) and for serviceaccounts/token.
 */
export type ReviewPorts = Required<Pick<ServerExtensions, 'authorizer' | 'authenticator' | 'rulesFor' | 'issueToken'>>

/** `others` are the authenticators besides the service accounts' that a TokenReview asks (static tokens). */
export function createReviewPorts(rbac: Rbac, tokens: ServiceAccountTokens, others: readonly Authenticator[] = []): ReviewPorts {
  return {
    authorizer: rbac,
    authenticator: {
      async authenticate(cluster, credentials) {
        for (const authenticator of [tokens, ...others]) {
          const user = await authenticator.authenticate(cluster, credentials)
          if (user !== undefined) return withAuthenticatedGroup(user)
        }
        return undefined
      },
    },
    rulesFor(cluster, user, namespace) {
      const resourceRules = []
      const nonResourceRules = []
      for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rbac.rulesFor(cluster, user, namespace)) {
        if (resources?.length) {
          resourceRules.push({
            verbs: [...verbs],
            apiGroups: [...(apiGroups ?? [])],
            resources: [...resources],
            ...(resourceNames?.length ? { resourceNames: [...resourceNames] } : {}),
          })
        }
        if (nonResourceURLs?.length) nonResourceRules.push({ verbs: [...verbs], nonResourceURLs: [...nonResourceURLs] })
      }
      return { resourceRules, nonResourceRules, incomplete: false }
    },
    async issueToken(cluster, request) {
      const { namespace, serviceAccount, uid, audiences, expirationSeconds, boundObject } = request
      const issued = await tokens.issue(cluster, {
        serviceAccount: { namespace, name: serviceAccount, uid },
        audiences,
        expirationSeconds,
        ...(boundObject === undefined ? {} : { boundObject }),
      })
      return { token: issued.token, expiresAtMs: issued.expiresAt, audiences: issued.audiences }
    },
  }
}

/**
 * Refuses roles and bindings that give away more than their author has. In upstream this stands in the storage of the four
 * kinds; here it judges what is about to be stored, after everything that may change it.
 */
export function createEscalationPlugin(rbac: Rbac, clusters: { get(name: string): LogicalCluster | undefined }): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    handles: ({ type, operation }) => type.group === 'rbac.authorization.k8s.io' && operation !== 'DELETE',
    validate({ object, previous, type, user, storage }) {
      const cluster = clusters.get(storage.cluster)
      if (object !== undefined && cluster !== undefined) checkEscalation(rbac, cluster, user, type.plural, object, previous)
    },
  }
}

import { formatTime } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { KubeObject, ObjectMeta } from '../../../kube/object/kube-object.js'
import { hasReason, statusErrors } from '../../../kube/object/status-error.js'
import type { UserInfo } from '../../contract.js'
import type { WriteRequest } from '../writes/write-request.js'
import { reviewMetadata } from './review-metadata.js'

/** authentication.k8s.io/v1 SelfSubjectReview: who the server takes the caller for. */
export async function selfSubjectReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  return {
    ...body,
    // An answer of its own: of what was sent nothing is left.
    metadata: { creationTimestamp: formatTime(request.scope.ports.clock.now()) } as unknown as ObjectMeta,
    status: { userInfo: userInfo(request.context.user) },
  }
}

/** authorization.k8s.io/v1 SelfSubjectRulesReview: what the caller may do in a namespace. */
export async function selfSubjectRulesReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  const { extensions, cluster } = request.scope
  const namespace = isObject(body['spec']) ? body['spec']['namespace'] : undefined
  if (typeof namespace !== 'string' || namespace === '') throw statusErrors.badRequest('no namespace on request')
  const rules = extensions.rulesFor?.(cluster, request.context.user, namespace) ?? {
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  }
  return { ...body, metadata: reviewMetadata(request, body), status: rules }
}

/** authentication.k8s.io/v1 TokenReview: whom a bearer token speaks for. */
export async function tokenReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  const { extensions, cluster } = request.scope
  const spec = isObject(body['spec']) ? body['spec'] : {}
  const token = spec['token']
  if (typeof token !== 'string' || token === '') {
    throw statusErrors.badRequest('token is required for TokenReview in authentication')
  }
  const metadata = reviewMetadata(request, body)
  const answer = (status: Record<string, unknown>): KubeObject => ({ ...body, metadata, status })
  try {
    const user = await extensions.authenticator?.authenticate(cluster, { bearerToken: token })
    if (user === undefined) return answer({ user: {}, error: 'invalid bearer token' })
    const audiences = Array.isArray(spec['audiences']) ? { audiences: spec['audiences'] } : {}
    return answer({ authenticated: true, user: userInfo(user), ...audiences })
  } catch (error) {
    if (!hasReason(error, 'Unauthorized')) throw error
    return answer({ user: {}, error: messageOf(error) })
  }
}

function userInfo(user: UserInfo): Record<string, unknown> {
  return {
    username: user.name,
    ...(user.uid ? { uid: user.uid } : {}),
    ...(user.groups.length > 0 ? { groups: user.groups } : {}),
    ...(user.extra ? { extra: user.extra } : {}),
  }
}

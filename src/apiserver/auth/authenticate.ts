import { statusErrors } from '../../kube/object/status-error.js'
import type { Authenticator, LogicalCluster, UserInfo } from '../contract.js'

export const anonymousUser: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

const authenticatedGroup = 'system:authenticated'

/**
 * Asks each authenticator in turn; the first that knows the credentials decides. Somebody who shows none is anonymous (and
 * may then do only what RBAC gives to system:unauthenticated); a token or certificate that nobody knows is refused.
 */
export async function authenticate(
  authenticators: readonly Authenticator[],
  cluster: LogicalCluster,
  credentials: Parameters<Authenticator['authenticate']>[1],
): Promise<UserInfo> {
  for (const authenticator of authenticators) {
    const user = await authenticator.authenticate(cluster, credentials)
    if (user !== undefined) return withAuthenticatedGroup(user)
  }
  if (credentials.bearerToken !== undefined || credentials.peerCertificate !== undefined) throw statusErrors.unauthorized()
  return anonymousUser
}

/** Everybody whom an authenticator knows is in system:authenticated. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(authenticatedGroup) || user.name === anonymousUser.name) return user
  return { ...user, groups: [...user.groups, authenticatedGroup] }
}

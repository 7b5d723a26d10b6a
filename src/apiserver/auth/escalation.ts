import { equalJson, isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { LogicalCluster, UserInfo } from '../contract.js'
import { mastersGroup, type Rbac } from './rbac.js'
import { bindingOf, rulesOf } from './rbac-index.js'
import { compactRules, formatRule, type PolicyRule, uncoveredRules } from './rbac-rules.js'

const group = 'rbac.authorization.k8s.io'

/**
 * Refuses to let somebody write a role, or bind one, with more rights than he has himself, unless he may `escalate` or `bind`.
 * Call it with the object as it would be stored, for the four kinds of RBAC; throws Forbidden with upstream's text.
 */
export function checkEscalation(
  rbac: Rbac,
  cluster: LogicalCluster,
  user: UserInfo,
  resource: string,
  object: KubeObject,
  previous: KubeObject | undefined,
): void {
  if (user.groups.includes(mastersGroup)) return
  const { name, namespace = '' } = object.metadata
  const may = (verb: string, of: string, named: string) =>
    rbac.authorize(cluster, user, { verb, group, version: 'v1', resource: of, subresource: '', namespace, name: named }).allowed
  let granted: readonly PolicyRule[]
  if (resource === 'roles' || resource === 'clusterroles') {
    if (
      previous &&
      equalJson(previous['rules'], object['rules']) &&
      equalJson(previous['aggregationRule'], object['aggregationRule'])
    ) {
      return
    }
    if (may('escalate', resource, name)) return
    // Who selects roles by labels may be given any rule: upstream asks for all of them.
    granted = isObject(object['aggregationRule']) ? everything : rulesOf(object)
  } else if (resource === 'rolebindings' || resource === 'clusterrolebindings') {
    if (previous && equalJson(previous['roleRef'], object['roleRef']) && equalJson(previous['subjects'], object['subjects']))
      return
    const { roleRef } = bindingOf(object)
    if (may('bind', roleRef.kind === 'Role' ? 'roles' : 'clusterroles', roleRef.name)) return
    const rules = rbac.roleRules(cluster, roleRef, namespace)
    if (rules === undefined) {
      const plural = roleRef.kind === 'Role' ? 'roles' : 'clusterroles'
      throw statusErrors.notFound({ resource: plural, group, name: roleRef.name })
    }
    granted = rules
  } else return
  const missing = uncoveredRules(rbac.rulesFor(cluster, user, namespace), granted)
  if (missing.length === 0) return
  const groups = user.groups.map((item) => JSON.stringify(item)).join(' ')
  const rules = compactRules(missing).map(formatRule).sort().join('\n')
  throw statusErrors.forbidden(
    { resource, group, name },
    `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${rules}`,
  )
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

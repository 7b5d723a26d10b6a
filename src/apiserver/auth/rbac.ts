import type { AccessAttributes, Authorizer, ClusterChange, LogicalCluster, UserInfo } from '../contract.js'
import { type Binding, RbacIndex, rbacResources } from './rbac-index.js'
import { type PolicyRule, ruleAllows } from './rbac-rules.js'

/** Upstream's group of those who may do everything, whatever the roles say. */
export const mastersGroup = 'system:masters'

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

export interface Rbac extends Authorizer {
  /** What the user may do in a namespace (empty: in the whole cluster), rule by rule. */
  rulesFor(cluster: LogicalCluster, user: UserInfo, namespace: string): readonly PolicyRule[]
  /** The rules of a role; undefined when it does not exist. */
  roleRules(
    cluster: LogicalCluster,
    reference: { kind: string; name: string },
    namespace: string,
  ): readonly PolicyRule[] | undefined
  /** Keeps the indexes up to date from here on. Call it once, before the first request. The returned function ends it. */
  follow(changes: ChangeFeed): () => void
}

/** The part of LogicalClusters that the indexes listen to. */
export interface ChangeFeed {
  onChange(listener: (change: ClusterChange) => void): () => void
}

/**
 * Decides by the Role, ClusterRole, RoleBinding and ClusterRoleBinding objects of the logical cluster. The index of a cluster
 * is made when somebody outside system:masters first asks, and follows the feed of changes from then on. Without `changes` here
 * call `follow` as soon as there are clusters.
 */
export function createRbac(changes?: ChangeFeed): Rbac {
  // By identity, so that a cluster which was removed and made again starts anew.
  const indexes = new Map<string, { cluster: LogicalCluster; index: RbacIndex }>()
  const followed = new Set<string>(rbacResources)
  const indexOf = (cluster: LogicalCluster): RbacIndex => {
    const known = indexes.get(cluster.name)
    if (known?.cluster === cluster) return known.index
    const index = new RbacIndex(cluster)
    indexes.set(cluster.name, { cluster, index })
    return index
  }

  const rbac: Rbac = {
    authorize(cluster, user, attributes) {
      if (user.groups.includes(mastersGroup)) return { allowed: true, reason: '' }
      return decide(indexOf(cluster), user, attributes)
    },
    rulesFor(cluster, user, namespace) {
      if (user.groups.includes(mastersGroup)) return everything
      const index = indexOf(cluster)
      const rules: PolicyRule[] = []
      for (const binding of index.bindingsOf(user, namespace)) {
        rules.push(...(index.rulesOf(binding.roleRef, binding.namespace) ?? []))
      }
      return rules
    },
    roleRules: (cluster, reference, namespace) => indexOf(cluster).rulesOf(reference, namespace),
    follow: (changes) =>
      changes.onChange((change) => {
        if (!followed.has(change.groupResource)) return
        const known = indexes.get(change.cluster)
        known?.index.apply(change.groupResource as (typeof rbacResources)[number], change.object, change.type === 'DELETED')
      }),
  }
  if (changes !== undefined) rbac.follow(changes)
  return rbac
}

function decide(index: RbacIndex, user: UserInfo, attributes: AccessAttributes): { allowed: boolean; reason: string } {
  let missing: Binding | undefined
  for (const binding of index.bindingsOf(user, attributes.namespace)) {
    // Paths belong to no namespace: only bindings of the whole cluster speak of them.
    if (attributes.path !== undefined && binding.namespace !== '') continue
    const rules = index.rulesOf(binding.roleRef, binding.namespace)
    if (rules === undefined) missing ??= binding
    else if (rules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason: allowedReason(binding, user) }
  }
  if (missing === undefined) return { allowed: false, reason: '' }
  const kind = missing.roleRef.kind === 'Role' ? 'role' : 'clusterrole'
  return { allowed: false, reason: `RBAC: ${kind}.rbac.authorization.k8s.io ${JSON.stringify(missing.roleRef.name)} not found` }
}

function allowedReason(binding: Binding, user: UserInfo): string {
  const kind = binding.namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding'
  const where = binding.namespace === '' ? binding.name : `${binding.name}/${binding.namespace}`
  const subject = binding.subjects.find((key) => key === `u ${user.name}` || user.groups.some((group) => key === `g ${group}`))
  const who = subject === undefined ? `ServiceAccount` : subject.startsWith('u ') ? 'User' : 'Group'
  const name = subject === undefined ? user.name.split(':').slice(2).reverse().join('/') : subject.slice(2)
  return (
    `RBAC: allowed by ${kind} ${JSON.stringify(where)} of ${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)} ` +
    `to ${who} ${JSON.stringify(name)}`
  )
}

import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../kube/object/selector.js'
import type { LogicalCluster, UserInfo } from '../contract.js'
import { parseServiceAccount } from './impersonate.js'
import type { PolicyRule } from './rbac-rules.js'

export const rbacResources = [
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
] as const
type RbacResource = (typeof rbacResources)[number]

export interface Binding {
  readonly name: string
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string
  readonly roleRef: { readonly kind: string; readonly name: string }
  readonly subjects: readonly string[]
}

/**
 * Who is bound to which rules in one cluster, kept as maps: a decision looks at the bindings of the user and its groups alone.
 * Filled once from the cluster, then kept up to date with `apply`.
 */
export class RbacIndex {
  readonly #roles = new Map<string, readonly PolicyRule[]>()
  readonly #clusterRoles = new Map<string, KubeObject>()
  readonly #bindings = new Map<string, Binding>()
  /** By subject: `u jane`, `g dev`, `s namespace/name`. */
  readonly #bySubject = new Map<string, Set<Binding>>()
  readonly #clusterRules = new Map<string, readonly PolicyRule[]>()

  constructor(cluster: LogicalCluster) {
    for (const resource of rbacResources) {
      for (const object of cluster.peekAll(resource)) this.apply(resource, object, false)
    }
  }

  /** Takes over a change of one of the four kinds. */
  apply(resource: RbacResource, object: KubeObject, deleted: boolean): void {
    const { name, namespace = '' } = object.metadata
    switch (resource) {
      case 'roles.rbac.authorization.k8s.io':
        if (deleted) this.#roles.delete(`${namespace}/${name}`)
        else this.#roles.set(`${namespace}/${name}`, rulesOf(object))
        break
      case 'clusterroles.rbac.authorization.k8s.io':
        // An aggregated role may take its rules from any other.
        this.#clusterRules.clear()
        if (deleted) this.#clusterRoles.delete(name)
        else this.#clusterRoles.set(name, object)
        break
      default:
        this.#applyBinding(`${namespace}/${name}`, deleted ? undefined : bindingOf(object))
    }
  }

  /** The bindings of the user that count in `namespace` (empty: those of the whole cluster). */
  *bindingsOf(user: UserInfo, namespace: string): Iterable<Binding> {
    const account = parseServiceAccount(user.name)
    const keys = [`u ${user.name}`, ...user.groups.map((group) => `g ${group}`)]
    if (account) keys.push(`s ${account.namespace}/${account.name}`)
    for (const key of keys) {
      for (const binding of this.#bySubject.get(key) ?? []) {
        if (binding.namespace === '' || (namespace !== '' && binding.namespace === namespace)) yield binding
      }
    }
  }

  /** The rules of the role that a binding refers to; undefined when there is no such role. */
  rulesOf(reference: { readonly kind: string; readonly name: string }, namespace: string): readonly PolicyRule[] | undefined {
    if (reference.kind === 'Role') return this.#roles.get(`${namespace}/${reference.name}`)
    const known = this.#clusterRules.get(reference.name)
    if (known !== undefined) return known
    const role = this.#clusterRoles.get(reference.name)
    if (role === undefined) return undefined
    const rules = this.#aggregated(role, new Set())
    this.#clusterRules.set(reference.name, rules)
    return rules
  }

  /** Own rules, and those of every role that an aggregation rule selects (such roles may aggregate others in turn). */
  #aggregated(role: KubeObject, seen: Set<KubeObject>): readonly PolicyRule[] {
    seen.add(role)
    const aggregation = role['aggregationRule']
    const selectors = isObject(aggregation) ? aggregation['clusterRoleSelectors'] : undefined
    const own = rulesOf(role)
    if (!Array.isArray(selectors) || selectors.length === 0) return own
    const rules = new Map(own.map((rule) => [JSON.stringify(rule), rule]))
    for (const selector of selectors) {
      const parsed = fromLabelSelector(selector as LabelSelectorSpec)
      for (const other of this.#clusterRoles.values()) {
        if (seen.has(other) || !matchesLabels(parsed, other.metadata.labels)) continue
        for (const rule of this.#aggregated(other, seen)) rules.set(JSON.stringify(rule), rule)
      }
    }
    return [...rules.values()]
  }

  #applyBinding(key: string, binding: Binding | undefined): void {
    const previous = this.#bindings.get(key)
    for (const subject of previous?.subjects ?? []) {
      const bound = this.#bySubject.get(subject)
      bound?.delete(previous!)
      if (bound?.size === 0) this.#bySubject.delete(subject)
    }
    if (binding === undefined) {
      this.#bindings.delete(key)
      return
    }
    this.#bindings.set(key, binding)
    for (const subject of binding.subjects) {
      const bound = this.#bySubject.get(subject)
      if (bound) bound.add(binding)
      else this.#bySubject.set(subject, new Set([binding]))
    }
  }
}

/** The rules that a Role or ClusterRole has itself. */
export function rulesOf(role: KubeObject): readonly PolicyRule[] {
  const rules = role['rules']
  return Array.isArray(rules) ? (rules as PolicyRule[]).filter((rule) => Array.isArray(rule?.verbs)) : []
}

/** A RoleBinding or ClusterRoleBinding in the index's terms. */
export function bindingOf(object: KubeObject): Binding {
  const { name, namespace = '' } = object.metadata
  const reference = (object['roleRef'] ?? {}) as { kind?: string; name?: string }
  const subjects: string[] = []
  for (const subject of (object['subjects'] ?? []) as { kind?: string; name?: string; namespace?: string }[]) {
    if (subject.kind === 'User') subjects.push(`u ${subject.name}`)
    else if (subject.kind === 'Group') subjects.push(`g ${subject.name}`)
    else if (subject.kind === 'ServiceAccount') subjects.push(`s ${subject.namespace ?? namespace}/${subject.name}`)
  }
  return { name, namespace, roleRef: { kind: reference.kind ?? '', name: reference.name ?? '' }, subjects }
}

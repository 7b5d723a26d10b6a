import { compareText } from '../../../base/compare-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type AffinityMatcher, matcherOf } from '../match-cluster.js'
import { closestOf } from '../match-resource.js'
import { policyName } from '../policy/decide-policy.js'
import { checkKubefedOverrides } from './kubefed-overrides.js'
import {
  type ApplicableOverride,
  applyKarmadaRule,
  applyKubefedRule,
  type KarmadaOverridePolicy,
  type OverrideFinder,
  type OverridePolicy,
} from './override-policy.js'

/**
 * The overrides of an object in the order in which they apply; later ones win. KubeFed's, which stand in the object, come first.
 * Of Karmada's those of the fleet come before those of the namespace, within each the less close selector first, then by name;
 * a cluster-scoped object has none of a namespace. Throws a CodedError for overrides that KubeFed refuses as a whole.
 */
export function orderOverrides(object: KubeObject, policies: readonly OverridePolicy[]): OverrideFinder {
  const byCluster = new Map<string, ApplicableOverride[]>()
  const rules: { readonly matcher: AffinityMatcher | undefined; readonly override: ApplicableOverride }[] = []
  const karmada: { policy: KarmadaOverridePolicy; closeness: number; local: boolean }[] = []
  for (const policy of policies) {
    if (policy.dialect === 'kubefed') {
      for (const [cluster, overrides] of checkKubefedOverrides(policy.overrides)) {
        const list = byCluster.get(cluster) ?? []
        list.push(applyKubefedRule(`${policy.name} (overrides of ${cluster})`, overrides))
        byCluster.set(cluster, list)
      }
      continue
    }
    const local = policy.namespace !== undefined && policy.namespace !== ''
    if (local && policy.namespace !== object.metadata.namespace) continue
    const closeness = (policy.selectors?.length ?? 0) === 0 ? 1 : closestOf(policy.selectors ?? [], object)
    if (closeness > 0) karmada.push({ policy, closeness, local })
  }
  karmada.sort(
    (a, b) => Number(a.local) - Number(b.local) || a.closeness - b.closeness || compareText(a.policy.name, b.policy.name),
  )
  for (const { policy } of karmada) {
    for (const rule of policy.rules) {
      rules.push({
        matcher: rule.clusters && matcherOf(rule.clusters),
        override: applyKarmadaRule(policyName(policy), rule.overriders),
      })
    }
  }
  return (cluster) => [
    ...(byCluster.get(cluster.name) ?? []),
    ...rules.filter(({ matcher }) => matcher === undefined || matcher.matches(cluster)).map(({ override }) => override),
  ]
}

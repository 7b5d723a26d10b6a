import type { KarmadaOverriders } from '../../../delivery/placement/overrides/karmada-overriders.js'
import type { KarmadaOverridePolicy } from '../../../delivery/placement/overrides/override-policy.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldsOf, objectAt, objectsAt } from '../fields.js'
import { readAffinity, readSelectors } from './read-affinity.js'

const read = new WeakMap<KubeObject, KarmadaOverridePolicy>()

/** An OverridePolicy or ClusterOverridePolicy in the engine's words. The same object gives the same policy. */
export function readOverridePolicy(policy: KubeObject): KarmadaOverridePolicy {
  let result = read.get(policy)
  if (result === undefined) read.set(policy, (result = translate(policy)))
  return result
}

function translate(policy: KubeObject): KarmadaOverridePolicy {
  const { name, namespace = '' } = policy.metadata
  const spec = fieldsOf(policy['spec'])
  const selectors = readSelectors(objectsAt(spec, 'resourceSelectors'), namespace)
  const rules = objectsAt(spec, 'overrideRules')
  return {
    dialect: 'karmada',
    name,
    ...(namespace === '' ? {} : { namespace }),
    ...(selectors.length > 0 ? { selectors } : {}),
    // `targetCluster` and `overriders` beside the rules are the older form of one rule.
    rules: (rules.length > 0 ? rules : objectAt(spec, 'overriders') === undefined ? [] : [spec]).map(readRule),
  }
}

function readRule(rule: Fields): KarmadaOverridePolicy['rules'][number] {
  const target = objectAt(rule, 'targetCluster')
  return {
    ...(target === undefined ? {} : { clusters: readAffinity(target) }),
    overriders: fieldsOf(rule['overriders']) as KarmadaOverriders,
  }
}

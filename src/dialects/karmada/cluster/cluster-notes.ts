import type { ClusterNotes, HubFacts } from '../../../delivery/federation/contract.js'
import type { Taint } from '../../../delivery/placement/contract.js'
import { matcherOf } from '../../../delivery/placement/match-cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldsOf, objectAt, objectsAt, textAt, textMapAt, textsAt } from '../fields.js'
import { readAffinity } from '../policy/read-affinity.js'
import { clusterTaintPolicyType, karmadaClusterType } from '../resource-types.js'

/** What Cluster objects say of clusters: places, labels, taints of their own and those of ClusterTaintPolicies. */
export function clusterNotes(hub: HubFacts): ReadonlyMap<string, ClusterNotes> {
  const policies = hub.objects(clusterTaintPolicyType)
  return new Map(hub.objects(karmadaClusterType).map((cluster) => [cluster.metadata.name, notesOf(cluster, policies)]))
}

function notesOf(cluster: KubeObject, policies: readonly KubeObject[]): ClusterNotes {
  const spec = cluster['spec']
  const provider = textAt(spec, 'provider')
  const region = textAt(spec, 'region')
  const zone = textAt(spec, 'zone')
  const listed = textsAt(spec, 'zones')
  const zones = listed.length > 0 ? listed : zone === '' ? [] : [zone]
  const places = {
    ...(provider === '' ? {} : { provider }),
    ...(region === '' ? {} : { region }),
    ...(zones.length > 0 ? { zones } : {}),
  }
  const labels = textMapAt(cluster, 'metadata', 'labels')
  const facts = { name: cluster.metadata.name, ...places, ...(labels === undefined ? {} : { labels }) }
  const taints = objectsAt(spec, 'taints').map(readTaint)
  for (const policy of policies) {
    const target = objectAt(policy, 'spec', 'targetClusters')
    if (target !== undefined && !matcherOf(readAffinity(target)).matches(facts)) continue
    if (!adds(policy, cluster)) continue
    for (const taint of objectsAt(policy, 'spec', 'taints').map((each) => asSeen(readTaint(each), cluster)))
      if (!taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)) taints.push(taint)
  }
  return {
    ...places,
    ...(labels === undefined ? {} : { labels }),
    ...(taints.length > 0 ? { taints } : {}),
    ...(taints.some(({ key, effect }) => key === unschedulable && effect === 'NoSchedule') ? { cordoned: true } : {}),
  }
}

const unschedulable = 'cluster.karmada.io/unschedulable'

function readTaint(taint: Fields): Taint {
  const value = textAt(taint, 'value')
  const since = Date.parse(textAt(taint, 'timeAdded'))
  return {
    key: textAt(taint, 'key'),
    effect: textAt(taint, 'effect'),
    ...(value === '' ? {} : { value }),
    ...(Number.isNaN(since) ? {} : { since }),
  }
}

/**
 * A cluster that does not answer may only be out of our sight: nothing new goes there, and what is there is moved by the rule on
 * silent clusters, which asks others first.
 */
function asSeen(taint: Taint, cluster: KubeObject): Taint {
  if (taint.effect !== 'NoExecute') return taint
  const ready = objectsAt(cluster, 'status', 'conditions').find((each) => each['type'] === 'Ready')
  return ready?.['reason'] === 'ClusterNotReachable' ? { ...taint, effect: 'NoSchedule' } : taint
}

/** All conditions to add hold, and those to remove do not: what is derived from the conditions as they are needs no memory. */
function adds(policy: KubeObject, cluster: KubeObject): boolean {
  const add = objectsAt(policy, 'spec', 'addOnConditions')
  const remove = objectsAt(policy, 'spec', 'removeOnConditions')
  return all(add, cluster) && !all(remove, cluster)
}

/** An empty list never matches. */
function all(conditions: readonly Fields[], cluster: KubeObject): boolean {
  if (conditions.length === 0) return false
  return conditions.every((wanted) => {
    const found = objectsAt(cluster, 'status', 'conditions').find((each) => each['type'] === wanted['conditionType'])
    if (found === undefined) return false
    const among = textsAt(wanted, 'statusValues').includes(textAt(fieldsOf(found), 'status'))
    return wanted['operator'] === 'NotIn' ? !among : among
  })
}

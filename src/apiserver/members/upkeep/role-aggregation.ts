import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'
import type { LogicalCluster } from '../../contract.js'
import type { MemberController } from '../contract.js'

type ClusterRole = KubeObject & { rules?: unknown[] | null; aggregationRule?: { clusterRoleSelectors?: LabelSelectorSpec[] } }

const resource = 'clusterroles.rbac.authorization.k8s.io'

/** Fills ClusterRoles that have an aggregationRule with the rules of the roles that it selects, such as `admin`, `edit` and `view`. */
export function createRoleAggregation(peekAll: (cluster: string, resource: string) => Iterable<KubeObject>): MemberController {
  return {
    name: 'clusterrole-aggregation-controller',
    watches: {
      [resource]({ cluster, type, object, previous }, queue) {
        if (type !== 'DELETED' && (object as ClusterRole).aggregationRule !== undefined) queue.addSoon(object.metadata.name)
        // Roles without labels, which are most, are part of nothing.
        const states = [object, previous].filter((state) => state?.metadata.labels !== undefined) as ClusterRole[]
        if (states.length === 0) return
        for (const role of peekAll(cluster, resource) as Iterable<ClusterRole>) {
          if (states.some((state) => selectors(role).some((selector) => matchesLabels(selector, state.metadata.labels)))) {
            queue.addSoon(role.metadata.name)
          }
        }
      },
    },
    async reconcile(work) {
      const role = work.cluster.peek(resource, work.key) as ClusterRole | undefined
      if (role?.aggregationRule === undefined || role.metadata.deletionTimestamp !== undefined) return undefined
      const rules = aggregatedRules(work.cluster, role)
      if (!equalJson(role.rules ?? [], rules)) await work.write.update({ ...role, rules })
      return undefined
    },
  }
}

function selectors(role: ClusterRole) {
  return (role.aggregationRule?.clusterRoleSelectors ?? []).map((spec) => fromLabelSelector(spec, { validate: false }))
}

/** Selector by selector, role by role in the order of their names, each rule once. */
export function aggregatedRules(cluster: Pick<LogicalCluster, 'peekAll'>, role: ClusterRole): unknown[] {
  const rules: unknown[] = []
  for (const selector of selectors(role)) {
    const selected = ([...cluster.peekAll(resource)] as ClusterRole[]).filter(
      ({ metadata }) => metadata.name !== role.metadata.name && matchesLabels(selector, metadata.labels),
    )
    selected.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    for (const rule of selected.flatMap((each) => each.rules ?? [])) {
      if (!rules.some((known) => equalJson(known, rule))) rules.push(rule)
    }
  }
  return rules
}

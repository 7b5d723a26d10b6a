import { equalJson } from '../../../base/json.js'
import { setCondition } from '../../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../../kube/object/kube-object.js'
import { controllerOf } from '../../../kube/object/owner.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'
import type { MemberController, Work } from '../contract.js'
import type { Pod, ReplicaSet } from '../engine/objects.js'
import { resolveCount } from './deployment-scaling.js'
import { isActive, isReady } from './pods.js'
import { keyIn } from './replica-sets.js'

type DisruptionBudget = KubeObject & {
  spec: { selector?: LabelSelectorSpec; minAvailable?: number | string; maxUnavailable?: number | string }
  status?: { conditions?: Condition[]; [field: string]: unknown }
}

/** Tells how many pods of each PodDisruptionBudget may be evicted now. */
export function createDisruptionBudgets(
  peekAll: (cluster: string, resource: string, namespace: string) => Iterable<KubeObject>,
): MemberController {
  return {
    name: 'disruption-controller',
    manager: 'kube-controller-manager',
    watches: {
      'poddisruptionbudgets.policy': (change, queue) => queue.add(keyIn(change)),
      pods({ cluster, object }, queue) {
        for (const budget of peekAll(cluster, 'poddisruptionbudgets.policy', object.metadata.namespace ?? '')) {
          const selector = fromLabelSelector((budget as DisruptionBudget).spec.selector, { validate: false })
          if (matchesLabels(selector, object.metadata.labels))
            queue.addSoon(`${budget.metadata.namespace}/${budget.metadata.name}`)
        }
      },
    },
    async reconcile(work) {
      const budget = work.cluster.peek('poddisruptionbudgets.policy', work.key) as DisruptionBudget | undefined
      if (budget === undefined) return undefined
      const selector = fromLabelSelector(budget.spec.selector, { validate: false })
      const pods = ([...work.cluster.peekAll('pods', budget.metadata.namespace)] as Pod[]).filter(
        (pod) => isActive(pod) && matchesLabels(selector, pod.metadata.labels),
      )
      const expectedPods =
        budget.spec.maxUnavailable === undefined && typeof budget.spec.minAvailable === 'number'
          ? pods.length
          : expected(work, pods)
      const desiredHealthy = healthyWanted(budget, expectedPods)
      const currentHealthy = pods.filter(isReady).length
      const disruptionsAllowed = Math.max(0, expectedPods > 0 ? currentHealthy - desiredHealthy : 0)
      const allowed = disruptionsAllowed > 0
      const conditions = setCondition(
        budget.status?.conditions,
        {
          type: 'DisruptionAllowed',
          status: allowed ? 'True' : 'False',
          reason: allowed ? 'SufficientPods' : 'InsufficientPods',
          message: '',
          observedGeneration: budget.metadata.generation ?? 1,
        },
        work.nowText(),
      )
      const status = {
        observedGeneration: budget.metadata.generation ?? 1,
        expectedPods,
        desiredHealthy,
        currentHealthy,
        disruptionsAllowed,
        conditions: [...conditions],
      }
      if (!equalJson(budget.status, status)) await work.write.status(budget, { ...budget, status })
      return undefined
    },
  }
}

/** The replicas that the controllers of the pods ask for, together; a pod without one counts for itself. */
function expected({ cluster }: Work, pods: readonly Pod[]): number {
  const sizes = new Map<string, number>()
  for (const pod of pods) {
    const owner = controllerOf(pod)
    const resource = owner === undefined ? undefined : resources[owner.kind]
    const found = resource && (cluster.peek(resource, `${pod.metadata.namespace}/${owner?.name}`) as ReplicaSet | undefined)
    sizes.set(owner?.uid ?? pod.metadata.uid ?? pod.metadata.name, found ? (found.spec.replicas ?? 1) : 1)
  }
  let total = 0
  for (const size of sizes.values()) total += size
  return total
}

const resources: Readonly<Record<string, string | undefined>> = {
  ReplicaSet: 'replicasets.apps',
  StatefulSet: 'statefulsets.apps',
  ReplicationController: 'replicationcontrollers',
}

function healthyWanted({ spec }: DisruptionBudget, expectedPods: number): number {
  if (spec.maxUnavailable !== undefined) return Math.max(0, expectedPods - resolveCount(spec.maxUnavailable, expectedPods, 'up'))
  return resolveCount(spec.minAvailable ?? 1, expectedPods, 'up')
}

import { defineCheck } from '../../contract.js'
import { selectedPods, selectorOf } from '../../references/selected-pods.js'
import { isPart } from '../../schema/standing.js'

export const budgetBlocksDrain = defineCheck({
  id: 'budget-blocks-drain',
  topic: 'lifecycle',
  severity: 'warning',
  title: 'A PodDisruptionBudget lets no pod go',
  why: 'A node is drained before it is upgraded or taken away. A budget that allows no disruption at all stops that: Cluster API waits (for ever, without `nodeDrainTimeout`), managed services give up or evict by force after an hour.',
  evidence: ['kubernetes.io/docs/tasks/run-application/configure-pdb', 'Cluster API: Machine deletion, node drain'],
  fix: 'Allow one: `maxUnavailable: 1`, and more than one replica.',
  *run(model) {
    const pods = selectedPods(model)
    for (const budget of model.kinds('policy', 'PodDisruptionBudget')) {
      if (isPart(model, budget)) continue
      const most = budget.get('spec', 'maxUnavailable')
      const least = budget.get('spec', 'minAvailable')
      if (most === 0 || most === '0%') {
        yield { message: `${budget.subject} has maxUnavailable ${most}`, at: [budget.at('spec', 'maxUnavailable')] }
        continue
      }
      if (least === '100%') {
        yield { message: `${budget.subject} has minAvailable 100%`, at: [budget.at('spec', 'minAvailable')] }
        continue
      }
      const selector = selectorOf(budget.get('spec', 'selector', 'matchLabels'))
      if (typeof least !== 'number' || least < 2 || selector === undefined) continue
      const selected = pods.of(selector, budget)
      if (selected.length !== 1) continue
      const { object } = selected[0]!
      const replicas = object.get('spec', 'replicas')
      if (typeof replicas !== 'number' || replicas === 0 || replicas > least || isScaled(object.kind, object.name)) continue
      yield {
        message: `${budget.subject} wants ${least} pods of ${object.subject}, which has ${replicas}`,
        at: [budget.at('spec', 'minAvailable'), object.at('spec', 'replicas')],
      }
    }

    function isScaled(kind: string, name: string): boolean {
      return [...model.kinds('autoscaling', 'HorizontalPodAutoscaler'), ...model.kinds('keda.sh', 'ScaledObject')].some(
        (each) =>
          each.text('spec', 'scaleTargetRef', 'name') === name &&
          (each.text('spec', 'scaleTargetRef', 'kind') ?? 'Deployment') === kind,
      )
    }
  },
})

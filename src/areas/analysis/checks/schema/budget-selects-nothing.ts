import { defineCheck } from '../../contract.js'
import { isMisspelling } from '../../references/misspelling.js'
import { isGivenByController, labelsOf, selectedPods, selectorOf } from '../../references/selected-pods.js'
import { holdsPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const budgetSelectsNothing = defineCheck({
  id: 'budget-selects-nothing',
  topic: 'schema',
  severity: 'warning',
  title: 'A policy selects other labels than the pods of its name have',
  why: 'A PodDisruptionBudget that selects no pod protects none: a drain takes all of them at once. A NetworkPolicy that selects no pod leaves them open.',
  evidence: ['kubernetes: pkg/controller/disruption', 'kubernetes.io/docs/concepts/services-networking/network-policies'],
  fix: 'Write the labels that the pod template has.',
  *run(model) {
    const pods = selectedPods(model)
    for (const [group, kind, path] of [
      ['policy', 'PodDisruptionBudget', ['spec', 'selector', 'matchLabels']],
      ['networking.k8s.io', 'NetworkPolicy', ['spec', 'podSelector', 'matchLabels']],
    ] as const)
      for (const policy of model.kinds(group, kind)) {
        const selector = selectorOf(policy.get(...path))
        if (selector === undefined || holdsPlaceholder(selector) || isPart(model, policy)) continue
        if (Object.keys(selector).some(isGivenByController) || pods.of(selector, policy).length > 0) continue
        for (const pod of pods.beside(policy)) {
          const labels = labelsOf(pod)
          const wrong = Object.entries(selector).filter(([key, value]) => labels[key] !== value)
          const [key, value] = wrong[0]!
          if (wrong.length !== 1 || typeof labels[key] !== 'string' || !isMisspelling(labels[key], value)) continue
          yield {
            message: `${policy.subject} selects ${key}=${value}, and the pods of ${pod.object.subject} have ${key}=${labels[key]}`,
            at: [policy.at(...path, key), pod.metadata.at('labels', key)],
          }
          break
        }
      }
  },
})

import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { PodSpecView } from '../../model/fleet-model.js'
import { isMisspelling } from '../../references/misspelling.js'
import { isGivenByController, labelsOf, selectedPods, selectorOf } from '../../references/selected-pods.js'
import { holdsPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const serviceSelectsNothing = defineCheck({
  id: 'service-selects-nothing',
  topic: 'schema',
  severity: 'error',
  title: 'A Service selects other labels than its pods have',
  why: 'A Service whose selector matches no pod has no endpoints. Nothing reports that: the object is fine, and every connection is refused or times out.',
  evidence: ['kubernetes: endpointslice controller', 'kubernetes.io/docs/tasks/debug/debug-application/debug-service'],
  fix: 'Give the pod template the labels of the selector, or correct the selector.',
  *run(model) {
    const pods = selectedPods(model)
    for (const service of model.kinds('', 'Service')) {
      const selector = selectorOf(service.get('spec', 'selector'))
      if (isPart(model, service)) continue
      if (selector === undefined || holdsPlaceholder(selector) || service.text('spec', 'type') === 'ExternalName') continue
      if (Object.keys(selector).some(isGivenByController) || pods.of(selector, service).length > 0) continue
      const found = pods.beside(service).find((pod) => isMeant(service, selector, pod))
      if (found === undefined || runsExperiments(found)) continue
      const labels = labelsOf(found)
      const [key, value] = Object.entries(selector).find(([each, wanted]) => labels[each] !== wanted)!
      const has = typeof labels[key] === 'string' ? `${key}=${labels[key]}` : `no label ${key}`
      yield {
        message: `${service.subject} selects ${key}=${value}, and the pods of ${found.object.subject} have ${has}`,
        at: [service.at('spec', 'selector', key), found.metadata.at('labels', key)],
      }
    }
  },
})

/** A Rollout of Argo gives the pods of its experiments other labels, so that a Service of their own finds them. */
function runsExperiments({ object }: PodSpecView): boolean {
  return object.kind === 'Rollout' && object.items('spec', 'strategy', 'canary', 'steps').some((step) => step.has('experiment'))
}

/** The workload of the same name, or one whose labels are the selector's but for a slip. A label that it lacks may come at run time. */
function isMeant(service: KubeDocument, selector: Readonly<Record<string, string>>, pod: PodSpecView): boolean {
  const labels = labelsOf(pod)
  const wrong = Object.entries(selector).filter(([key, value]) => labels[key] !== value)
  if (holdsPlaceholder(labels) || wrong.some(([key]) => typeof labels[key] !== 'string' && Object.keys(selector).length > 1))
    return false
  if (wrong.length === 1 && isMisspelling(String(labels[wrong[0]![0]] ?? ''), wrong[0]![1])) return true
  return service.name !== '' && service.name === pod.object.name && wrong.length === Object.keys(selector).length
}

import { groupOf } from '../../../../kube/object/kube-object.js'
import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { View } from '../../model/view.js'
import { missingObjects } from '../../references/missing-objects.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { removedApi } from '../../schema/removed-apis.js'
import { isPart } from '../../schema/standing.js'

export const scaleTargetMissing = defineCheck({
  id: 'scale-target-missing',
  topic: 'schema',
  severity: 'error',
  title: 'An autoscaler has a target that is not there',
  why: 'The autoscaler says `FailedGetScale` in its status and never scales: under load the workload stays as small as it was written.',
  evidence: ['kubernetes: pkg/controller/podautoscaler, scaleForResourceMappings'],
  fix: 'Name a workload of the same namespace, with the apiVersion that is served.',
  *run(model) {
    const missing = missingObjects(model)
    const autoscalers: [KubeDocument, View][] = [
      ...model
        .kinds('autoscaling', 'HorizontalPodAutoscaler')
        .map((each) => [each, each.view('spec', 'scaleTargetRef')] as const),
      ...model
        .kinds('autoscaling.k8s.io', 'VerticalPodAutoscaler')
        .map((each) => [each, each.view('spec', 'targetRef')] as const),
      ...model.kinds('keda.sh', 'ScaledObject').map((each) => [each, each.view('spec', 'scaleTargetRef')] as const),
    ].map(([object, target]) => [object, target])
    for (const [object, target] of autoscalers) {
      const name = target.text('name')
      const kind = target.text('kind') ?? 'Deployment'
      const apiVersion = target.text('apiVersion') ?? 'apps/v1'
      if (name === undefined || isPlaceholder(name) || isPart(model, object)) continue
      const removed = removedApi(apiVersion, kind)
      if (removed?.now !== undefined)
        yield {
          message: `${object.subject} scales ${apiVersion} ${kind} ${name}: that version is gone, use ${removed.now}`,
          at: [target.at('apiVersion')],
          edits: [{ kind: 'set', view: target, path: ['apiVersion'], value: removed.now }],
        }
      const reference = { group: groupOf(removed?.now ?? apiVersion), kind, namespace: object.namespace, name }
      const found = missing.find(reference, object)
      if (found !== undefined)
        yield {
          message: `${object.subject} scales ${kind} ${name}, which is not there${missing.hint(found)}`,
          at: [target.at('name'), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])],
        }
    }
  },
})

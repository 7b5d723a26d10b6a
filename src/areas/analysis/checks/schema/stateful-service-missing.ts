import { defineCheck } from '../../contract.js'
import { missingObjects } from '../../references/missing-objects.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const statefulServiceMissing = defineCheck({
  id: 'stateful-service-missing',
  topic: 'schema',
  severity: 'error',
  title: 'A StatefulSet names a Service that is not there',
  why: 'The names of its pods (`web-0.web.shop.svc`) are those of that Service. Without it they do not resolve, and members of databases and queues do not find each other; nothing refuses the object.',
  evidence: ['kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id'],
  fix: 'Correct `spec.serviceName`, or add the headless Service.',
  *run(model) {
    const missing = missingObjects(model)
    for (const set of model.kinds('apps', 'StatefulSet')) {
      const name = set.text('spec', 'serviceName')
      if (name === undefined || isPlaceholder(name) || isPart(model, set)) continue
      const found = missing.find({ group: '', kind: 'Service', namespace: set.namespace, name }, set)
      if (found === undefined) continue
      yield {
        message: `${set.subject} names the Service ${name}, which is not there${missing.hint(found)}`,
        at: [set.at('spec', 'serviceName'), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])],
        severity: found.reason === 'live' ? 'warning' : 'error',
      }
    }
  },
})

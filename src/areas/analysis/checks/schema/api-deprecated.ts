import { defineCheck } from '../../contract.js'
import { apiLifecycle } from '../../schema/api-lifecycle.js'

export const apiDeprecated = defineCheck({
  id: 'api-deprecated',
  topic: 'schema',
  severity: 'warning',
  title: 'An object has an API version that a later Kubernetes does not serve',
  why: 'The cluster still takes the object, with a warning. After the upgrade to the version that removes this API, nothing that is written so can be applied any more.',
  evidence: ['kubernetes.io/docs/reference/using-api/deprecation-guide', 'k8s.io/api: APILifecycleDeprecated'],
  fix: 'Write the version that takes its place before the cluster is upgraded; it is served already.',
  *run(model) {
    for (const { finding, isGone } of apiLifecycle(model)) if (!isGone) yield finding
  },
})

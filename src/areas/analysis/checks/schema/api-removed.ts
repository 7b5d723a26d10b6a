import { defineCheck } from '../../contract.js'
import { apiLifecycle } from '../../schema/api-lifecycle.js'

export const apiRemoved = defineCheck({
  id: 'api-removed',
  topic: 'schema',
  severity: 'error',
  title: 'An object has an API version that its cluster does not serve',
  why: 'Kubernetes removes old versions of its APIs. Applied to a cluster that no longer has it, the object is refused with `no matches for kind`; after an upgrade, deployments that worked for years stop with the next change.',
  evidence: ['kubernetes.io/docs/reference/using-api/deprecation-guide', 'k8s.io/api: APILifecycleRemoved'],
  fix: 'Write the version that is served, and see the guide for fields that have changed.',
  *run(model) {
    for (const { finding, isGone } of apiLifecycle(model)) if (isGone) yield finding
  },
})

import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'

export const capiReferenceWithoutApiVersion = defineCheck({
  id: 'capi-reference-without-api-version',
  topic: 'lifecycle',
  severity: 'warning',
  title: 'A reference of Cluster API does not say which API it means',
  why: 'A kind without a group cannot be looked up. v1beta1 takes the object and the Cluster never finds what it refers to; on conversion to v1beta2 the group becomes empty, which v1beta2 refuses.',
  evidence: ['Cluster API: core/webhooks/conversion/common.go', 'Cluster API: migration v1.10 to v1.11, apiGroup'],
  fix: 'Add `apiVersion` (v1beta1), such as `infrastructure.cluster.x-k8s.io/v1beta2`, or `apiGroup` (v1beta2).',
  *run(model) {
    for (const cluster of model.kinds('cluster.x-k8s.io', 'Cluster')) {
      for (const member of ['infrastructureRef', 'controlPlaneRef']) {
        if (!isObject(cluster.get('spec', member))) continue
        if (cluster.text('spec', member, 'apiVersion') !== undefined || cluster.text('spec', member, 'apiGroup') !== undefined)
          continue
        yield {
          message: `spec.${member} of ${cluster.subject} has neither apiVersion nor apiGroup`,
          at: [cluster.atKey('spec', member)],
        }
      }
    }
  },
})

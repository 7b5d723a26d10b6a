import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview } from './reviews/access-reviews.js'
import { selfSubjectReview, selfSubjectRulesReview, tokenReview } from './reviews/subject-reviews.js'
import { bindPod } from './subresources/binding.js'
import type { WriteRequest } from './writes/write-request.js'

/** Resources that are answered at once and never stored, by group resource. */
export const virtualResources: Readonly<Record<string, (request: WriteRequest, body: KubeObject) => Promise<KubeObject>>> = {
  'subjectaccessreviews.authorization.k8s.io': subjectAccessReview,
  'localsubjectaccessreviews.authorization.k8s.io': localSubjectAccessReview,
  'selfsubjectaccessreviews.authorization.k8s.io': selfSubjectAccessReview,
  'selfsubjectrulesreviews.authorization.k8s.io': selfSubjectRulesReview,
  'selfsubjectreviews.authentication.k8s.io': selfSubjectReview,
  'tokenreviews.authentication.k8s.io': tokenReview,
  // The old form of pods/binding: the name of the pod stands in the body.
  async bindings(request, body) {
    const pods = request.scope.served.resolve({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true })
    const name = body.metadata?.name
    if (!name) throw statusErrors.badRequest('metadata.name: Required value: the name of the pod to bind')
    return bindPod({ ...request, resource: pods, name }, body)
  },
}

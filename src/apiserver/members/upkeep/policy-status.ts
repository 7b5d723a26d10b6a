import type { KubeObject } from '../../../kube/object/kube-object.js'
import { keyOf } from '../../../kube/object/kube-object.js'
import type { MemberController } from '../contract.js'

const policies = 'validatingadmissionpolicies.admissionregistration.k8s.io'

/**
 * Says that a ValidatingAdmissionPolicy has been looked at. Its expressions are compiled when it is written; they are not
 * checked against the schemas of the kinds that it matches, so `typeChecking` never has warnings.
 */
export const policyStatus: MemberController = {
  name: 'validatingadmissionpolicy-status',
  manager: 'kube-controller-manager',
  watches: {
    [policies]({ object, type }, queue) {
      if (type !== 'DELETED' && !isCurrent(object)) queue.add(keyOf(object))
    },
  },
  async reconcile(work) {
    const policy = work.cluster.peek(policies, work.key)
    if (policy === undefined || isCurrent(policy)) return undefined
    const { generation } = policy.metadata
    const status = { ...(policy['status'] as object | undefined), observedGeneration: generation, typeChecking: {} }
    await work.write.status(policy, { ...policy, status })
    return undefined
  },
}

function isCurrent({ metadata, status }: KubeObject & { status?: unknown }): boolean {
  return (status as { observedGeneration?: number } | undefined)?.observedGeneration === metadata.generation
}

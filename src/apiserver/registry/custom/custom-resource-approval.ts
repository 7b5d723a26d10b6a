import type { KubeObject } from '../../../kube/object/kube-object.js'
import { approvalAnnotation, approvalOf, isCommunityGroup } from '../../../kube/schema/definitions/approval.js'
import type { Condition } from './custom-resource-names.js'
import { definitionSpec } from './custom-resources.js'

/** What the definition of an API of the Kubernetes community says on who approved it; undefined for other groups. */
export function approvalCondition(definition: KubeObject): Condition | undefined {
  if (!isCommunityGroup(definitionSpec(definition).group)) return undefined
  const text = definition.metadata.annotations?.[approvalAnnotation] ?? ''
  const { state, reason } = approvalOf(text)
  const type = 'KubernetesAPIApprovalPolicyConformant'
  switch (state) {
    case 'approved':
      return { type, status: 'True', reason: 'ApprovedAnnotation', message: reason }
    case 'bypassed':
      return { type, status: 'False', reason: 'UnapprovedAnnotation', message: reason }
    case 'missing':
      return { type, status: 'False', reason: 'MissingAnnotation', message: reason }
    default:
      return { type, status: 'False', reason: 'InvalidAnnotation', message: reason }
  }
}

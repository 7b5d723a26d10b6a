import { type Findings, type Members, membersOf, textOf } from '../validation/findings.js'

export const approvalAnnotation = 'api-approved.kubernetes.io'
const more = 'see https://github.com/kubernetes/enhancements/pull/1111'

export interface Approval {
  readonly state: 'missing' | 'bypassed' | 'approved' | 'invalid'
  readonly reason: string
}

/** What the annotation says. Reference: GetAPIApprovalState of k8s.io/apiextensions-apiserver. */
export function approvalOf(text: string): Approval {
  const wanted = `protected groups must have approval annotation "${approvalAnnotation}"`
  if (text === '') return { state: 'missing', reason: `${wanted}, ${more}` }
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` }
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]/.test(text)) return { state: 'approved', reason: `approved in ${text}` }
  return { state: 'invalid', reason: `${wanted} with either a URL or a reason starting with "unapproved", ${more}` }
}

/** Groups of the Kubernetes community, whose definitions say who has approved the API. */
export function isCommunityGroup(group: string): boolean {
  return `.${group}`.endsWith('.k8s.io') || `.${group}`.endsWith('.kubernetes.io')
}

/** Reference: validateAPIApproval. */
export function checkApproval(definition: Members, old: Members | undefined, to: Findings): void {
  if (!isCommunityGroup(textOf(membersOf(definition['spec'])['group']))) return
  const textIn = (of: Members) => textOf(membersOf(membersOf(of['metadata'])['annotations'])[approvalAnnotation])
  const text = textIn(definition)
  const { state, reason } = approvalOf(text)
  if (old !== undefined && approvalOf(textIn(old)).state === state) return
  const field = `metadata.annotations[${approvalAnnotation}]`
  if (state === 'missing') to.required(field, reason)
  else if (state === 'invalid') to.invalid(field, text, reason)
}

import type { AdmissionRequest } from '../contract.js'

const exempt: ReadonlySet<string> = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
])

/** What configures admission is never subject to it, or a mistake in it could not be undone. */
export function isExempt({ type }: AdmissionRequest): boolean {
  return type.group === 'admissionregistration.k8s.io' && exempt.has(type.plural)
}

import { type StatusCause, type StatusError, statusErrors } from '../../kube/object/status-error.js'
import type { AdmissionRequest } from './contract.js'

/** The refusal of an admission plugin; objects without a name yet go by what their name begins with. */
export function admissionForbidden(request: AdmissionRequest, why: string, causes?: StatusCause[]): StatusError {
  const { plural, group } = request.type
  return statusErrors.forbidden({ resource: plural, group, name: admissionName(request) }, why, causes)
}

/** The name that refusals give the object. */
export function admissionName({ name, object }: AdmissionRequest): string {
  return name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown'
}

/** Requests for a Namespace are of that namespace, as upstream has it. */
export function admissionNamespace({ groupResource, name, namespace, object }: AdmissionRequest): string {
  return groupResource === 'namespaces' ? name || (object?.metadata?.name ?? '') : namespace
}

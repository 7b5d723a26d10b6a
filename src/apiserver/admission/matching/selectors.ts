import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type LabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import { type StatusError, statusErrors } from '../../../kube/object/status-error.js'
import type { AdmissionRequest } from '../contract.js'
import { admissionNamespace } from '../forbidden.js'

/**
 * Whether the namespace of the request is one that the selector takes. A namespace that is not there is an error that counts
 * only when everything else matches. Cluster-scoped objects are always taken, Namespaces by their own labels.
 */
export function matchNamespace(selector: LabelSelector, request: AdmissionRequest): boolean | StatusError {
  const name = admissionNamespace(request)
  if (name === '' && request.groupResource !== 'namespaces') return true
  if (selector !== 'nothing' && selector.length === 0) return true
  const { operation, subresource, object } = request
  if (request.groupResource === 'namespaces' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')) {
    return matchesLabels(selector, object?.metadata.labels)
  }
  const namespace = request.storage.get('namespaces', name)
  if (namespace === undefined) return statusErrors.notFound({ resource: 'namespaces', group: '', name })
  return matchesLabels(selector, namespace.metadata.labels)
}

/** Whether the object, before or after, is one that the selector takes. */
export function matchObject(selector: LabelSelector, request: AdmissionRequest): boolean {
  if (selector !== 'nothing' && selector.length === 0) return true
  const selects = (object: KubeObject | undefined) =>
    object?.metadata !== undefined && matchesLabels(selector, object.metadata.labels)
  return selects(request.object) || selects(request.previous)
}

import { type FieldSet, fieldSetOf } from '../../../kube/apply/field-set.js'
import { fieldElement } from '../../../kube/apply/path-element.js'
import type { WriteRequest } from '../writes/write-request.js'

const status = fieldSetOf([[fieldElement('status')]])
const notStatus = fieldSetOf([[fieldElement('spec')], [fieldElement('metadata')]])
const neither = fieldSetOf([[fieldElement('spec')], [fieldElement('status')]])
const specAndLabels = fieldSetOf([[fieldElement('spec')], [fieldElement('metadata'), fieldElement('labels')]])
const spec = fieldSetOf([[fieldElement('spec')]])
const specAndConditions = fieldSetOf([[fieldElement('spec')], [fieldElement('status'), fieldElement('conditions')]])

/** What the endpoint of the request does not write, and so does not make anybody the owner of. */
export function resetFieldsOf(request: WriteRequest): FieldSet | undefined {
  const { strategy, custom } = request.resource
  if (strategy.ownsNoSpec && request.subresource === '') return neither
  if (!strategy.status) return undefined
  if (request.subresource === 'status') {
    // Written there, and nobody's: upstream counts conditions as those of the approval.
    if (request.resource.stored === 'certificatesigningrequests.certificates.k8s.io') return specAndConditions
    if (strategy.statusKeeps === 'labels') return specAndLabels
    return custom === undefined && strategy.statusKeeps === undefined ? spec : notStatus
  }
  return request.subresource === '' ? status : undefined
}

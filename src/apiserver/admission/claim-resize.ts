import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { compareQuantities, parseQuantity } from '../../kube/object/quantity.js'
import type { AdmissionPlugin } from './contract.js'
import { admissionForbidden } from './forbidden.js'

/** Claims grow only when they are bound, and their class allows it. */
export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'persistentvolumeclaims' && operation === 'UPDATE' && subresource === '',
  validate(request) {
    const { object, previous, storage } = request
    if (object === undefined || previous === undefined || !grows(object, previous)) return
    const status = isObject(previous['status']) ? previous['status'] : {}
    if (status['phase'] !== 'Bound') throw admissionForbidden(request, 'Only bound persistent volume claims can be expanded')
    const name = classOf(object)
    const storageClass =
      name === '' || name !== classOf(previous) ? undefined : storage.get('storageclasses.storage.k8s.io', name)
    if (storageClass?.['allowVolumeExpansion'] === true) return
    throw admissionForbidden(
      request,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  },
}

function grows(object: KubeObject, previous: KubeObject): boolean {
  return compareQuantities(parseQuantity(sizeOf(object)), parseQuantity(sizeOf(previous))) > 0
}

function specOf(claim: KubeObject): Record<string, unknown> {
  return isObject(claim['spec']) ? claim['spec'] : {}
}

function sizeOf(claim: KubeObject): string {
  const { resources } = specOf(claim) as { resources?: { requests?: Record<string, string> } }
  return resources?.requests?.['storage'] ?? '0'
}

function classOf(claim: KubeObject): string {
  const old = claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class']
  return old ?? String(specOf(claim)['storageClassName'] ?? '')
}

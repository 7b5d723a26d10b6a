import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'

const mirror = 'kubernetes.io/config.mirror'

/** A kubelet makes pods only to show those that it runs from files: bound to it, owned by its Node, without help of the API. */
export function checkMirrorPodOfNode(request: AdmissionRequest, pod: KubeObject, node: string): void {
  const who = `node ${JSON.stringify(node)}`
  const refuse = (why: string) => admissionForbidden(request, why)
  if (pod.metadata.annotations?.[mirror] === undefined) {
    throw refuse(`pod does not have "${mirror}" annotation, ${who} can only create mirror pods`)
  }
  const spec = isObject(pod['spec']) ? pod['spec'] : {}
  if (spec['nodeName'] !== node) throw refuse(`${who} can only create pods with spec.nodeName set to itself`)
  checkOwner(request, pod, node, who)
  if (spec['serviceAccountName']) throw refuse(`${who} can not create pods that reference a service account`)
  const text = JSON.stringify(spec)
  const volumes = Array.isArray(spec['volumes']) ? spec['volumes'].filter(isObject) : []
  const names = (key: string) => text.includes(`"${key}":`)
  if (names('secret') || names('secretKeyRef') || names('secretRef') || names('imagePullSecrets')) {
    throw refuse(`${who} can not create pods that reference secrets`)
  }
  if (names('configMap') || names('configMapKeyRef') || names('configMapRef')) {
    throw refuse(`${who} can not create pods that reference configmaps`)
  }
  if (names('clusterTrustBundle')) throw refuse(`${who} can not create pods that reference clustertrustbundles`)
  if (volumes.some((volume) => volume['persistentVolumeClaim'] !== undefined)) {
    throw refuse(`${who} can not create pods that reference persistentvolumeclaims`)
  }
  if (Array.isArray(spec['resourceClaims']) && spec['resourceClaims'].length > 0) {
    throw refuse(`${who} can not create pods that reference resourceclaims`)
  }
}

function checkOwner(request: AdmissionRequest, pod: KubeObject, node: string, who: string): void {
  const refuse = (why: string) => admissionForbidden(request, why)
  const [owner, ...others] = pod.metadata.ownerReferences ?? []
  if (others.length > 0) throw refuse(`${who} can only create pods with a single owner reference set to itself`)
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    throw refuse(`${who} can only create pods with an owner reference set to itself`)
  }
  if (owner.controller !== true) throw refuse(`${who} can only create pods with a controller owner reference set to itself`)
  if (owner.blockOwnerDeletion === true) throw refuse(`${who} must not set blockOwnerDeletion on an owner reference`)
  const known = request.storage.get('nodes', node)
  if (known === undefined) throw statusErrors.notFound({ resource: 'nodes', group: '', name: node })
  if (owner.uid !== known.metadata.uid) {
    throw refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${known.metadata.uid ?? ''}`)
  }
}

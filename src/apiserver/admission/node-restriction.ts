import { equalJson, isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { readCertificateSubject } from './certificate-subject.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'
import { checkMirrorPodOfNode } from './node-mirror-pods.js'
import { checkNodeObject } from './node-self.js'

/**
 * Holds the users `system:node:NAME` of the group system:nodes to what a kubelet needs: its Node, its Lease, the pods bound
 * to it, tokens for those.
 */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: ({ user, operation }) => operation !== 'CONNECT' && user.groups.includes('system:nodes') && isNode(user.name),
  mutate(request) {
    const node = request.user.name.slice('system:node:'.length)
    const check = checks[request.groupResource]
    if (check === undefined) return
    if (node === '') throw refuse(request, `could not determine node from user ${JSON.stringify(request.user.name)}`)
    check(request, node)
  },
}

function isNode(user: string): boolean {
  return user.startsWith('system:node:')
}

const refuse = admissionForbidden

const checks: Readonly<Record<string, (request: AdmissionRequest, node: string) => void>> = {
  pods: checkPods,
  nodes: checkNodeObject,
  persistentvolumeclaims(request, node) {
    if (request.subresource !== 'status') throw refuse(request, 'may only update PVC status')
    if (request.operation !== 'UPDATE') throw refuse(request, `unexpected operation ${JSON.stringify(request.operation)}`)
    const plain = (claim: KubeObject | undefined) => {
      const { status: _, metadata, ...rest } = claim ?? ({ metadata: {} } as KubeObject)
      const { managedFields: __, resourceVersion: ___, ...kept } = metadata
      return { ...rest, metadata: kept }
    }
    if (equalJson(plain(request.object), plain(request.previous))) return
    throw refuse(
      request,
      `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions`,
    )
  },
  serviceaccounts: checkToken,
  'leases.coordination.k8s.io'(request, node) {
    if (request.namespace !== 'kube-node-lease') {
      throw refuse(request, 'can only access leases in the "kube-node-lease" system namespace')
    }
    if (request.name !== node) throw refuse(request, 'can only access node lease with the same name as the requesting node')
  },
  'csinodes.storage.k8s.io'(request, node) {
    if (request.name !== node) throw refuse(request, 'can only access CSINode with the same name as the requesting node')
  },
  'certificatesigningrequests.certificates.k8s.io': checkCertificate,
}

function checkPods(request: AdmissionRequest, node: string): void {
  const { subresource, operation, object, previous, storage, namespace, name } = request
  const who = `node ${JSON.stringify(node)}`
  if (subresource === 'status') {
    if (operation !== 'UPDATE') throw refuse(request, `unexpected operation ${JSON.stringify(operation)}`)
    if (nodeOf(previous) !== node) {
      throw refuse(request, `${who} can only update pod status for pods with spec.nodeName set to itself`)
    }
    if (!equalJson(object?.metadata.labels ?? {}, previous?.metadata.labels ?? {})) {
      throw refuse(request, `${who} cannot update labels through pod status`)
    }
    return
  }
  if (subresource === 'eviction') {
    const pod = storage.get('pods', `${namespace}/${name}`)
    if (pod === undefined) throw statusErrors.notFound({ resource: 'pods', group: '', name })
    if (nodeOf(pod) !== node) throw refuse(request, `${who} can only evict pods with spec.nodeName set to itself`)
    return
  }
  if (subresource !== '') {
    throw refuse(request, `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`)
  }
  if (operation === 'DELETE') {
    if (nodeOf(previous) !== node) throw refuse(request, `${who} can only delete pods with spec.nodeName set to itself`)
    return
  }
  if (operation !== 'CREATE' || object === undefined) {
    throw refuse(request, `unexpected operation ${JSON.stringify(operation)}, ${who} can only create and delete mirror pods`)
  }
  checkMirrorPodOfNode(request, object, node)
}

function nodeOf(pod: KubeObject | undefined): unknown {
  return isObject(pod?.['spec']) ? pod['spec']['nodeName'] : undefined
}

function checkToken(request: AdmissionRequest, node: string): void {
  const { operation, subresource, object, storage, namespace } = request
  if (operation !== 'CREATE' || subresource !== 'token') return
  const spec = isObject(object?.['spec']) ? object['spec'] : {}
  const bound = isObject(spec['boundObjectRef']) ? spec['boundObjectRef'] : {}
  const { apiVersion, kind, name, uid } = bound
  if (apiVersion !== 'v1' || kind !== 'Pod' || typeof name !== 'string' || name === '') {
    throw refuse(request, 'node requested token not bound to a pod')
  }
  if (!uid) throw refuse(request, 'node requested token with a pod binding without a uid')
  const pod = storage.get('pods', `${namespace}/${name}`)
  if (pod === undefined) throw statusErrors.notFound({ resource: 'pods', group: '', name })
  if (uid !== pod.metadata.uid) {
    throw refuse(
      request,
      `the UID in the bound object reference (${String(uid)}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }
  if (nodeOf(pod) !== node) throw refuse(request, 'node requested token bound to a pod scheduled on a different node')
}

const kubeletSigners: readonly unknown[] = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']

function checkCertificate(request: AdmissionRequest, node: string): void {
  const { operation, subresource, object } = request
  const spec = isObject(object?.['spec']) ? object['spec'] : {}
  if (operation !== 'CREATE' || subresource !== '' || !kubeletSigners.includes(spec['signerName'])) return
  const subject = readCertificateSubject(String(spec['request'] ?? ''))
  if (subject === undefined) throw refuse(request, 'unable to parse csr: PEM block type must be CERTIFICATE REQUEST')
  if (subject.commonName === `system:node:${node}`) return
  throw refuse(request, `can only create a node CSR with CN=system:node:${node}`)
}

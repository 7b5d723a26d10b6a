import { equalJson, isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { readCertificateSubject } from './certificate-subject.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'

const requests = 'certificatesigningrequests.certificates.k8s.io'

/** Who approves a request must be allowed to `approve` for its signer. */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === requests && operation === 'UPDATE' && subresource === 'approval',
  validate(request) {
    // Of the old object: this endpoint does not change the signer.
    const signer = signerOf(request.previous)
    if (maySigner(request, 'approve', signer)) return
    throw admissionForbidden(request, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`)
  },
}

/** Who issues the certificate, or says that it failed, must be allowed to `sign` for the signer. */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === requests && operation === 'UPDATE' && subresource === 'status',
  validate(request) {
    const before = statusOf(request.previous)
    const after = statusOf(request.object)
    const same = equalJson(before['certificate'], after['certificate']) && equalJson(before['conditions'], after['conditions'])
    const signer = signerOf(request.previous)
    if (same || maySigner(request, 'sign', signer)) return
    throw admissionForbidden(request, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`)
  },
}

/** Nobody becomes an administrator by a certificate for clients. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === requests && operation === 'CREATE' && subresource === '',
  validate(request) {
    const signer = 'kubernetes.io/kube-apiserver-client'
    if (signerOf(request.object) !== signer) return
    const spec = isObject(request.object?.['spec']) ? request.object['spec'] : {}
    const subject = readCertificateSubject(String(spec['request'] ?? ''))
    if (subject === undefined) {
      throw admissionForbidden(request, 'failed to parse CSR: PEM block type must be CERTIFICATE REQUEST')
    }
    if (!subject.organizations.includes('system:masters')) return
    throw admissionForbidden(request, `use of ${signer} signer with system:masters group is not allowed`)
  },
}

function maySigner(request: AdmissionRequest, verb: string, signer: string): boolean {
  const attributes = { verb, group: 'certificates.k8s.io', version: '*', resource: 'signers' }
  const domain = signer.split('/')[0] ?? ''
  return [signer, `${domain}/*`].some((name) => request.authorize({ ...attributes, name }).allowed)
}

function signerOf(object: KubeObject | undefined): string {
  const spec = object?.['spec']
  return isObject(spec) ? String(spec['signerName'] ?? '') : ''
}

function statusOf(object: KubeObject | undefined): Record<string, unknown> {
  const status = object?.['status']
  return isObject(status) ? status : {}
}

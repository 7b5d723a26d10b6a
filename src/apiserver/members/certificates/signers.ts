import type { CertificateRequest } from '../../auth/certificate-request.js'

/** A request that its signer refuses; the message is upstream's. */
export class SignerRefusal extends Error {}

type Check = (request: CertificateRequest, usages: readonly string[]) => void

/** The signers whose requests are signed once they are approved, with what they ask of them. */
export const signers: Readonly<Record<string, Check>> = {
  'kubernetes.io/kube-apiserver-client'(_request, usages) {
    for (const usage of usages) {
      if (usage !== 'digital signature' && usage !== 'key encipherment' && usage !== 'client auth') {
        throw new SignerRefusal(`invalid usage for client certificate: ${usage}`)
      }
    }
    if (!usages.includes('client auth')) throw new SignerRefusal('missing required usage for client certificate: client auth')
  },
  'kubernetes.io/kube-apiserver-client-kubelet': checkKubeletClient,
  'kubernetes.io/kubelet-serving'(request, usages) {
    checkNodes(request)
    if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) {
      throw new SignerRefusal('DNS or IP subjectAltName is required')
    }
    refuseAny(request.emailAddresses, 'Email')
    refuseAny(request.uris, 'URI')
    checkUsages(usages, 'server auth')
    checkNodeName(request)
  },
  'kubernetes.io/legacy-unknown'() {},
}

/** What a kubelet's client certificate must be. */
export function checkKubeletClient(request: CertificateRequest, usages: readonly string[]): void {
  checkNodes(request)
  refuseAny(request.dnsNames, 'DNS')
  refuseAny(request.emailAddresses, 'Email')
  refuseAny(request.ipAddresses, 'IP')
  refuseAny(request.uris, 'URI')
  checkNodeName(request)
  checkUsages(usages, 'client auth')
}

function checkNodes({ organizations }: CertificateRequest): void {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') {
    throw new SignerRefusal('subject organization is not system:nodes')
  }
}

function checkNodeName({ commonName }: CertificateRequest): void {
  if (!commonName.startsWith('system:node:')) throw new SignerRefusal('subject common name does not begin with system:node:')
}

function refuseAny(names: readonly string[], kind: string): void {
  if (names.length > 0) throw new SignerRefusal(`${kind} subjectAltNames are not allowed`)
}

function checkUsages(usages: readonly string[], auth: string): void {
  const required = [auth, 'digital signature', 'key encipherment'].sort()
  const given = [...new Set(usages)].sort()
  const isSame = (wanted: readonly string[]) => wanted.join() === given.join()
  if (isSame(required) || isSame(required.filter((usage) => usage !== 'key encipherment'))) return
  throw new SignerRefusal(`usages did not match [${required.join(' ')}]`)
}

/** Bits of RFC 5280's KeyUsage. */
const keyUsages: Readonly<Record<string, number>> = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
}

const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
}

/** What a certificate is for, from the usages of a request. */
export function usagesOf(usages: readonly string[]): { key: number; extended: string[] } {
  let key = 0
  const extended = new Set<string>()
  for (const usage of usages) {
    const bit = keyUsages[usage]
    if (bit !== undefined) key |= 1 << bit
    const identifier = extendedUsages[usage]
    if (identifier !== undefined) extended.add(identifier)
  }
  return { key, extended: [...extended].sort() }
}

import type { KubeObject } from '../../../kube/object/kube-object.js'
import { clusterUnitOf } from '../../auth/certificate-authenticator.js'
import type { CertificateRequest } from '../../auth/certificate-request.js'
import type { FleetCa } from '../../auth/fleet-ca.js'
import type { MemberController, Work } from '../contract.js'
import { checkOwnNames } from './own-names.js'
import { checkKubeletClient, SignerRefusal, signers, usagesOf } from './signers.js'

interface RequestCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastUpdateTime?: string
  lastTransitionTime?: string
}

type SigningRequest = KubeObject & {
  spec: {
    request: string
    signerName: string
    usages?: string[]
    expirationSeconds?: number
    username?: string
    uid?: string
    groups?: string[]
    extra?: Record<string, string[]>
  }
  status?: { certificate?: string; conditions?: RequestCondition[] }
}

const resource = 'certificatesigningrequests.certificates.k8s.io'
const hourMs = 3_600_000
const yearMs = 365 * 24 * hourMs
const backdateMs = 5 * 60_000
const shortMs = 8 * hourMs

/**
 * CertificateSigningRequests: those of kubelets for themselves are approved if they may, approved ones are signed with the
 * fleet's authority (for this cluster alone), and old ones go: after an hour when they are settled, after a day when nobody has
 * said anything.
 */
export function createCertificateRequests(certify: FleetCa['certify']): MemberController {
  return {
    name: 'certificate-controller',
    manager: 'kube-controller-manager',
    watches: {
      [resource]({ type, object }, queue) {
        if (type !== 'DELETED') queue.add(object.metadata.name)
      },
    },
    async reconcile(work) {
      const request = work.cluster.peek(resource, work.key) as SigningRequest | undefined
      if (request === undefined || request.metadata.deletionTimestamp !== undefined) return undefined
      const leftMs = endsAt(request) - work.now()
      if (leftMs <= 0) {
        await work.write.delete(request)
        return undefined
      }
      if (!request.status?.certificate) {
        // The parser is loaded when the first request comes.
        const { readCertificateRequest } = await import('../../auth/certificate-request.js')
        const asked = readCertificateRequest(atob(request.spec.request))
        if (asked !== undefined) await settle(work, request, asked, certify)
      }
      return Math.min(leftMs, 24 * hourMs)
    },
  }
}

function has({ status }: SigningRequest, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type) ?? false
}

async function settle(
  work: Work,
  request: SigningRequest,
  asked: CertificateRequest,
  certify: FleetCa['certify'],
): Promise<void> {
  if (has(request, 'Denied') || has(request, 'Failed')) return
  if (has(request, 'Approved')) await sign(work, request, asked, certify)
  else await approve(work, request, asked)
}

async function approve(work: Work, request: SigningRequest, asked: CertificateRequest): Promise<void> {
  const { signerName, usages = [], username = '' } = request.spec
  if (signerName !== 'kubernetes.io/kube-apiserver-client-kubelet') return
  try {
    checkKubeletClient(asked, usages)
  } catch (error) {
    if (error instanceof SignerRefusal) return
    throw error
  }
  const self = username === asked.commonName && (await mayCreate(work, request, 'selfnodeclient'))
  if (!self && !(await mayCreate(work, request, 'nodeclient'))) return
  const message = `Auto approving ${self ? 'self ' : ''}kubelet client certificate after SubjectAccessReview.`
  await work.write.update(conditioned(work, request, { type: 'Approved', reason: 'AutoApproved', message }), 'approval')
}

async function mayCreate(work: Work, { spec }: SigningRequest, subresource: string): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec: {
      user: spec.username ?? '',
      ...(spec.uid ? { uid: spec.uid } : {}),
      groups: spec.groups ?? [],
      extra: spec.extra ?? {},
      resourceAttributes: {
        group: 'certificates.k8s.io',
        version: '*',
        resource: 'certificatesigningrequests',
        subresource,
        verb: 'create',
      },
    },
  }
  const { status } = (await work.write.create(review)) as unknown as { status?: { allowed?: boolean } }
  return status?.allowed === true
}

async function sign(work: Work, request: SigningRequest, asked: CertificateRequest, certify: FleetCa['certify']): Promise<void> {
  const { signerName, usages = [], expirationSeconds } = request.spec
  const check = Object.hasOwn(signers, signerName) ? signers[signerName] : undefined
  if (check === undefined) return
  try {
    check(asked, usages)
    checkOwnNames(work.cluster, asked)
    if (!asked.isSigned) throw new SignerRefusal('unable to verify certificate request signature')
  } catch (error) {
    if (!(error instanceof SignerRefusal)) throw error
    const failed = { type: 'Failed', reason: 'SignerValidationFailure', message: error.message }
    await work.write.status(request, conditioned(work, request, failed))
    return
  }
  const now = work.now()
  const lifeMs =
    expirationSeconds === undefined ? yearMs : Math.min(Math.max(Number(expirationSeconds) * 1000, 2 * backdateMs), yearMs)
  const { publicKey, commonName, organizations, dnsNames, ipAddresses, emailAddresses, uris } = asked
  const pem = await certify({
    subject: { commonName, organizations, organizationalUnits: [clusterUnitOf(work.cluster)] },
    publicKey,
    notBefore: now - backdateMs,
    // A short life is not made shorter by what it is backdated.
    notAfter: now + (lifeMs < shortMs ? lifeMs : lifeMs - backdateMs),
    use: usagesOf(usages),
    dnsNames,
    ipAddresses,
    emailAddresses,
    uris,
  })
  await work.write.status(request, { ...request, status: { ...request.status, certificate: btoa(pem) } })
}

function conditioned(
  work: Work,
  request: SigningRequest,
  condition: Pick<RequestCondition, 'type' | 'reason' | 'message'>,
): SigningRequest {
  const now = work.nowText()
  const whole = { ...condition, status: 'True', lastUpdateTime: now, lastTransitionTime: now }
  return { ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), whole] } }
}

/** When nobody needs to see it any more. */
function endsAt({ metadata, status }: SigningRequest): number {
  const conditions = status?.conditions ?? []
  if (conditions.length === 0) return Date.parse(metadata.creationTimestamp ?? '') + 24 * hourMs
  const settled = conditions.filter(({ type }) => type !== 'Approved' || status?.certificate)
  const times = settled.map(({ lastUpdateTime }) => Date.parse(lastUpdateTime ?? ''))
  return Math.min(Number.POSITIVE_INFINITY, ...times.filter((time) => !Number.isNaN(time)).map((time) => time + hourMs))
}

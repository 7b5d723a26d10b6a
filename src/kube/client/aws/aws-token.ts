import type { ClientPorts } from '../client-ports.js'
import { resolveAwsCredentials } from './aws-credentials.js'
import { presignUrl } from './sigv4.js'
import { assumeRole, stsUrl } from './sts.js'

/** EKS takes a token for 15 minutes; a minute is kept back for clocks that differ. */
const tokenLifeMs = 14 * 60_000

/**
 * The bearer token of an EKS cluster, as `aws eks get-token` and `argocd-k8s-auth aws` make it: a presigned STS
 * GetCallerIdentity request that names the cluster in the signed header x-k8s-aws-id. Nothing is run; STS is called only
 * when a role is to be assumed. https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
 */
export async function createAwsToken(
  wanted: { clusterName: string; roleArn?: string; profile?: string },
  ports: ClientPorts,
  signal?: AbortSignal,
): Promise<{ token: string; expiresAt: number }> {
  const { credentials: base, region } = await resolveAwsCredentials(wanted, ports, signal)
  const credentials = wanted.roleArn
    ? await assumeRole({ roleArn: wanted.roleArn, credentials: base, region }, ports, signal)
    : base
  const nowMs = ports.clock.now()
  const url = presignUrl({
    method: 'GET',
    url: `${stsUrl(region)}?Action=GetCallerIdentity&Version=2011-06-15`,
    headers: { 'x-k8s-aws-id': wanted.clusterName },
    expiresSeconds: 60,
    credentials,
    scope: { region, service: 'sts', nowMs },
  })
  const expiresAt = Math.min(nowMs + tokenLifeMs, credentials.expiresAt ?? Number.POSITIVE_INFINITY)
  return { token: `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`, expiresAt }
}

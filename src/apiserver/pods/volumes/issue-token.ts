import type { LogicalCluster } from '../../contract.js'
import { kubeletContext } from '../event-recorder.js'
import type { Pod } from '../pod-types.js'
import { MountProblem } from './mount-problem.js'

/** A token of the pod's ServiceAccount, bound to the pod, as a kubelet asks for it. */
export async function issueToken(
  cluster: LogicalCluster,
  pod: Pod,
  audience: string | undefined,
  expirationSeconds: number,
): Promise<{ token: string; expiresAtMs: number }> {
  const type = cluster.api.catalogue().forKind('v1', 'ServiceAccount')
  const name = pod.spec.serviceAccountName || 'default'
  if (type === undefined) throw new MountProblem('ServiceAccounts are not served')
  const { uid = '' } = pod.metadata
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name },
    spec: {
      audiences: audience === undefined ? [] : [audience],
      expirationSeconds: Math.max(expirationSeconds, 600),
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid },
    },
  }
  const target = { type, namespace: pod.metadata.namespace ?? '', name, subresource: 'token' }
  const answer = await cluster.api.create(kubeletContext, target, request, {}).catch((error: Error) => {
    throw new MountProblem(`failed to fetch token: ${error.message}`)
  })
  const status = answer['status'] as { token: string; expirationTimestamp: string }
  return { token: status.token, expiresAtMs: Date.parse(status.expirationTimestamp) }
}
